"""Composition: from overrides to a configuration, by Hydra."""

import contextlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.errors import (
    HydraException,
    MissingConfigException,
    OverrideParseException,
)
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from gan_lab import registry
from gan_lab.config import CONF_DIR, import_parts, of_a_run, options, schema
from gan_lab.errors import UsageError, suggest
from gan_lab.settings import Composed, SweepConfig

PLUGINS = Path(__file__).parent / "plugins"
MANY = {"engine": "local", "hpo": "none"}  # what a single run has
UNCOMPOSABLE = (HydraException, OmegaConfBaseException, YAMLError, ValueError)


def load_config(*overrides: str, config_dir: Path | str | None = None) -> DictConfig:
    """Compose a configuration, as the command line does.

    Args:
        *overrides: `group=option` or `key=value` each.
        config_dir: a folder of your own with options beside those of gan_lab.

    Raises:
        UsageError: an override is wrong.

    Example:

        config = gan_lab.load_config("loss=hinge", "optim.lr=1e-4", "trainer.steps=500")
        run = gan_lab.train(config)
    """
    return of_a_run(compose(*overrides, config_dir=config_dir))


def compose(*overrides: str, config_dir: Path | str | None = None) -> DictConfig:
    """The same with what a command line says of sweeps: `sweep`, `engine`, `hpo`.

    Raises:
        UsageError: an override is wrong.
    """
    folders = [Path(config_dir).resolve()] if config_dir else []
    flags = [f"hydra.searchpath=['file://{folder}']" for folder in folders]
    try:
        _prepare(overrides, folders)
        with hydra.initialize_config_dir(str(CONF_DIR), version_base="1.3"):
            return hydra.compose("config", [*flags, *overrides])
    except UNCOMPOSABLE as e:
        raise explain(e) from None


def compose_from_arguments(arguments: list[str]) -> DictConfig | None:
    """What Hydra makes of a command line.

    Returns:
        The configuration, or None where Hydra printed what was asked for (`--cfg`,
        `--info`), or a sweep was played (`-m`).

    Raises:
        UsageError: the command line is wrong.
    """
    composed = []

    def job(found: DictConfig | Callable) -> None:
        composed.append(found)

    before = sys.argv
    sys.argv = ["gan_lab", *arguments]
    # Hydra would print its errors itself, and exit.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    said = io.StringIO()
    try:
        overrides = [a for a in arguments if not a.startswith("-")]
        _prepare(overrides, _config_dirs(arguments))
        decorate = hydra.main(str(CONF_DIR), "config", version_base="1.3")
        with contextlib.redirect_stderr(said):
            decorate(job)()
    except SystemExit as end:
        if end.code == 2:  # argparse has printed its usage and a last line
            reason = said.getvalue().rpartition("error: ")[2].strip()
            raise UsageError(f"{reason}. See --help and --hydra-help.") from None
        raise
    except UNCOMPOSABLE as e:
        raise explain(e) from None
    finally:
        sys.argv = before
    sys.stderr.write(said.getvalue())
    if not composed:
        return None
    if callable(composed[0]):
        composed[0]()
        return None
    return _not_swept(composed[0])


def _not_swept(composed: DictConfig) -> DictConfig:
    """The configuration of the one run that is asked for.

    Raises:
        UsageError: something was said that holds for many runs only.
    """
    given = OmegaConf.structured(SweepConfig)
    said = [f"sweep.{key}" for key in given if composed.sweep[key] != given[key]]
    said += [g for g, usual in MANY.items() if composed[g].name != usual]
    if said:
        raise UsageError(f"`{said[0]}` is for a sweep: add -m.")
    return of_a_run(composed)


def explain(error: Exception) -> UsageError:
    """Hydra's error as one line that names what was typed and lists what is known."""
    if isinstance(error, UsageError):
        return error
    if isinstance(error, YAMLError):
        return UsageError(re.sub(r"\s+", " ", f"a file is no YAML: {error}"))
    if isinstance(error, MissingConfigException) and error.options:
        group, _, option = (error.missing_cfg_file or "").rpartition("/")
        known = sorted({*error.options, *options(group)})
        return UsageError(
            f"`{group}={option}`: there is no such option.{suggest(option, known)} "
            f"Known: {', '.join(known)}."
        )
    if isinstance(error, OverrideParseException):
        reason = str(error).partition("\n")[0]
        return UsageError(f"`{error.override}` is no override: {reason}.")
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    text = f"{error}\n{cause}"
    if found := re.search(r"Key '([^']+)' not in '([^']+)'", text):
        full, known = re.search(r"full_key: (\S+)", text), _keys(found[2])
        key = full[1] if full else found[1]
        return UsageError(
            f"`{key}` is not a key.{suggest(found[1], known)} "
            f"Known: {', '.join(known)}."
        )
    first = str(error).partition("\n")[0]
    if found := re.match(r"Ambiguous value for argument '(.+)'$", first):
        return UsageError(
            f"`{found[1]}`: several values are a sweep: add -m. A list is in brackets, "
            "and a text with commas in quotes."
        )
    typed = re.search(r"override (\S+=.*)$", first)
    reason = str(cause).partition("\n")[0]
    return UsageError(f"`{typed[1]}`: {reason}." if typed else first)


def _keys(schema_name: str) -> list[str]:
    """What can be set where a schema of this name holds."""
    for known in (Composed, SweepConfig):
        if schema_name == known.__name__:
            return list(known.__dataclass_fields__)
    groups = (g for g in registry.GROUPS if schema_name in registry.names(g))
    schemas = (schema(group, schema_name) for group in groups)
    return [key for known in schemas for key in known.__dataclass_fields__]


def _store() -> None:
    """Hand the schema of every registered part to Hydra.

    The schemas are in a group of their own. A part without a file in `conf`, as a
    user's own module brings it, is an option all the same: it is what its file would
    say.
    """
    known = ConfigStore.instance()
    known.store("config", node=Composed, group="schema")
    known.store("sweep", node=SweepConfig, group="schema")
    for group in registry.GROUPS:
        for name in registry.names(group):
            node = _open_dictionaries(schema(group, name))
            known.store(name, node=node, group=f"schema/{group}")
            if not (CONF_DIR / group / f"{name}.yaml").is_file():
                below = [{"penalty": "none"}] if group == "loss" else []
                file = {"defaults": [{f"/schema/{group}@_here_": name}, *below]}
                known.store(name, node=file, group=group)


def _open_dictionaries(schema: type) -> DictConfig:
    """The schema, with keys that a user may add where an option is a dictionary."""
    node = OmegaConf.structured(schema)
    for key in node:
        if not OmegaConf.is_missing(node, key) and isinstance(node[key], DictConfig):
            OmegaConf.set_struct(node[key], False)
    return node


def _prepare(overrides: Iterable[str], config_dirs: list[Path]) -> None:
    """Have every part and plugin known before composition."""
    import_parts(_wanted_imports(list(overrides), [CONF_DIR, *config_dirs]))
    if str(PLUGINS) not in sys.path:
        sys.path.append(str(PLUGINS))
    from hydra_plugins import gan_lab_sweeps

    # Hydra looks for plugins once, which may have been before this.
    for plugin in gan_lab_sweeps.PLUGINS:
        Plugins.instance().register(plugin)
    _store()


def _wanted_imports(overrides: list[str], directories: list[Path]) -> list[str]:
    """`imports` of the overrides, else of the experiment, else of `config.yaml`."""
    chosen = dict(o.lstrip("+").split("=", 1) for o in overrides if "=" in o)
    if "imports" in chosen:
        (parsed,) = OverridesParser.create().parse_overrides(
            [f"imports={chosen['imports']}"]
        )
        value = parsed.value()
        return [value] if isinstance(value, str) else list(value or [])
    files = ["config.yaml"]
    if "experiment" in chosen:
        files.insert(0, f"experiment/{chosen['experiment']}.yaml")
    for file in (directory / file for file in files for directory in directories[::-1]):
        if file.is_file() and (found := OmegaConf.load(file).get("imports")):
            return list(found)
    return []


def _config_dirs(arguments: list[str]) -> list[Path]:
    """The value of `--config-dir` or `-cd`, where it is given."""
    flags = ("--config-dir", "-cd")
    apart = [b for a, b in pairwise(arguments) if a in flags]
    joined = [a.partition("=")[2] for a in arguments if a.startswith("--config-dir=")]
    return [Path(found) for found in (*apart, *joined)]
