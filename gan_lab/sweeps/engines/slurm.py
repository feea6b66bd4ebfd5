"""A Slurm cluster, by submitit, which submits, watches and cancels."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_lab.errors import UsageError
from gan_lab.registry import register
from gan_lab.sweeps.engines import Engine

if TYPE_CHECKING:
    import submitit


@register("engine")
def slurm(
    workers: int,
    /,
    *,
    cluster: str = "slurm",
    partition: str | None = None,
    gpus: int = 1,
    cores: int = 4,
    memory_gb: int = 16,
    minutes: int = 720,
    options: dict[str, str] = {},  # noqa: B006
) -> Engine:
    """Each job is submitted to Slurm; `sweep.workers` is how many wait or run at once.

    The folder of the sweep must be on a disk that all machines share.

    Args:
        cluster: `slurm`; or `local`, submitit's own way to try it on one machine.
        partition: of the cluster; its default where null.
        gpus: of a job.
        cores: of a job.
        memory_gb: of a job, in GiB.
        minutes: after which Slurm ends a job; the same line then continues it.
        options: further ones of `sbatch`, such as `{account: vision}`.
    """
    if cluster not in ("slurm", "local"):
        raise UsageError(
            f"`engine.cluster` must be slurm or local. Received: {cluster}."
        )
    try:
        import submitit
    except ModuleNotFoundError:
        raise UsageError(
            "`engine=slurm` needs submitit, which is not installed: "
            'pip install "keras-gan-lab[cluster]".'
        ) from None
    asked: dict[str, Any] = {
        "timeout_min": minutes,
        "cpus_per_task": cores,
        "mem_gb": memory_gb,
    }
    if cluster == "slurm":
        asked |= {"gpus_per_node": gpus, "slurm_additional_parameters": dict(options)}
        asked |= {"slurm_partition": partition} if partition else {}

    def executor(folder: Path) -> submitit.AutoExecutor:
        made = submitit.AutoExecutor(folder=folder, cluster=cluster)
        made.update_parameters(**asked)
        return made

    return Cluster(executor)


def play(command: list[str], log: str) -> int:
    """Run a command on a machine of the cluster; its exit code.

    Slurm's warnings that the time is over, or that a job is cancelled, have it save.
    """
    with open(log, "ab") as file:  # noqa: PTH123
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2):
        signal.signal(number, lambda *_: process.terminate())
    return process.wait()


class Cluster:
    """Submits jobs.

    Args:
        executor: from the folder of submitit's own files to what submits.
    """

    def __init__(self, executor: "Callable[[Path], submitit.AutoExecutor]"):
        self._executor = executor

    def start(self, spec: Path, log: Path, slot: int) -> "Submitted":
        """Submit a job; what it says goes to the end of a log."""
        import submitit

        command = [sys.executable, "-m", "gan_lab", "job", str(spec.resolve())]
        executor = self._executor(log.parent / "submitit")
        try:
            submitted = executor.submit(play, command, str(log.resolve()))
        except (RuntimeError, submitit.core.utils.FailedJobError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise UsageError(f"`engine=slurm`: {reason}.") from None
        return Submitted(submitted)


class Submitted:
    """A job that the cluster has."""

    def __init__(self, job: "submitit.Job[int]"):
        self._job = job

    def poll(self) -> int | None:
        """Its exit code when it has ended, -9 where there is none; None before."""
        if not self._job.done():
            return None
        return -9 if self._job.exception() else self._job.result()

    def stop(self) -> None:
        """Cancel it: what it did since its last checkpoint will be played again."""
        self._job.cancel()

    def has_begun(self) -> bool:
        """Tell whether it has a machine."""
        return self._job.state == "RUNNING"
