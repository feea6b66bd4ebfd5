"""A rehearsal: what is wrong with a job is said before any job begins.

Builders look at their options with Keras at hand, so a process of its own does it.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from omegaconf import OmegaConf

from gan_lab.errors import GanLabError, UsageError
from gan_lab.sweeps.job import Job


def rehearse(jobs: Iterable[Job]) -> None:
    """Try what can be tried without data.

    Raises:
        UsageError: a job is wrongly configured.
        GanLabError: the rehearsal itself failed.
    """
    jobs = list(jobs)
    if not jobs:
        return
    with tempfile.TemporaryDirectory() as folder:
        for number, job in enumerate(jobs):
            spec = Path(folder, f"{number:06d}.yaml")
            spec.write_text(OmegaConf.to_yaml(job.config), encoding="utf-8")
        command = [sys.executable, "-m", "gan_lab", "job", folder, "--rehearse"]
        said = subprocess.run(command, capture_output=True, text=True)
    if said.returncode:
        lines = said.stderr.strip().splitlines() or [f"signal {-said.returncode}"]
        reason = lines[-1].removeprefix("gan_lab: ")
        raise (UsageError if said.returncode == 2 else GanLabError)(reason)
