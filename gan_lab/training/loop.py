"""The loop: chunks of rounds, and at each tick everything that happens beside them."""

import contextlib
import time
from collections.abc import Iterator

from gan_lab.data.samples import Samples
from gan_lab.errors import CollapseError, NonFiniteError
from gan_lab.system.console import Console
from gan_lab.system.signals import Interruption
from gan_lab.training.callbacks.callback import Callback, Tick, report
from gan_lab.training.endings import explain, note_end, note_failure
from gan_lab.training.feed import feed
from gan_lab.training.pace import Pace
from gan_lab.training.run import Run


def play(
    run: Run,
    samples: Samples,
    beside: list[Callback],
    console: Console,
    interruption: Interruption,
) -> Run:
    """Play the rounds that are left, with everything that happens beside them.

    Args:
        run: as far as it is.
        samples: what it trains on.
        beside: what happens at its ticks, in order.
        console: where progress is shown.
        interruption: what notes signals.

    Raises:
        GanLabError: the training went wrong, or collapsed.
    """
    try:
        with contextlib.ExitStack() as stack:
            ticks = stack.enter_context(_rounds(run, samples, console, interruption))
            for callback in beside:
                callback.start(run)
                stack.callback(callback.end, run)
            for tick in ticks:
                report(beside, run, tick)
            if run.round < run.config.trainer.steps:
                run.signal = interruption.agreed
                run.save(stopgap=True)
    except BaseException as error:
        explained = explain(error, run.config.trainer.batch_size) or error
        if not isinstance(explained, CollapseError) or run.way_back is None:
            note_failure(run, explained, console)
        if explained is error:
            raise
        raise explained from error
    note_end(run, console)
    run.devices.gather(run.round)  # nobody leaves before the last
    return run


def accompany(run: Run, samples: Samples, console: Console) -> Run:
    """Play the rounds of a run beside its chief, who does everything else.

    Raises:
        GanLabError: the training went wrong, here or in another process.
    """
    number, of = run.devices.process + 1, run.devices.processes
    console.say(f"Process {number} of {of}; the first one writes the run folder.")
    with (
        Interruption() as interruption,
        _rounds(run, samples, console, interruption) as ticks,
    ):
        for _ in ticks:
            pass
        if run.round < run.config.trainer.steps:
            run.signal = interruption.agreed
        run.devices.gather(run.round)
    return run


@contextlib.contextmanager
def _rounds(
    run: Run, samples: Samples, console: Console, interruption: Interruption
) -> Iterator[Iterator[Tick]]:
    """The ticks of the rounds that are left, while their images are read ahead."""
    rounds, ahead = feed(
        run.gan,
        run.config,
        samples,
        run.devices,
        console,
        first=run.round,
        attempt=run.remedy.attempt,
    )
    try:
        yield _ticks(run, rounds, Pace(ahead), interruption)
    finally:
        ahead.close()


def _ticks(run: Run, rounds, pace: Pace, interruption: Interruption) -> Iterator[Tick]:
    """Play chunk after chunk; yield at each tick, and end on a signal.

    Raises:
        NonFiniteError: a round produced NaN or infinity.
    """
    trainer = run.config.trainer
    run.clock.go_on()
    while run.round < run.goal:
        number = run.round // trainer.tick_steps + 1
        end = min(number * trainer.tick_steps, trainer.steps)
        pace.begin()
        while run.round < end:
            count = min(_agreed(run, pace.chunk, interruption), end - run.round)
            if interruption.agreed:
                return
            asked = time.perf_counter()
            rounds.play(count)
            took = time.perf_counter() - asked
            run.advance(count)
            pace.take(count, took, last=run.round == end)
        row = _row(run, pace)
        if found := run.gan.logs.first_non_finite():
            round, name = found
            raise NonFiniteError(f"{name} was not finite in round {round}.")
        left = (run.goal - run.round) / pace.rounds_per_second
        yield Tick(run.round, end == trainer.steps, number, row, left)


def _row(run: Run, pace: Pace) -> dict[str, float]:
    """The row of a tick, before anything is measured at it."""
    images = run.config.trainer.batch_size * run.gan.step.critic_steps  # of a round
    return {
        "round": run.round,
        "seconds": run.seconds,
        **run.gan.read_logs(),
        "speed/images_per_second": images * pace.rounds_per_second,
        "speed/data_wait": pace.data_wait,
    }


def _agreed(run: Run, chunk: int, interruption: Interruption) -> int:
    """The rounds of the next chunk, as all processes have it, and whether to stop."""
    said = run.devices.gather(chunk, interruption.signal or 0)
    interruption.agreed = int(said[:, 1].max()) or None
    return int(said[:, 0].min())
