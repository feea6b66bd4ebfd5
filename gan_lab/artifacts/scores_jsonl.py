"""scores.jsonl: a score and its protocol a line."""

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gan_lab.artifacts import json_lines
from gan_lab.system.damage import Warn, silent

NEEDED = ("name", "value", "higher_is_better")
KINDS = {
    "name": str,
    "value": int | float,
    "higher_is_better": bool,
    "protocol": dict,
    "round": int | None,
    "deviation": int | float | None,
    "repeats": int,
    "time": str,
}


@dataclass(frozen=True)
class Score:
    """A number, and everything that it has to be compared with care by.

    Attributes:
        name: such as `fid`, `swd` or `frechet/lab`.
        value: the mean of the repeats.
        higher_is_better: which way is up.
        protocol: extractor and the hash of its weights, split, number and hash of the
            real images, number of samples, seed, resize, precision, which generator,
            which checkpoint, and the options of the score. Two scores can be
            compared where name and protocol are equal.
        round: of the checkpoint; None where images were given.
        deviation: of the repeats; None where there was one.
        repeats: how often it was measured, each with its own seed.
        time: when, ISO 8601 in UTC.
    """

    name: str
    value: float
    higher_is_better: bool
    protocol: dict[str, Any] = field(default_factory=dict)
    round: int | None = None
    deviation: float | None = None
    repeats: int = 1
    time: str = ""

    def comparable(self, other: "Score") -> bool:
        """Tell whether the two can be ranked."""
        return (self.name, self.repeats, self.protocol) == (
            other.name,
            other.repeats,
            other.protocol,
        )


def can_append(path: Path) -> bool:
    """Tell whether scores can be added at the end of a file."""
    place = path if path.exists() else path.parent
    return os.access(place, os.W_OK) and not path.is_dir()


def append(path: Path, scores: list[Score]) -> None:
    """Add scores at the end of a file."""
    json_lines.append(path, map(asdict, scores))


def trim(path: Path, round: int, warn: Warn = silent) -> None:
    """Forget the scores of later rounds, and set aside what is damaged.

    Args:
        path: the file, which need not be there.
        round: the last one whose scores stay.
        warn: is told of damage, and where it is kept.
    """
    json_lines.trim(path, _score, lambda s: s.round is None or s.round <= round, warn)


def read(path: Path, warn: Warn = silent) -> list[Score]:
    """The scores of a file, oldest first.

    Args:
        path: the file, which need not be there.
        warn: is told of lines that are damaged, which do not count.
    """
    return json_lines.read(path, _score, warn)


def _score(said: object) -> Score:
    """The score of a line, if it is one."""
    if not isinstance(said, dict):
        raise TypeError("it is not a score")
    for key in (*NEEDED, *said):
        if key not in said:
            raise ValueError(f"it has no {key}")
        if key not in KINDS:
            raise ValueError(f"a score has no {key}")
        if not isinstance(said[key], KINDS[key]):
            raise TypeError(f"its {key} cannot be {said[key]!r}")
    return Score(**said)
