"""scores.jsonl: a score and its protocol a line."""

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gan_lab.artifacts import files


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
    protocol: dict = field(default_factory=dict)
    round: int | None = None
    deviation: float | None = None
    repeats: int = 1
    time: str = ""

    def comparable(self, other: "Score") -> bool:
        """Whether the two can be ranked."""
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
    """Add scores at the end of a file; a line that was cut off there is ended first."""
    lines = "".join(json.dumps(asdict(score)) + "\n" for score in scores)
    with path.open("ab+") as file:
        end = file.tell()
        file.seek(max(0, end - 1))
        if end and file.read() != b"\n":
            lines = "\n" + lines
        file.write(lines.encode())


def trim(path: Path, round: int) -> None:
    """Forget the scores of later rounds."""
    found = read(path)
    kept = [score for score in found if score.round is None or score.round <= round]
    if kept != found:
        lines = "".join(json.dumps(asdict(score)) + "\n" for score in kept)
        files.write(path, lines.encode())


def read(path: Path) -> list[Score]:
    """The scores of a file, oldest first; a line that is damaged does not count."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_text("utf-8", "replace").splitlines():
        with contextlib.suppress(ValueError, TypeError):  # cut off, or not ours
            found.append(Score(**json.loads(line)))
    return found
