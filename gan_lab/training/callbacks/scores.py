"""Watchers of a run at its ticks: scores, the doctor, and the end of a collapse."""

import math
import time
from collections.abc import Callable

from gan_lab.artifacts import metrics_csv, scores_jsonl
from gan_lab.errors import CollapseError
from gan_lab.evaluation.measure import measure
from gan_lab.training.callbacks.recording import Callback, Tick

WORSE = 1.5  # times the best, from which on a score is far from it
SCORE_SEED = 2**16  # of the latents that are scored


class Scores(Callback):
    """Measures the generator's moving average every `trainer.metric_ticks`.

    Args:
        judge: a `review.judge.Judge`.
    """

    def __init__(self, judge):
        self.judge = judge

    def start(self, run) -> None:
        count = run.config.trainer.metric_samples
        self.latents = run.gan.networks.fixed_latents(count, SCORE_SEED)
        self._since = run.seconds

    def tick(self, run, tick: Tick) -> None:
        if not tick.due(run.config.trainer.metric_ticks):
            return
        began, played = time.perf_counter(), tick.row["seconds"] - self._since
        found = measure(
            self.judge,
            lambda seed: run.gan.sample(latents=self.latents),
            round=tick.round,
            seed=SCORE_SEED,
            generator="average" if run.gan.ema_generator else "last",
            checkpoint="round",
        )
        scores_jsonl.append(run.folder.scores, found)
        values = {score.name: score.value for score in found}
        for name in self.judge.names:
            if name in values:
                tick.row[f"score/{name}"] = values[name]
        took = time.perf_counter() - began
        tick.row["speed/scoring"] = took / (took + played)
        self._since = tick.row["seconds"] + took


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
        self.rows, self.seen = [], 0
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


class Collapse(Callback):
    """Acts when the score has been far from its best for `trainer.patience` times."""

    def __init__(self, console):
        self.console = console

    def tick(self, run, tick: Tick) -> None:
        value = tick.row.get(f"score/{run.metric}")
        if value is None:
            return
        run.worse = run.worse + 1 if run.is_far_from_best(value, WORSE) else 0
        trainer = run.config.trainer
        if not trainer.patience or run.worse < trainer.patience:
            return
        best = run.best[f"score/{run.metric}"]
        said = (
            f"{run.metric} has been more than {WORSE} times worse than its best "
            f"({best['value']:.4g} of round {best['round']}) for {run.worse} "
            f"measurements (now {value:.4g})."
        )
        if trainer.on_collapse.value == "warn":
            if run.worse > trainer.patience:
                return  # it is said already
            self.console.say(f"Collapse: {said}")
            run.folder.event("collapse", round=tick.round, reason=said)
        else:
            raise CollapseError(f"Collapse after round {tick.round}: {said}")
