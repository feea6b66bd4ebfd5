"""The callbacks of a run, in the order in which they act."""

from functools import partial

from gan_lab.data.samples import Samples
from gan_lab.doctor.diagnose import diagnose
from gan_lab.evaluation.judge import Judge, some
from gan_lab.system.console import Console
from gan_lab.training.callbacks.callback import Callback
from gan_lab.training.callbacks.collapse import Collapse
from gan_lab.training.callbacks.doctor import Doctor
from gan_lab.training.callbacks.progress import Progress
from gan_lab.training.callbacks.recording import Best, Checkpoint, Table
from gan_lab.training.callbacks.samples import SampleGrid
from gan_lab.training.callbacks.scores import Scores
from gan_lab.training.callbacks.tensorboard import TensorBoard
from gan_lab.training.run import Run


def callbacks_of(
    run: Run,
    samples: Samples,
    judge: Judge | None,
    console: Console,
    lost: int | None = None,
) -> list[Callback]:
    """All callbacks of a run.

    The best values are known before a checkpoint keeps them, and the row is written
    before a collapse may end the run.

    Args:
        run: as far as it is.
        samples: what it trains on.
        judge: what scores it, or None.
        console: where progress is shown.
        lost: the round whose grid was lost.
    """
    real, _ = some(samples, run.config.trainer.samples)
    return [
        SampleGrid(real, lost),
        *([Scores(judge)] if judge else []),
        Best(),
        Table(measured(judge)),
        Progress(console),
        TensorBoard(),
        Doctor(partial(diagnose, levels=run.gan.objective.levels), console),
        Collapse(console),
        Checkpoint(),
    ]


def measured(judge: Judge | None) -> list[str]:
    """The columns that are measured now and then, beside what rounds log."""
    return [*(Scores(judge).columns if judge else []), *SampleGrid.columns]
