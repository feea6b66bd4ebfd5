"""The attempts of a run, which after a collapse may go back to its best checkpoint."""

from dataclasses import replace

from gan_lab.config.differences import differences, plain
from gan_lab.data.samples import Samples
from gan_lab.errors import CollapseError
from gan_lab.system.console import Console
from gan_lab.system.signals import Interruption
from gan_lab.training.build import gan_of
from gan_lab.training.callbacks.callback import Callback
from gan_lab.training.loop import play
from gan_lab.training.run import Run


def attempt(
    run: Run,
    samples: Samples,
    beside: list[Callback],
    console: Console,
    interruption: Interruption,
) -> Run:
    """Play a run, again from its best checkpoint as often as is allowed.

    Args:
        run: as far as it is.
        samples: what it trains on.
        beside: what happens at its ticks, in order; started for each attempt.
        console: where progress is shown.
        interruption: what notes signals.

    Raises:
        GanLabError: the training went wrong, or collapsed for good.
    """
    while True:
        try:
            return play(run, samples, beside, console, interruption)
        except CollapseError as error:
            best = run.way_back
            if best is None:
                raise
            run = _rolled_back(run, best, samples.shape, str(error), console)


def _rolled_back(
    run: Run, best: int, shape: tuple, reason: str, console: Console
) -> Run:
    """The run with the weights of its best checkpoint, and the remedy applied."""
    _, state, _ = run.folder.checkpoints.load_round(best)
    before = run.remedy.applied(run.config)
    remedy = run.remedy.next(run.config.trainer)
    config = remedy.applied(run.config)
    with run.devices.scope():
        gan = gan_of(config, shape)
    judgement = replace(run.judgement, worse=0)
    new = replace(run, gan=gan, remedy=remedy, judgement=judgement)
    new.begin_again(state, run.gan.skipped_updates())
    applied = differences(plain(before), plain(config))
    changes = [f"{key} was {old}, is {now}" for key, (old, now) in applied.items()]
    # Before the checkpoint: what is written twice is forgotten with its round.
    new.folder.event(
        "rollback",
        round=run.round,
        to=best,
        attempt=remedy.attempt,
        applied=changes,
        reason=reason,
    )
    new.save()
    console.say(
        f"{reason} Attempt {remedy.attempt} goes on from the weights of round "
        f"{best}: {'; '.join(changes) or 'nothing else changes'}."
    )
    return new
