"""The doctor at the side of a run."""

import math
from collections.abc import Callable

from gan_lab.artifacts import metrics_csv
from gan_lab.training.callbacks.callback import Callback, Tick


class Doctor(Callback):
    """Says what is wrong with a run as soon as its table shows it.

    It looks again when the table has grown by a hundredth, so that its time stays a
    small share of a long run's.

    Args:
        diagnose: rows of `metrics.csv` -> findings.
        console: where they are said.
    """

    def __init__(self, diagnose: Callable, console):
        self.diagnose, self.console = diagnose, console

    def start(self, run) -> None:
        self.rows: list[dict[str, float]] = []
        self.seen = 0
        for row in run.folder.rows():
            self._take(row, run.config.trainer)
        # What was known when it looked last, so that a stop in between changes nothing.
        found = self.diagnose(self.rows[: self.seen])
        self.known = {finding.name for finding in found}

    def tick(self, run, tick: Tick) -> None:
        if not self._take(metrics_csv.as_read(tick.row), run.config.trainer):
            return
        found = self.diagnose(self.rows)
        for finding in found:
            if finding.name not in self.known:
                self.console.say(f"Doctor: {finding.line()}")
                run.folder.event("finding", round=tick.round, **finding.as_dict())
        self.known = {finding.name for finding in found}

    def _take(self, row: dict[str, float], trainer) -> bool:
        """Add a row; whether it is time to look."""
        self.rows.append(row)
        if row["round"] < trainer.steps:
            number = math.ceil(row["round"] / trainer.tick_steps)
            grown = len(self.rows) > 1.01 * self.seen
            if not grown or number % trainer.sample_ticks:
                return False
        self.seen = len(self.rows)
        return True
