"""A job of a sweep: a run that is named by what it is."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig

from gan_lab.config.check import check
from gan_lab.config.defaults import completed
from gan_lab.config.differences import plain
from gan_lab.config.keys import NAMELESS, keys
from gan_lab.config.schema import SWEEPING, of_a_run

SLUG = 40


@dataclass(frozen=True)
class Job:
    """One run of a sweep.

    Attributes:
        name: of its folder: a slug of what is swept, and the hash of `config`.
        overrides: what a command line says to have this run.
        config: of the run, checked and resolved.
        trial: of the search that chose it, where one did.
    """

    name: str
    overrides: tuple[str, ...]
    config: DictConfig
    trial: int | None = None

    @property
    def hash(self) -> str:
        """A hash of the resolved configuration, but for where things are."""
        return self.name.rpartition("-")[2]


def job(
    overrides: Iterable[str],
    swept: Collection[str],
    composed: DictConfig,
    trial: int | None = None,
) -> Job:
    """The job that overrides make.

    Args:
        overrides: `key=value` each.
        swept: the keys that name it.
        composed: the configuration that they compose.
        trial: of the search that chose it.

    Raises:
        UsageError: the configuration cannot be run.
    """
    config = check(of_a_run(composed))
    own = tuple(o for o in overrides if not is_of_the_sweep(key(o)))
    words = "-".join(_word(o) for o in own if key(o) in swept)
    slug = re.sub(r"[^\w.+-]+", "_", words)[:SLUG].strip("-_.")
    name = f"{slug}-{_hash(config)}" if slug else _hash(config)
    return Job(name, own, config, trial)


def key(override: str) -> str:
    """The key that an override sets."""
    return override.partition("=")[0].lstrip("+")


def is_whole(name: str, said: dict[str, Any]) -> bool:
    """Tell by its hash whether a configuration is that of the job of this name.

    Args:
        name: of the job.
        said: its configuration, resolved.
    """
    return name.rpartition("-")[2] == _hash_of(deepcopy(said))


def identity(said: Mapping[str, Any]) -> str:
    """The hash of a configuration, also where it was written by an earlier version.

    Its job is named by the keys that there were then. A key that came later and has its
    default does not make another job of it.

    Args:
        said: the configuration, resolved.
    """
    return _hash_of(deepcopy(completed(said)))


def is_of_the_sweep(key: str) -> bool:
    """Tell whether a key is about the sweep alone."""
    return key.partition(".")[0] in (*SWEEPING, "hydra") or key.startswith("hydra/")


def default_name(
    overrides: Iterable[str],
    swept: Iterable[str],
    search: Mapping[str, Any] | None = None,
) -> str:
    """The name of a sweep that was not given one: the same for the same line.

    Args:
        overrides: of the whole sweep, as they were typed.
        swept: the keys with several values.
        search: what makes a search another one.
    """
    swept = sorted(swept)
    fixed = {o for o in overrides if key(o) not in swept}
    slug = re.sub(r"[^\w.+-]+", "_", "-".join(k.rpartition(".")[2] for k in swept))
    said = sorted(o for o in fixed if not is_of_the_sweep(key(o)))
    digest = _digest([*said, dict(search)] if search else said)
    return f"{slug[:SLUG]}-{digest}" if slug else digest


def _word(override: str) -> str:
    """`loss=hinge` is hinge, `optim.lr=1e-4` lr1e-4."""
    name, _, value = override.lstrip("+").partition("=")
    last = name.rpartition(".")[2]
    return f"{last}{value}" if "." in name or name == "seed" else value


def _hash(config: DictConfig) -> str:
    return _hash_of(plain(config))


def _hash_of(said: dict[str, Any]) -> str:
    for place in keys(NAMELESS):
        parent, _, last = place.rpartition(".")
        (said[parent] if parent else said).pop(last, None)
    return _digest(said)


def _digest(said: object) -> str:
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
