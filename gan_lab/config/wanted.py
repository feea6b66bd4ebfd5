"""Modules that a command line or a file wants imported, before it is composed."""

from pathlib import Path
from typing import cast

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from gan_lab.config.differences import Plain
from gan_lab.config.slips import line
from gan_lab.errors import UsageError


def wanted_imports(typed: list[Override], directories: list[Path]) -> list[str]:
    """`imports` of the overrides, else of the experiment, else of `config.yaml`."""
    chosen = {o.key_or_group: o for o in typed if not o.is_delete()}
    if "imports" in chosen:
        return _modules(chosen["imports"].value(), line(chosen["imports"]))
    files = ["config.yaml"]
    if "experiment" in chosen:
        files.insert(0, f"experiment/{chosen['experiment'].value()}.yaml")
    for file in (directory / file for file in files for directory in directories[::-1]):
        said = OmegaConf.load(file) if file.is_file() else None
        if isinstance(said, DictConfig) and said.get("imports"):
            found = cast(Plain, OmegaConf.to_container(said))["imports"]
            return _modules(found, f"imports={found}")
    return []


def _modules(value: object, typed: str) -> list[str]:
    """A list of modules.

    Raises:
        UsageError: it is something else.
    """
    if not isinstance(value, list) or not all(map(_is_module, value)):
        raise UsageError(
            "`imports` must be a list of modules in brackets, such as [my_parts]. "
            f"Received: {typed.partition('=')[2] or 'nothing'}."
        )
    return value


def _is_module(name: object) -> bool:
    return isinstance(name, str) and all(map(str.isidentifier, name.split(".")))
