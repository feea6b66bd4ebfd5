"""Questions to a run's table, and the findings that answer them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

# Of the end of the table: rows; measurements; and those of what comes and goes.
TICKS, LOOKS, AGAIN = 10, 3, 2


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a run.

    Attributes:
        name: of the illness, such as `modes lost`.
        since: the round at which it began.
        evidence: the numbers that say so, in a sentence.
        advice: what people do about it, in a sentence.
        keys: overrides to try, such as `loss/penalty=r1`.
    """

    name: str
    since: int
    evidence: str
    advice: str
    keys: tuple[str, ...]

    def line(self) -> str:
        """All of it in one line."""
        keys = f" Try {' or '.join(self.keys)}." if self.keys else ""
        return (
            f"{self.name} since round {self.since}: {self.evidence} {self.advice}{keys}"
        )

    def as_dict(self) -> dict[str, Any]:
        """A form for JSON."""
        return asdict(self)


class Table:
    """The rows of a run, by column.

    Args:
        rows: of `metrics.csv`.
        levels: what the discriminator's two terms are at their least, and what both
            come to by chance, as `Loss.levels` has it; None where that is not known.
    """

    def __init__(
        self, rows: list[dict[str, float]], levels: Sequence[float] | None = None
    ):
        self.rows, self.levels = rows, levels
        self.names = list(dict.fromkeys(name for row in rows for name in row))

    def column(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Rounds and finite values, of the rows that have any."""
        found = [
            (row["round"], row[name])
            for row in self.rows
            if name in row and np.isfinite(row[name])
        ]
        rounds, values = zip(*found, strict=True) if found else ((), ())
        return np.array(rounds, int), np.array(values, float)

    def scores(self, base: str) -> list[str]:
        """The columns of a score, whatever it was extracted by."""
        whole = f"score/{base}"
        return [n for n in self.names if n == whole or n.startswith(f"{whole}/")]


def since(rounds: np.ndarray, bad: np.ndarray, least: int) -> int | None:
    """The round from which on all is bad, if that is so for as long as asked for."""
    good = np.flatnonzero(~bad)
    first = good[-1] + 1 if len(good) else 0
    if len(bad) - first < max(1, least):
        return None
    return int(rounds[first])
