"""Watches a job that runs: whether it takes too long, or hangs."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from gan_lab.artifacts import metrics_csv

# A tick may take this many times as long as the longest before, and so long anyway:
# grids, scores and checkpoints come at some ticks only, and machines are shared.
TIMES, LEAST = 20, 15 * 60.0
TICKS = 2  # of a call, before it is known how long one takes
# Where nothing is known of its ticks yet: data may be prepared, features be had.
SILENT = 3 * 3600.0
STEP = 10.0  # of a look at most: a machine that slept is not a job that hung
GRACE = 120.0  # to save and end, beside a tick


@dataclass
class Watch:
    """Seconds in which nothing was heard of a job.

    Attributes:
        table: its `metrics.csv`.
        log: what its process says.
        steps: the rounds that it is to play.
    """

    table: Path
    log: Path
    steps: int
    quiet: float = 0.0
    _longest: float | None = None
    _before: int = 0  # rows of earlier calls
    _seen: dict[Path, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._seen = {path: _stamp(path) for path in (self.table, self.log)}
        self._before = len(metrics_csv.read(self.table))

    def look(self, seconds: float) -> bool:
        """Look after so many seconds; whether its table is new."""
        table, log = map(self._is_new, (self.table, self.log))
        if table:
            self._learn()
        heard = table or (log and self._longest is None)
        self.quiet = 0.0 if heard else self.quiet + min(seconds, STEP)
        return table

    @property
    def hangs(self) -> str:
        """The reason why it is said to hang; nothing where it is not."""
        if self._longest is None:
            if self.quiet > SILENT:
                return f"Nothing was heard of it for {_text(SILENT)}."
            return ""
        patience = max(LEAST, TIMES * self._longest)
        if self.quiet <= patience:
            return ""
        return (
            f"It hung: no tick for {_text(patience)}, and none had taken longer than "
            f"{_text(self._longest)}."
        )

    @property
    def grace(self) -> float:
        """Seconds in which it can save and end: it may be in the middle of a round."""
        return LEAST if self._longest is None else GRACE + self._longest

    def _is_new(self, path: Path) -> bool:
        before, self._seen[path] = self._seen[path], _stamp(path)
        return self._seen[path] != before

    def _learn(self) -> None:
        """Learn from its table how long a tick takes, with all that happens then."""
        rows = metrics_csv.read(self.table)
        header = self.table.read_text("utf-8", "replace").partition("\n")[0]
        scored = any(name.startswith("score/") for row in rows for name in row)
        complete = scored or "score/" not in header  # or the first score may take long
        ended = bool(rows) and rows[-1]["round"] >= self.steps  # it writes its film
        if len(rows) < self._before + TICKS or not complete or ended:
            self._longest = None
            return
        times = [0.0, *(row["seconds"] for row in rows)]
        self._longest = max(b - a for a, b in pairwise(times))


def _stamp(path: Path) -> float:
    return path.stat().st_mtime if path.is_file() else 0.0


def _text(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
