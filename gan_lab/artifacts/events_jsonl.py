"""events.jsonl: what happened to a run, a line each."""

from pathlib import Path
from typing import Any

from gan_lab.artifacts import json_lines
from gan_lab.system.damage import Warn, silent

KINDS = {
    "time": str,
    "event": str,
    "round": int,
    "to": int,
    "overrides": list,
    "changes": list,
    "damaged": list,
}
NEEDED: dict[object, tuple[str, ...]] = {
    "resume": ("round", "overrides"),
    "rollback": ("round", "to"),
}


def append(path: Path, event: dict[str, Any]) -> None:
    """Add an event."""
    json_lines.append(path, [event])


def read(path: Path, warn: Warn = silent) -> list[dict[str, Any]]:
    """The events, oldest first.

    Args:
        path: the file, which need not be there.
        warn: is told of lines that are damaged, which do not count.
    """
    return json_lines.read(path, _event, warn)


def trim(path: Path, round: int, warn: Warn = silent) -> None:
    """Forget what happened after a round: it will happen again.

    Args:
        path: the file, which need not be there.
        round: the last one of which anything stays.
        warn: is told of damage, and where it is kept.
    """
    json_lines.trim(path, _event, lambda event: event.get("round", 0) <= round, warn)


def _event(said: object) -> dict[str, Any]:
    """The event of a line, if it is one."""
    if not isinstance(said, dict):
        raise TypeError("it is not an event")
    for key in ("event", *NEEDED.get(said.get("event"), ())):
        if key not in said:
            raise ValueError(f"it has no {key}")
    for key, kind in KINDS.items():
        if key in said and not isinstance(said[key], kind):
            raise TypeError(f"its {key} cannot be {said[key]!r}")
    return said
