"""Composition: from overrides to a configuration, by Hydra."""

import contextlib
import io
import os
import re
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable
from pathlib import Path

import hydra
from hydra._internal.utils import get_args_parser
from omegaconf import DictConfig, OmegaConf

from gan_lab.config import slips
from gan_lab.config.check import check_sweeping
from gan_lab.config.differences import differences, plain
from gan_lab.config.imports import import_parts
from gan_lab.config.options import CONF_DIR, usual
from gan_lab.config.refusals import UNCOMPOSABLE, explain
from gan_lab.config.schema import (
    COMPOSED,
    SWEEPING,
    Composed,
    SweepConfig,
    of_a_run,
    schema,
)
from gan_lab.config.store import store
from gan_lab.config.wanted import wanted_imports
from gan_lab.errors import UsageError


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
    """Compose a command line, as Hydra reads it.

    Returns:
        The configuration, or None where Hydra printed what was asked for (`--cfg`,
        `--info`), or a sweep was played (`-m`).

    Raises:
        UsageError: the command line is wrong.
    """
    composed: list[DictConfig | Callable[[], object]] = []

    def job(found: DictConfig | Callable[[], object]) -> None:
        composed.append(found)

    before = sys.argv
    # Hydra would print its errors itself, and exit.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            flags, asked = _flags(arguments)
            folders = [Path(asked.config_dir)] if asked.config_dir else []
            _prepare([] if asked.shell_completion else asked.overrides, folders)
            sys.argv = ["gan_lab", *flags, *asked.overrides]
            hydra.main(str(CONF_DIR), "config", version_base="1.3")(job)()
    except SystemExit as end:
        lines = said.getvalue().strip().splitlines()
        if end.code and lines:  # argparse has printed its usage and a last line
            reason = lines[-1].rpartition("error: ")[2].rstrip(".")
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


def _flags(arguments: list[str]) -> tuple[list[str], Namespace]:
    """The flags of a command line as they were typed, and what Hydra reads in it.

    Raises:
        UsageError: a flag has no meaning here.
    """
    for argument in arguments:
        bare = argument.lstrip("-")
        name = re.split(r"[./=]", bare)[0]
        if bare != argument and "=" in bare and name in Composed.__dataclass_fields__:
            raise UsageError(f"`{argument}`: an override has no dashes: {bare}.")
    asked = get_args_parser().parse_intermixed_args(arguments)
    for name in ("config_path", "config_name", "experimental_rerun"):
        if getattr(asked, name) is not None:
            raise UsageError(
                f"`--{name.replace('_', '-')}` is not for gan_lab, which has one "
                "configuration. --config-dir DIR adds options of your own; "
                "python -m gan_lab resume RUN goes on with a run."
            )
    if asked.package and not asked.cfg:
        raise UsageError("`--package` is for --cfg, which shows that part alone.")
    queried = any(override.startswith("query=") for override in asked.overrides)
    if asked.shell_completion and queried and "COMP_LINE" not in os.environ:
        raise UsageError("`--shell-completion query` is for a shell alone.")
    return [a for a in arguments if a not in asked.overrides], asked


def _not_swept(composed: DictConfig) -> DictConfig:
    """The configuration of the one run that is asked for.

    Raises:
        UsageError: something was said that holds for many runs only.
    """
    check_sweeping(composed)
    for group in SWEEPING:
        kind = schema(group, usual()[group]) if group in COMPOSED else SweepConfig
        said = differences(plain(OmegaConf.structured(kind)), plain(composed[group]))
        for key in said:
            whole = group if key == "name" and group in COMPOSED else f"{group}.{key}"
            raise UsageError(f"`{whole}` is for a sweep: add -m.")
    return of_a_run(composed)


def _prepare(overrides: Iterable[str], config_dirs: list[Path]) -> None:
    """Have every part known before composition.

    Raises:
        UsageError: an override cannot be read, or cannot mean what it says.
    """
    typed = slips.read(overrides)
    import_parts(wanted_imports(typed, [CONF_DIR, *config_dirs]))
    slips.refuse(typed)
    store()
