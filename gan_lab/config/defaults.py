"""Defaults of what a configuration does not say, as it was written before there was it.

A folder of an earlier version does not have the groups and keys that came later: such a
group is `none`, and such a key has its default.
"""

import functools
from collections.abc import Mapping
from copy import copy
from typing import Any

from omegaconf import OmegaConf

from gan_lab import registry
from gan_lab.config.differences import Plain, plain
from gan_lab.config.options import NONE
from gan_lab.config.schema import PARTS, SEVERAL, Config, schema


def completed(said: Mapping[str, Any]) -> Plain:
    """A configuration with the default of every key that it does not have.

    A part that is not registered here stays as it is.

    Args:
        said: the configuration of a run, as `run.json` or a job of a sweep holds it.
    """
    found = _of_a_run() | {key: copy(value) for key, value in said.items()}
    for group in PARTS:
        outer, _, last = group.rpartition("/")
        holder: Any = found.get(outer) if outer else found
        node = holder.get(last, {"name": NONE}) if isinstance(holder, dict) else None
        if isinstance(node, Mapping) and node.get("name") in registry.names(group):
            name = node["name"]
            builder = registry.entry(group, name).builder
            said_by: tuple[object, ...] = builder, registry.shared(group)
            holder[last] = {**_of_part(group, name, *said_by), **node}
    for group in SEVERAL:
        outer, _, last = group.rpartition("/")
        holder = found.get(outer)
        nodes = holder.get(last) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and isinstance(nodes, Mapping):
            holder[last] = {n: _completed(group, n, x) for n, x in nodes.items()}
    return found


def _completed(group: str, name: str, node: Any) -> Any:
    """The same of one of several parts."""
    if name not in registry.names(group) or not isinstance(node, Mapping):
        return node
    builder = registry.entry(group, name).builder
    return {**_of_part(group, name, builder), **node}


@functools.cache
def _of_a_run() -> Plain:
    return _whole(Config)


@functools.cache
def _of_part(group: str, name: str, *said_by: object) -> Plain:
    """The defaults of a part, by its builder and what its group shares."""
    return _whole(schema(group, name))


def _whole(kind: type[Any]) -> Plain:
    """The defaults of a dataclass, of the keys that have one."""
    found = plain(OmegaConf.structured(kind))
    return {key: value for key, value in found.items() if value != "???"}
