"""A rehearsal: what is wrong with a job is said before any job begins.

Builders look at their options with Keras at hand, so a process of its own does it.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from omegaconf import OmegaConf

from gan_lab.errors import GanLabError, StoppedError, UsageError
from gan_lab.sweeps.job import Job
from gan_lab.system.signals import Interruption

POLL_SECONDS = 0.1


def rehearse(jobs: Iterable[Job]) -> None:
    """Try what can be tried without data.

    Raises:
        UsageError: a job is wrongly configured.
        GanLabError: the rehearsal itself failed, or was stopped.
    """
    jobs = list(jobs)
    if not jobs:
        return
    with tempfile.TemporaryDirectory() as folder:
        for number, job in enumerate(jobs):
            spec = Path(folder, f"{number:06d}.yaml")
            spec.write_text(OmegaConf.to_yaml(job.config), encoding="utf-8")
        command = [sys.executable, "-m", "gan_lab", "job", folder, "--rehearse"]
        with Interruption() as interruption:
            code, said = _played(command, interruption)
    if interruption.signal:
        raise StoppedError(
            "The sweep was stopped before any job began.", 128 + interruption.signal
        )
    if code:
        lines = said.strip().splitlines() or [f"signal {-code}"]
        reason = lines[-1].removeprefix("gan_lab: ")
        raise (UsageError if code == 2 else GanLabError)(reason)


def _played(command: list[str], interruption: Interruption) -> tuple[int, str]:
    """The exit code of a command, and what it said; a signal ends it."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        while True:
            try:
                _, said = process.communicate(timeout=POLL_SECONDS)
                return process.returncode, said
            except subprocess.TimeoutExpired:
                if interruption.signal:
                    process.kill()
