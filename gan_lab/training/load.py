"""The networks of a run, as a checkpoint holds them."""

from collections.abc import Iterable
from pathlib import Path

from gan_lab.artifacts import RunFolder
from gan_lab.artifacts.checkpoints import Saved
from gan_lab.config.check import check
from gan_lab.config.imports import parts_of
from gan_lab.config.recovery import configuration
from gan_lab.data import dataset
from gan_lab.errors import ParameterError, UsageError
from gan_lab.system.console import Console
from gan_lab.training.build import gan_of
from gan_lab.training.environment import environment
from gan_lab.training.judgement import Judgement
from gan_lab.training.rollback import Remedy
from gan_lab.training.run import Run
from gan_lab.training.start import computing


def load_run(
    path: Path | str,
    checkpoint: str | int = "last",
    overrides: Iterable[str] = (),
    *,
    imports: bool = True,
    console: Console | None = None,
) -> Run:
    """The networks of a run, as a checkpoint holds them.

    Args:
        path: the run folder.
        checkpoint: `last`, the newest whole one; `best`, by `trainer.best_metric`; or
            a round.
        overrides: keys to change, as `key=value`; where its data is now, say.
        imports: whether to import the modules that it names.
        console: where it is said which these are, and what is damaged.

    Raises:
        UsageError: it is not a run folder, or has no such checkpoint.
    """
    console = console or Console()
    folder = RunFolder(path, console.warn)
    facts, overrides = folder.facts(), list(overrides)
    with parts_of(folder.config, overrides, imports=imports, say=console.aside):
        config = check(configuration(folder, overrides))
    _, state, meta = saved = _saved(folder, checkpoint, console)
    remedy, shape = Remedy.of(saved), tuple(facts["image_shape"])
    with computing(config):
        gan = gan_of(remedy.applied(config), shape)
    run = Run(
        folder,
        config,
        gan,
        environment(),
        facts["data"],
        remedy,
        Judgement(meta.get("metric")),
        draw=dataset.drawing(config.data, shape),
    )
    run.restore(state, meta)
    return run


def _saved(folder: RunFolder, checkpoint: str | int, console: Console) -> Saved:
    """`round, state, meta` of the checkpoint that is asked for."""
    if str(checkpoint).isdecimal():
        return folder.checkpoints.load_round(int(checkpoint))
    if checkpoint not in ("last", "best"):
        rule = "must be last, best or the number of a round."
        raise ParameterError("checkpoint", f"{rule} Received: {checkpoint}.")
    saved = folder.checkpoints.load(console.warn)
    if not saved:
        raise UsageError(f"{folder.path} has no checkpoint yet.")
    if checkpoint == "last":
        return saved
    best = saved[2].get("best_round")
    if best is None:
        raise UsageError(
            f"{folder.path} measured no score that says which checkpoint is best: see "
            "`trainer.metrics` and `trainer.best_metric`."
        )
    return folder.checkpoints.load_round(best)
