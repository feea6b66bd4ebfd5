"""The sentences in which a run ends."""

import contextlib
import traceback

from gan_lab import backend
from gan_lab.errors import GanLabError, OutOfMemoryError, WorkerError, storage_error
from gan_lab.system.console import Console
from gan_lab.training.run import Run

BEYOND_MEMORY = (  # what NumPy and TensorFlow say where a size fits no machine at all
    "array is too big",
    "Maximum allowed dimension exceeded",
    "more than 2**63 - 1 elements",
    "out-of-range integer to Tensor",
)


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


def note_failure(run: Run, error: BaseException, console: Console) -> None:
    """Write into the folder of a run why it failed, or why it was stopped."""
    explained = isinstance(error, GanLabError)
    reason = str(error) if explained else f"{type(error).__name__}: {error}"
    with contextlib.suppress(OSError):
        status = getattr(error, "status", "failed")
        run.folder.finish(status, reason, getattr(error, "exit_code", 1))
    with contextlib.suppress(OSError):
        console.note(reason if explained else traceback.format_exc())


def note_end(run: Run, console: Console) -> None:
    """Write into the folder of a run that it played all that it was to, or stopped."""
    path = run.folder.path
    if run.signal:
        run.folder.finish("stopped", f"signal {run.signal}", run.exit_code)
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
