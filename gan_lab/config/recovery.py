"""The configuration of a run, also where its `config.yaml` is damaged."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import yaml
from omegaconf import DictConfig

from gan_lab.artifacts import RunFolder
from gan_lab.config.differences import Plain
from gan_lab.config.saved import from_text
from gan_lab.errors import DamagedError, UsageError
from gan_lab.system.damage import reading


@dataclass(frozen=True)
class Recovered:
    """The configuration of a run.

    Attributes:
        text: as YAML.
        damage: why it is not that of `config.yaml`, in a sentence; or nothing.
    """

    text: str
    damage: str = ""


def configuration(folder: RunFolder, overrides: Iterable[str] = ()) -> DictConfig:
    """The configuration of a run, with keys of it changed.

    Args:
        folder: of the run, which tells where `config.yaml` is damaged.
        overrides: `key=value` each; no group can be changed.

    Raises:
        UsageError: as `config.from_file` does.
    """
    return from_text(recover(folder).text, folder.config, overrides)


def recover(folder: RunFolder) -> Recovered:
    """Read `config.yaml`, or else `run.json`, or else the newest checkpoint.

    A file that can be read and says something else was changed by a person.

    Args:
        folder: of the run, which tells where `config.yaml` is damaged.

    Raises:
        UsageError: none of them can be read.
    """
    try:
        text = folder.read_config()
        from_text(text, folder.config)
        _require_whole(text, folder)
        return Recovered(text)
    except UsageError as error:
        for config in _elsewhere(folder):
            text = json.dumps(config, indent=2)  # which is YAML, too
            with suppress(UsageError):
                from_text(text, folder.config)
                folder.warn(f"{error} It is put together from what else is there.")
                return Recovered(text, str(error))
        raise


def _require_whole(text: str, folder: RunFolder) -> None:
    """Refuse a file that was cut off.

    Raises:
        DamagedError: it was.
    """
    with reading(folder.config):
        said = yaml.safe_load(text)
    for config in _elsewhere(folder):
        for key in config:
            if key not in said:
                raise DamagedError(folder.config, f"it has no {key}")
        return


def _elsewhere(folder: RunFolder) -> Iterator[Plain]:
    """Other places that say how a run is configured, the newest first."""
    with suppress(DamagedError):
        yield folder.facts()["config"]
    if config := folder.checkpoints.newest_meta().get("config"):
        yield config
