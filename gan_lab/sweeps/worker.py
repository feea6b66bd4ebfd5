"""What the process of a job does."""

from pathlib import Path

from gan_lab import assembly, training
from gan_lab.artifacts import RunFolder, locks
from gan_lab.artifacts.folder import is_run
from gan_lab.config import from_file
from gan_lab.run import Run
from gan_lab.sweeps.folder import SweepFolder


def work(spec: Path, threads: int, console) -> Run | None:
    """Play a job from where it is.

    Args:
        spec: `jobs/<name>.yaml` of a sweep.
        threads: for a new run whose configuration leaves them open; 0 for all.
        console: where progress is shown.

    Returns:
        The run; None where there was nothing left to do.
    """
    folder = SweepFolder.find(spec.parent.parent)
    path = folder.run(spec.stem)
    with locks.alone(spec, lambda: console.say("Waiting for the process before.")):
        if is_run(path):
            if RunFolder(path).facts()["status"] == "finished":
                return None
            return training.resume(path, console=console)
        folder.set_aside(spec.stem)  # what is there is no run
        config = from_file(spec)
        config.trainer.threads = config.trainer.threads or threads
        overrides = folder.recorded(spec.stem).get("overrides", [])
        asked = {"argv": ["gan_lab", *overrides], "overrides": overrides}
        return training.train(config, folder=path, console=console, asked=asked)


def rehearse(specs: Path) -> None:
    """Try the jobs of a folder, as far as that goes without data.

    Raises:
        UsageError: one is wrongly configured.
    """
    paths = [specs] if specs.is_file() else sorted(specs.glob("*.yaml"))
    assembly.rehearse(from_file(path) for path in paths)
