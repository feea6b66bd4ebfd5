"""Differences between two configurations, or what two runs had around them."""

from collections.abc import Mapping

from omegaconf import DictConfig, OmegaConf


def plain(config: DictConfig) -> dict:
    """The configuration as JSON can hold it."""
    return OmegaConf.to_container(config, resolve=True, enum_to_str=True)


def differences(before: Mapping, after: Mapping, place: str = "") -> dict[str, tuple]:
    """Dotted key -> (before, after) of everything that differs."""
    found = {}
    for key in (*before, *(key for key in after if key not in before)):
        old, new, here = before.get(key), after.get(key), f"{place}{key}"
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found |= differences(old, new, f"{here}.")
        elif old != new:
            found[here] = (old, new)
    return found


def around(before: Mapping, after: Mapping) -> dict[str, tuple]:
    """The facts that differ between two environments, of those that both recorded.

    Args:
        before: by name, as `run.json` has them; its `variables` are those that were
            set.
        after: the same, of the other one.
    """
    after = {name: after[name] for name in before if name in after}
    found = differences({name: before[name] for name in after}, after)
    return {
        name.removeprefix("variables."): tuple(
            "not set" if x is None else x for x in both
        )
        for name, both in found.items()
    }
