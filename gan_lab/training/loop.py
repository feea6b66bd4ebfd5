"""The loop: chunks of rounds, and at each tick everything that happens beside them."""

import contextlib
import time
import traceback
from functools import partial

from gan_lab import backend
from gan_lab.data.batches import ReadAhead
from gan_lab.data.samples import Samples
from gan_lab.doctor.diagnose import diagnose
from gan_lab.errors import (
    CollapseError,
    GanLabError,
    OutOfMemoryError,
    WorkerError,
    storage_error,
)
from gan_lab.evaluation.judge import some
from gan_lab.system.console import Console
from gan_lab.system.signals import Interruption
from gan_lab.training.callbacks import recording, scores
from gan_lab.training.feed import feed
from gan_lab.training.run import Run

CHUNK_SECONDS = 1.0
BEYOND_MEMORY = (  # what NumPy and TensorFlow say where a size fits no machine at all
    "array is too big",
    "Maximum allowed dimension exceeded",
    "more than 2**63 - 1 elements",
    "out-of-range integer to Tensor",
)


def play(
    run: Run, samples: Samples, judge, console: Console, interruption: Interruption
) -> Run:
    """Play the rounds that are left, with everything that happens beside them.

    Args:
        run: as far as it is.
        samples: what it trains on.
        judge: what scores it, or None.
        console: where progress is shown.
        interruption: what notes signals.

    Raises:
        GanLabError: the training went wrong, or collapsed.
    """
    beside = _callbacks(run, samples, judge, console)
    try:
        with contextlib.ExitStack() as stack:
            rounds, ahead = _fed(run, samples, console)
            stack.callback(ahead.close)
            for callback in beside:
                callback.start(run)
                stack.callback(callback.end, run)
            for tick in _ticks(run, rounds, ahead, interruption):
                for callback in beside:
                    callback.tick(run, tick)
            if run.round < run.config.trainer.steps:
                run.signal = interruption.agreed
                run.save(stopgap=True)
    except BaseException as error:
        explained = explain(error, run.config.trainer.batch_size) or error
        if not (isinstance(explained, CollapseError) and run.may_roll_back):
            _note_failure(run, explained, console)
        if explained is error:
            raise
        raise explained from error
    _note_end(run, console)
    run.devices.gather(run.round)  # nobody leaves before the last
    return run


def accompany(run: Run, samples: Samples, console: Console) -> Run:
    """Play the rounds of a run beside its chief, who does everything else.

    Raises:
        GanLabError: the training went wrong, here or in another process.
    """
    number, of = run.devices.process + 1, run.devices.processes
    console.say(f"Process {number} of {of}; the first one writes the run folder.")
    interruption, finite = Interruption(), recording.StopWhenNotFinite()
    with contextlib.ExitStack() as stack:
        stack.enter_context(interruption)
        rounds, ahead = _fed(run, samples, console)
        stack.callback(ahead.close)
        for tick in _ticks(run, rounds, ahead, interruption):
            finite.tick(run, tick)
        if run.round < run.config.trainer.steps:
            run.signal = interruption.agreed
        run.devices.gather(run.round)
    return run


def _fed(run: Run, samples: Samples, console: Console) -> tuple:
    """The rounds from here on, and what reads ahead for them."""
    return feed(
        run.gan,
        run.config,
        samples,
        run.devices,
        console,
        first=run.round,
        attempt=run.remedy.attempt,
    )


def _callbacks(run: Run, samples: Samples, judge, console: Console) -> list:
    """The callbacks of a run, in order: what adds to a row comes before the table."""
    real, _ = some(samples, run.config.trainer.samples)
    grid = recording.SampleGrid(real)
    measured = [scores.Scores(judge)] if judge else []
    return [
        recording.StopWhenNotFinite(),
        grid,
        *measured,
        recording.Best(),
        recording.Table(looked_at(judge)),
        recording.Progress(console),
        recording.TensorBoard(),
        scores.Doctor(partial(diagnose, levels=run.gan.objective.levels), console),
        scores.Collapse(console),
        recording.Checkpoint(),
    ]


def looked_at(judge) -> list[str]:
    """The columns that are looked at now and then, beside what rounds log."""
    names = [f"score/{name}" for name in judge.names] if judge else []
    return [*names, *recording.SampleGrid.names]


def explain(error: BaseException, batch_size: int) -> GanLabError | None:
    """The sentence for what the machine has run out of."""
    beyond = any(text in str(error) for text in BEYOND_MEMORY)
    if beyond or backend.is_out_of_memory(error):
        return OutOfMemoryError(
            f"Out of memory. Take a smaller `trainer.batch_size` (now {batch_size}) "
            "or smaller networks."
        )
    if backend.is_lost_worker(error):
        return WorkerError(
            "Another process of the run has ended, and what it printed says why. From "
            "the newest checkpoint, if there is one, `python -m gan_lab resume` on "
            "every machine goes on."
        )
    return storage_error(error)


def _ticks(run: Run, rounds, data: ReadAhead, interruption: Interruption):
    """Play chunk after chunk; yield at each tick, and end on a signal.

    The first chunk is one round, which is when the step is compiled, and does not
    count for the speed unless there is no other.
    """
    trainer, began = run.config.trainer, time.perf_counter() - run.seconds
    size = trainer.batch_size * run.gan.step.critic_steps
    chunk, compiled = 1, False
    while run.round < run.goal:
        number = run.round // trainer.tick_steps + 1
        end = min(number * trainer.tick_steps, trainer.steps)
        played, seconds, waited = 0, 0.0, data.waited
        while run.round < end:
            count = min(_agreed(run, chunk, interruption), end - run.round)
            if interruption.agreed:
                return
            asked = time.perf_counter()
            rounds.play(count)
            run.note_start()
            took = time.perf_counter() - asked
            run.round += count
            run.seconds = time.perf_counter() - began
            if compiled:
                played, seconds = played + count, seconds + took
                chunk = max(1, int(CHUNK_SECONDS * played / seconds))
            elif run.round == end:
                played, seconds = count, took
            else:
                waited = data.waited
            compiled = True
        row = {
            "round": run.round,
            "seconds": run.seconds,
            **run.gan.read_logs(),
            "speed/images_per_second": played * size / seconds,
            "speed/data_wait": (data.waited - waited) / seconds,
        }
        left = (run.goal - run.round) * seconds / played
        yield recording.Tick(run.round, end == trainer.steps, number, row, left)


def _agreed(run: Run, chunk: int, interruption: Interruption) -> int:
    """The rounds of the next chunk, as all processes have it, and whether to stop."""
    said = run.devices.gather(chunk, interruption.signal or 0)
    interruption.agreed = int(said[:, 1].max()) or None
    return int(said[:, 0].min())


def _note_failure(run: Run, error: BaseException, console: Console) -> None:
    explained = isinstance(error, GanLabError)
    reason = str(error) if explained else f"{type(error).__name__}: {error}"
    with contextlib.suppress(OSError):
        status = getattr(error, "status", "failed")
        run.folder.finish(status, reason, getattr(error, "exit_code", 1))
    with contextlib.suppress(OSError):
        console.note(reason if explained else traceback.format_exc())


def _note_end(run: Run, console: Console) -> None:
    path = run.folder.path
    if run.signal:
        run.folder.finish("stopped", f"signal {run.signal}", 128 + run.signal)
        console.say(
            f"Stopped after round {run.round}. Next: python -m gan_lab resume {path}"
        )
    elif run.round < run.config.trainer.steps:
        run.folder.finish("stopped", f"it was to stop after round {run.round}", 0)
        console.say(f"Stopped after round {run.round}, as asked.")
    else:
        run.folder.finish("finished", f"all {run.round} rounds are played", 0)
        console.say(
            f"Finished after {run.round} rounds. Next: tensorboard --logdir "
            f"{run.config.runs}, or python -m gan_lab sample {path}"
        )
