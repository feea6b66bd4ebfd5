"""Schemas of all parts, handed to Hydra, and what it finds no file for."""

from functools import cache

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from gan_lab import registry
from gan_lab.config.options import CONF_DIR, NONE, usual
from gan_lab.config.schema import (
    COMPOSED,
    INNER,
    SEVERAL,
    Composed,
    SweepConfig,
    schema,
)

# Who plays a sweep, by name: only `gan_lab.sweeps.plugins` has to be there for it.
PLAYERS = {
    "launcher": {"_target_": "hydra_plugins.gan_lab_sweeps.JobLauncher"},
    "sweeper": {
        "_target_": "hydra_plugins.gan_lab_sweeps.CombinationSweeper",
        "params": None,
    },
}


def store() -> None:
    """Hand the schema of every registered part to Hydra.

    The schemas are in a group of their own. A part without a file in `conf`, as a
    user's own module brings it, is an option all the same: it is what its file would
    say. A group that `config.yaml` does not name is `none`.
    """
    known = ConfigStore.instance()
    types = {"/schema/types@_here_": "run"}
    unsaid = [{f"/{g}": NONE} for g in COMPOSED if "/" not in g and g not in usual()]
    known.store("run", node=Composed, group="schema/types")
    known.store("config", node={"defaults": [types, *unsaid]}, group="schema")
    known.store("sweep", node=SweepConfig, group="schema")
    for place, node in PLAYERS.items():
        known.store("gan_lab", node=node, group=f"hydra/{place}", provider="gan_lab")
    for group in COMPOSED:
        shared: object = registry.shared(group)
        for name in registry.names(group):
            node = _node(group, name, registry.entry(group, name).builder, shared)
            known.store(name, node=node, group=f"schema/{group}")
            if not (CONF_DIR / group / f"{name}.yaml").is_file():
                below = (g for g in INNER if g.startswith(f"{group}/"))
                inner = [{g.removeprefix(f"{group}/"): NONE} for g in below]
                file = {"defaults": [{f"/schema/{group}@_here_": name}, *inner]}
                known.store(name, node=file, group=group, package=_place(group, name))


def _place(group: str, name: str) -> str | None:
    """The place of a part, where it is not that of its group."""
    return f"{group.replace('/', '.')}.{name}" if group in SEVERAL else None


@cache
def _node(group: str, name: str, *said_by: object) -> DictConfig:
    """The schema, with keys that a user may add where an option is a dictionary.

    It is made once for each builder, and what its group shares: who composes a
    thousand times waits for the schemas once.
    """
    node: DictConfig = OmegaConf.structured(schema(group, name))
    for key in map(str, node):
        inner = f"{group}/{key}" in SEVERAL
        if inner or OmegaConf.is_missing(node, key):
            continue
        if isinstance(node[key], DictConfig):
            OmegaConf.set_struct(node[key], False)
    return node
