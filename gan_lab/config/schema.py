"""The types of the configuration: its groups, and what each builder brings."""

from copy import copy
from dataclasses import dataclass, field, make_dataclass
from enum import Enum
from functools import partial
from typing import Any

import omegaconf
from omegaconf import DictConfig, OmegaConf, open_dict

from gan_lab import registry
from gan_lab.registry import ROOMS

# The groups with a node in a configuration; metrics are named in lists.
COMPOSED = tuple(group for group in ROOMS if group != "metric")
# Those that a run is made of, and those that say how many runs there are, and where; a
# group within another, as `loss/penalty`, is a key of it.
_OUTER = [group for group in COMPOSED if "/" not in group]
GROUPS = tuple(g for g in _OUTER if not ROOMS[g].startswith("gan_lab.sweeps"))
_WITHIN = [g for g in COMPOSED if "/" in g and g.partition("/")[0] in GROUPS]
SEVERAL = ("loss/terms",)  # of which a run has any number, each under its name
INNER = tuple(g for g in _WITHIN if g not in SEVERAL)
PARTS = (*GROUPS, *INNER)
SWEEPING = ("sweep", *(g for g in _OUTER if g not in GROUPS))


class Retry(Enum):
    """The failed jobs that run again when a sweep goes on."""

    all = "all"
    crashed = "crashed"
    none = "none"


def _chosen(groups: tuple[str, ...]) -> list[tuple[str, Any, Any]]:
    """A field for each group, which has no default."""
    return [(group, Any, field(default=omegaconf.MISSING)) for group in groups]


_PLAIN = [
    ("name", str, omegaconf.MISSING),
    ("seed", int, 0),
    ("runs", str, "runs"),
    ("imports", list[str], field(default_factory=list)),
]
# The whole configuration of a run; and what a command line chooses beside it.
Config: type[Any] = make_dataclass("Config", [*_chosen(GROUPS), *_PLAIN])
Composed: type[Any] = make_dataclass("Composed", _chosen(SWEEPING), bases=(Config,))


@dataclass
class SweepConfig:
    """The way in which the jobs of a sweep are played.

    Attributes:
        name: of its folder `<runs>/sweeps/<name>`; what is swept where null.
        workers: jobs that are played at a time.
        budget: time after which no job goes on, such as `90s`, `30m` or `1h30m`.
        job_limit: time after which a job is ended, and has failed; the same.
        retry: which failed jobs run again when the sweep goes on: `all`, `crashed`
            (not those that came to NaN or a collapse) or `none`.
        fail_fast: when the first so many all fail in the same way, the rest is not
            tried; 0 tries everything.
        score: what the leaderboard is sorted by; null for what the runs are judged by.
        exact: whether a job that comes to another kind of machine is refused; else it
            goes on there, and the leaderboard says from which round on.
    """

    name: str | None = None
    workers: int = 1
    budget: str | None = None
    retry: Retry = Retry.all
    fail_fast: int = 3
    score: str | None = None
    exact: bool = False
    job_limit: str | None = None


def schema(group: str, name: str) -> type[Any]:
    """A dataclass of what a builder, and every builder of its group, can be given."""
    fields = [("name", str, field(default=name))]
    for key, (kind, default) in registry.entry(group, name).fields.items():
        if default is registry.REQUIRED:
            default = omegaconf.MISSING
        value = field(default_factory=partial(copy, default))
        fields.append((key, kind, value))
    shared = registry.shared(group)
    return make_dataclass(name, fields, bases=(shared,) if shared else ())


def of_a_run(composed: DictConfig) -> DictConfig:
    """The part of a command line that is about one run, and not about sweeps."""
    config: DictConfig = OmegaConf.structured(Config)
    with open_dict(config):  # `check` has the sentence for a key that is not known
        for key, value in composed.items_ex(resolve=False):
            if key not in (*SWEEPING, "hydra"):
                config[key] = value
    return config
