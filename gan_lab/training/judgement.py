"""The judgement on a run: its best values, and how far it is from the best score."""

from dataclasses import dataclass, field

import numpy as np

from gan_lab.evaluation.catalogue import higher_is_better, is_steady


@dataclass
class Judgement:
    """The best that a run came to, and its distance from there.

    Attributes:
        metric: the score by which it is judged, where one is measured.
        best: best value of each loss and score at a tick, and its round.
        worse: measurements in a row that were far from the best score.
    """

    metric: str | None = None
    best: dict[str, dict] = field(default_factory=dict)
    worse: int = 0

    @property
    def column(self) -> str:
        """The column of the score."""
        return f"score/{self.metric}"

    @property
    def best_round(self) -> int | None:
        """The round at which the score was best, where one is measured."""
        return self.best.get(self.column, {}).get("round")

    def note(self, row: dict[str, float]) -> None:
        """Keep the lowest losses and the best scores."""
        for name, value in row.items():
            room, _, score = name.partition("/")
            if room not in ("loss", "score") or not np.isfinite(value):
                continue
            up = room == "score" and higher_is_better(score)
            known = self.best.get(name)
            if not known or (value > known["value"] if up else value < known["value"]):
                self.best[name] = {"value": value, "round": row["round"]}

    def count_worse(self, value: float, times: float) -> int:
        """Count a measurement; how many in a row were far from the best score."""
        self.worse = self.worse + 1 if self.is_far_from_best(value, times) else 0
        return self.worse

    def is_far_from_best(self, value: float, times: float) -> bool:
        """Tell whether the score is more than so many times worse than at its best.

        Never of a score around 0, where chance alone would do that.
        """
        if self.metric is None or self.column not in self.best:
            return False
        if not is_steady(self.metric):
            return False
        if not np.isfinite(value):
            return True
        best = self.best[self.column]["value"]
        if higher_is_better(self.metric):
            return value * times < best
        return value > best * times
