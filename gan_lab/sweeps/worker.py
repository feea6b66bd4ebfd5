"""The process of a job."""

from pathlib import Path

from gan_lab.artifacts import RunFolder
from gan_lab.artifacts.run_folder import is_run
from gan_lab.config.imports import import_parts, imports_of, parts_of
from gan_lab.config.saved import from_file
from gan_lab.sweeps.folder import SweepFolder
from gan_lab.system import locks
from gan_lab.system.console import Console
from gan_lab.training import build, resume, train
from gan_lab.training.run import Run


def work(spec: Path, threads: int, console: Console) -> Run | None:
    """Play a job from where it is.

    It goes on where only the machine is of another kind (its processor, instruction
    sets, device or threads), since a cluster gives what it has; unless `sweep.exact`.
    What a person chose is refused as in any run: versions, the backend, variables of
    the environment, images, configuration.

    Args:
        spec: `jobs/<name>.yaml` of a sweep.
        threads: for a new run whose configuration leaves them open; 0 for all.
        console: where progress is shown.

    Returns:
        The run; None where there was nothing left to do.
    """
    folder = SweepFolder.find(spec.parent.parent)
    path = folder.run(spec.stem)
    with locks.alone(
        spec, lambda: console.say("Waiting for the process before it to end.")
    ):
        if is_run(path):
            if RunFolder(path).facts()["status"] == "finished":
                return None
            anywhere = not folder.exact()
            return resume.resume(path, accept_machine=anywhere, console=console)
        folder.set_aside(spec.stem)  # what is there is not a run
        with parts_of(spec, say=console.aside):
            config = from_file(spec)
        config.trainer.threads = config.trainer.threads or threads
        overrides = folder.recorded(spec.stem).get("overrides", [])
        asked = {"argv": ["gan_lab", *overrides], "overrides": overrides}
        return train.train(config, folder=path, console=console, asked=asked)


def rehearse(specs: Path) -> None:
    """Try the jobs of a folder, as far as that goes without data.

    Raises:
        UsageError: one is wrongly configured.
    """
    paths = [specs] if specs.is_file() else sorted(specs.glob("*.yaml"))
    import_parts(module for path in paths for module in imports_of(path))
    build.rehearse(from_file(path) for path in paths)
