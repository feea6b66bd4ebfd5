"""Differences between two configurations, or what two runs had around them."""

from collections.abc import Mapping
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf

Plain = dict[str, Any]  # a configuration as JSON can hold it
Differences = dict[str, tuple[Any, Any]]  # dotted key -> (before, after)


def plain(config: DictConfig) -> Plain:
    """The configuration as JSON can hold it."""
    found = OmegaConf.to_container(config, resolve=True, enum_to_str=True)
    return cast(Plain, found)  # of a dictionary it is one, which OmegaConf does not say


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], place: str = ""
) -> Differences:
    """Dotted key -> (before, after) of everything that differs."""
    found: Differences = {}
    for key in (*before, *(key for key in after if key not in before)):
        old, new, here = before.get(key), after.get(key), f"{place}{key}"
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found |= differences(old, new, f"{here}.")
        elif old != new:
            found[here] = (old, new)
    return found


def around(before: Mapping[str, Any], after: Mapping[str, Any]) -> Differences:
    """The facts that differ between two environments, of those that both recorded.

    Args:
        before: by name, as `run.json` has them; its `variables` are those that were
            set.
        after: the same, of the other one.
    """
    after = {name: after[name] for name in before if name in after}
    found = differences({name: before[name] for name in after}, after)
    return {
        name.removeprefix("variables."): (_said(old), _said(new))
        for name, (old, new) in found.items()
    }


def _said(value: Any) -> Any:
    return "not set" if value is None else value
