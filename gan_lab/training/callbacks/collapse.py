"""The end of a collapse."""

from gan_lab.errors import CollapseError
from gan_lab.trainers.shared import OnCollapse
from gan_lab.training.callbacks.callback import Callback, Tick

WORSE = 1.5  # times the best, from which on a score is far from it


class Collapse(Callback):
    """Acts when the score has been far from its best for `trainer.patience` times."""

    def __init__(self, console):
        self.console = console

    def tick(self, run, tick: Tick) -> None:
        judgement, trainer = run.judgement, run.config.trainer
        value = tick.row.get(judgement.column)
        if value is None:
            return
        worse = judgement.count_worse(value, WORSE)
        if not trainer.patience or worse < trainer.patience:
            return
        best = judgement.best[judgement.column]
        said = (
            f"{run.metric} has been more than {WORSE} times worse than its best "
            f"({best['value']:.4g} of round {best['round']}) for {worse} "
            f"measurements (now {value:.4g})."
        )
        if trainer.on_collapse is not OnCollapse.warn:
            raise CollapseError(f"Collapse after round {tick.round}: {said}")
        if worse == trainer.patience:  # later it is said already
            self.console.say(f"Collapse: {said}")
            run.folder.event("collapse", round=tick.round, reason=said)
