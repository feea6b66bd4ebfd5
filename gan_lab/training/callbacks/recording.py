"""The record of a run: its best values, its table, its checkpoints."""

from gan_lab.artifacts import Metrics
from gan_lab.training.callbacks.callback import Callback, Tick


class Best(Callback):
    """Keeps the best value of each loss and score."""

    def tick(self, run, tick: Tick) -> None:
        run.judgement.note(tick.row)


class Table(Callback):
    """Writes `metrics.csv` and, at the end, `summary.json`.

    Args:
        columns: what is measured at ticks, beside what rounds log.
    """

    def __init__(self, columns: list[str]):
        self.columns = columns

    def start(self, run) -> None:
        self.metrics = Metrics(run.folder.metrics, [*run.log_names, *self.columns])
        self.metrics.start(run.round)

    def tick(self, run, tick: Tick) -> None:
        self.metrics.append(tick.row)

    def end(self, run) -> None:
        run.folder.summarise(run.summary())


class Checkpoint(Callback):
    """Saves the exact state, and the generator for use elsewhere.

    It is saved at its time, and whenever the score is the best so far.
    """

    def tick(self, run, tick: Tick) -> None:
        best = run.best_round == tick.round
        if best or tick.due(run.config.trainer.checkpoint_ticks):
            run.save()
