"""Refusals: what Hydra says is wrong, in one line that names what was typed."""

import re
from pathlib import Path

from hydra.errors import HydraException, MissingConfigException
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from gan_lab import registry
from gan_lab.config import options
from gan_lab.errors import UsageError, suggest
from gan_lab.values import refused

UNCOMPOSABLE = (HydraException, OmegaConfBaseException, YAMLError, ValueError)


def explain(error: Exception) -> UsageError:
    """Hydra's error as one line that names what was typed and lists what is known.

    Args:
        error: one of `UNCOMPOSABLE`.
    """
    if isinstance(error, UsageError):
        return error
    if isinstance(error, YAMLError):
        return UsageError(re.sub(r"\s+", " ", f"a file is not YAML: {error}"))
    if isinstance(error, MissingConfigException) and error.options:
        return _no_option(error)
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    first = str(error).partition("\n")[0].rstrip(".")
    typed = re.search(r"override (\S+=.*)$", first)
    if isinstance(cause, OmegaConfBaseException) and cause.full_key:
        return refused(cause, typed[1] if typed else "")
    if found := re.match(r"Ambiguous value for argument '(.+)'$", first):
        return UsageError(
            f"`{found[1]}`: several values are a sweep: add -m. A list is in brackets, "
            "and a text with commas in quotes."
        )
    if found := re.match(r"Could not append .* already at '(.+)'$", first):
        return UsageError(f"`+{found[1]}`: it needs no +, as it is there already.")
    if found := re.match(r"Error merging override (~.+)$", first):
        return UsageError(f"`{found[1]}`: a key of a part cannot be taken away.")
    reason = str(cause).partition("\n")[0].rstrip(".")
    return UsageError(f"`{typed[1]}`: {reason}." if typed else f"{first}.")


def _no_option(error: MissingConfigException) -> UsageError:
    """The sentence for an option that there is not."""
    missing, group = error.missing_cfg_file, error.missing_cfg_file.rpartition("/")[0]
    for known in (*registry.GROUPS, "experiment"):
        if missing.startswith(f"{known}/"):
            group = known  # `loss/penalty` comes after `loss`
    option = missing.removeprefix(f"{group}/")
    known = sorted({*error.options, *options(group)})
    if group == "data" and ("/" in option or Path(option).exists()):
        return UsageError(
            f"`data={option}`: `data` is the kind of source, and where it is goes to "
            f"data.path: data=folder data.path={option}."
        )
    return UsageError(
        f"`{group}={option}`: there is no such option.{suggest(option, known)} "
        f"Known: {', '.join(known)}."
    )
