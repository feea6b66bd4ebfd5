"""The verb `job`: what the processes of a sweep run."""

import signal
from pathlib import Path

from gan_lab.cli.parser import Parser
from gan_lab.errors import UsageError


def job(arguments: list[str]) -> int:
    """Play one job of a sweep by hand, from where it is: SWEEP/jobs/NAME.yaml
    [--threads N] [--attended] [--rehearse]."""
    parser = Parser("job", job)
    parser.add_argument("spec", type=Path)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--attended", action="store_true")
    parser.add_argument("--rehearse", action="store_true")
    asked = parser.parse_args(arguments)
    if not asked.spec.exists():
        raise UsageError(f"{asked.spec} is not a job: there is no such file.")
    if asked.attended:
        from gan_lab.sweeps import parent_watch

        parent_watch.begin()
    _heed_slurm()
    from gan_lab.system.console import Console

    with Console(capture=True) as console:
        from gan_lab.sweeps import worker

        if asked.rehearse:
            worker.rehearse(asked.spec)
            return 0
        run = worker.work(asked.spec, asked.threads, console)
    return run.exit_code if run else 0


def _heed_slurm() -> None:
    """Take the warning that Slurm sends to every process for one to save and end."""
    if hasattr(signal, "SIGUSR2"):
        signal.signal(signal.SIGUSR2, lambda *_: signal.raise_signal(signal.SIGTERM))
