"""Reasons why a run may not be reproduced: what differs around it."""

from collections.abc import Mapping
from typing import Any

from gan_lab.artifacts import RunFolder
from gan_lab.config.defaults import completed
from gan_lab.config.differences import around, differences
from gan_lab.config.keys import HARMLESS, has

BESIDE = ("python", "system", "git_revision")


def reasons(
    first: RunFolder,
    second: RunFolder,
    same_config: bool,
    before: Mapping[str, Any] | None = None,
) -> list[str]:
    """Differences between two runs beside their numbers, a clause each.

    Args:
        first: the run.
        second: the one that should be the same.
        same_config: whether the configuration in `run.json` is meant to be the same.
        before: what `run.json` of the first said when it began; what it says now
            where None.
    """
    before, after = before or first.facts(), second.facts()
    apart = around(_known(before), _known(after))
    if same_config:
        known = completed(before["config"])
        own = differences(known, completed(after["config"]))
        apart |= {
            key: both
            for key, both in own.items()
            if not has(key, HARMLESS) and _has(known, key)
        }
    if before["data"] != after["data"]:
        apart["the hash of its images"] = before["data"][:12], after["data"][:12]
    apart |= _protocols(first, second)
    found = [f"{key} was {old}, is {new}" for key, (old, new) in apart.items()]
    if None in (before.get("git_revision"), after.get("git_revision")):
        found.append("the revision of gan_lab is not known of both")
    on_cpu = after["environment"]["device"] == "CPU"
    if not on_cpu and not after["config"]["trainer"]["deterministic"]:
        found.append("a GPU gives the same bits only with trainer.deterministic=true")
    return found


def _protocols(first: RunFolder, second: RunFolder) -> dict[str, tuple[Any, Any]]:
    """In what the scores of the same rounds were measured differently."""
    before = {(s.name, s.round): s.protocol for s in first.measured()}
    found = {}
    for score in second.measured():
        known = before.get((score.name, score.round), score.protocol)
        for key, both in differences(known, score.protocol).items():
            if None not in both and key != "data":  # it is said of the run itself
                texts = str(both[0])[:12], str(both[1])[:12]
                found[f"{key} of its scores"] = texts
    return found


def _has(config: Mapping[str, Any], key: str) -> bool:
    """Tell whether a dotted key was there when a run began, or has a default now."""
    for name in key.split("."):
        if not isinstance(config, Mapping) or name not in config:
            return False
        config = config[name]
    return True


def _known(facts: Mapping[str, Any]) -> dict[str, Any]:
    beside = {name: facts[name] for name in BESIDE if facts.get(name) is not None}
    environment: dict[str, Any] = facts["environment"]
    return beside | environment
