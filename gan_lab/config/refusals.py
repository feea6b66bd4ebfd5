"""Refusals: what Hydra says is wrong, in one line that names what was typed."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from hydra.errors import HydraException, MissingConfigException
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from gan_lab.config.options import options
from gan_lab.config.schema import COMPOSED
from gan_lab.config.values import refused
from gan_lab.errors import UsageError, suggest

UNCOMPOSABLE = (HydraException, OmegaConfBaseException, YAMLError, ValueError)
SENTENCES = {  # what Hydra says -> what is said here
    r"Ambiguous value for argument '(.+)'$": "several values are a sweep: add -m. A "
    "list is in brackets, and a text with commas in quotes",
    r"Could not append .* already at '(.+)'$": "it needs no +, as it is there already",
    r"Could not (?:override|delete) '(.+)'\. No match": "there is no such group",
    r"Could not override '([^']+@[^']+)'": "there is no such group",
    r"Could not delete .* '(.+)' does not exist": "there is no such key",
    r"Error merging override (~.+)$": "a key of a part cannot be taken away",
}


def explain(error: Exception) -> UsageError:
    """Hydra's error as one line that names what was typed and lists what is known.

    Args:
        error: one of `UNCOMPOSABLE`.
    """
    if isinstance(error, UsageError):
        return error
    if isinstance(error, YAMLError | UnicodeDecodeError):
        return UsageError(re.sub(r"\s+", " ", f"a file is not YAML: {error}"))
    if (
        isinstance(error, MissingConfigException)
        and error.missing_cfg_file
        and error.options
    ):
        return _no_option(error.missing_cfg_file, error.options)
    first = str(error).partition("\n")[0].rstrip(".")
    if found := re.search(r"Could not load '(.+)'$", first):  # one of a list
        return _no_option(found[1], ())
    for pattern, sentence in SENTENCES.items():
        if found := re.match(pattern, first):
            return UsageError(f"`{found[1]}`: {sentence}.")
    typed = re.search(r"override (\S+=.*)$", first)
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, OmegaConfBaseException) and cause.full_key:
            return _in_a_file(first, refused(cause, typed[1] if typed else ""))
    reason = str(causes[-1]).partition("\n")[0].rstrip(".")
    if found := re.match(
        r"Merge error: .* is not a subclass of .* value: (.*)", reason
    ):
        reason = (
            f"{found[1]} stands where keys must be. An option of a group is chosen in "
            "`defaults`"
        )
    named = f"`{typed[1]}`: {reason}." if typed else f"{reason}."
    return _in_a_file(first, UsageError(named if causes[1:] else f"{first}."))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()  # under a debugger an error of OmegaConf's is its own cause
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def _in_a_file(first: str, error: UsageError) -> UsageError:
    """The same error, with the file that it is in, where it is in one."""
    file = re.match(r"In '(.+)': ", first)
    if not file:
        return error
    if file[1].startswith("experiment/") and str(error).startswith("`experiment`"):
        return UsageError(f"{file[1]}.yaml must begin with `# @package _global_`.")
    return UsageError(f"{file[1]}.yaml: {error}")


def _no_option(missing: str, there: Iterable[str]) -> UsageError:
    """The sentence for an option that there is not.

    Args:
        missing: group and option.
        there: the files of the group.
    """
    group = missing.rpartition("/")[0]
    for one in (*COMPOSED, "experiment"):
        if missing.startswith(f"{one}/"):
            group = one  # `loss/penalty` comes after `loss`
    option = missing.removeprefix(f"{group}/")
    known = sorted({*there, *options(group)})
    if group == "data" and ("/" in option or Path(option).exists()):
        return UsageError(
            f"`data={option}`: `data` is the kind of source, and where it is goes to "
            f"data.path: data=folder data.path={option}."
        )
    return UsageError(
        f"`{group}={option}`: there is no such option.{suggest(option, known)} "
        f"Known: {', '.join(known)}."
    )
