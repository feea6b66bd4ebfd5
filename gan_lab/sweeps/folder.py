"""The folder of a sweep: what it is made of, and how far each job is."""

from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast

from omegaconf import OmegaConf

from gan_lab.artifacts import RunFolder
from gan_lab.artifacts.run_folder import is_run
from gan_lab.artifacts.tensorboard import HPARAMS
from gan_lab.config.saved import MALFORMED
from gan_lab.errors import DamagedError, UsageError
from gan_lab.sweeps.job import Job, identity, is_whole
from gan_lab.sweeps.job_status import (
    DAMAGED,
    KILLED,
    KINDS,
    REFUSED,
    JobStatus,
    State,
    killed,
    status_of,
)
from gan_lab.system import files
from gan_lab.system.damage import Warn, reason, silent


class SweepFolder:
    """The folder of a sweep: `jobs/` with what they are, and a run folder for each.

    Args:
        path: the folder; it is made by `plan`.
        warn: is told what is damaged in it.
    """

    def __init__(self, path: Path | str, warn: Warn = silent):
        self.path, self.warn = Path(path), warn
        self.jobs = self.path / "jobs"
        self.specification = cache(self._specification)

    @classmethod
    def find(cls, path: Path | str) -> "SweepFolder":
        """A sweep that there is.

        Raises:
            UsageError: there is none.
        """
        folder = cls(path)
        if not folder.jobs.is_dir():
            raise UsageError(f"{path} is not a sweep: it has no folder jobs.")
        return folder

    def lock(self) -> AbstractContextManager[object]:
        """A lock that the one process holds which plays the sweep.

        Raises:
            UsageError: another process holds it.
        """
        from filelock import FileLock, Timeout

        self.jobs.mkdir(parents=True, exist_ok=True)
        files.make_way(self.jobs / ".lock", self.warn)
        try:
            return FileLock(self.jobs / ".lock").acquire(timeout=0)
        except Timeout:
            raise UsageError(
                f"The sweep {self.path} is being played by another process."
            ) from None

    def describe(self, **facts: object) -> None:
        """Note something about the sweep."""
        self._note(self.path / "sweep.json", facts)

    def score(self) -> str | None:
        """The score that its leaderboard is sorted by, where the user said."""
        score: str | None = self._noted(self.path / "sweep.json").get("score")
        return score

    def exact(self) -> bool:
        """Tell whether its jobs are refused on another kind of machine."""
        return bool(self._noted(self.path / "sweep.json").get("exact"))

    def names(self) -> list[str]:
        """The jobs, in the order in which they came."""
        found: dict[str, Path] = {}
        for suffix in ("json", "yaml"):  # one of the two may be lost
            places = self.jobs.glob(f"[!.]*.{suffix}")  # not what a killed write left
            found |= {place.stem: place for place in places}
        return sorted(found, key=lambda name: (found[name].stat().st_mtime_ns, name))

    def plan(self, job: Job) -> str:
        """Note what a job is, unless it is known; its name.

        What is damaged of that is set aside, and noted again.
        """
        name = self.knows(job) or job.name
        self.jobs.mkdir(parents=True, exist_ok=True)
        if "overrides" not in self.recorded(name):
            self.record(name, overrides=job.overrides)
        try:
            self.specification(name)
        except DamagedError as error:
            spec = self.spec(name)
            if spec.exists():
                self.warn(f"{error} {files.set_aside(spec)} It is made again.")
            files.write(spec, OmegaConf.to_yaml(job.config).encode())
        return name

    def knows(self, job: Job) -> str | None:
        """The name under which a job is here already, whatever its slug is now."""
        specs = [*self.jobs.glob(f"[!.]*-{job.hash}.yaml"), self.spec(job.hash)]
        found = next((spec.stem for spec in specs if spec.exists()), None)
        return found or self._of_before.get(job.hash)

    @cached_property
    def _of_before(self) -> dict[str, str]:
        """Jobs that an earlier version named, by the hash that they have today."""
        found = {}
        for name in self.names():
            with suppress(DamagedError):
                found[identity(self.specification(name))] = name
        return found

    def spec(self, name: str) -> Path:
        """The file with the configuration of a job."""
        return self.jobs / f"{name}.yaml"

    def log(self, name: str) -> Path:
        """The file with what the process of a job said."""
        return self.jobs / f"{name}.log"

    def run(self, name: str) -> Path:
        """The run folder of a job."""
        return self.path / name

    def _specification(self, name: str) -> dict[str, Any]:
        """The configuration of a job, as it was asked for.

        Raises:
            DamagedError: its file is damaged.
        """
        path = self.spec(name)
        try:
            loaded = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
            said = cast(dict[str, Any], loaded)  # what is none is not whole either
            whole = is_whole(name, said)
        except MALFORMED as error:
            raise DamagedError(path, reason(error, path)) from None
        if not whole:
            raise DamagedError(path, "it is not what was written")
        return said

    def configured(self, name: str) -> dict[str, Any]:
        """The configuration of a job; where its file is damaged, that of its run.

        Raises:
            DamagedError: neither can be read.
        """
        try:
            return self.specification(name)
        except DamagedError as error:
            run = self.run(name)
            if not is_run(run):
                raise
            config: dict[str, Any] = RunFolder(run, self.warn).facts()["config"]
            self.warn(f"{error} Its run's own configuration is taken in its place.")
            return config

    def steps(self, name: str) -> int:
        """The rounds that a job is to play."""
        steps: int = self.specification(name)["trainer"]["steps"]
        return steps

    def recorded(self, name: str) -> dict[str, Any]:
        """The notes about a job."""
        return self._noted(self.jobs / f"{name}.json")

    def record(self, name: str, **facts: object) -> None:
        """Note something about a job."""
        self._note(self.jobs / f"{name}.json", self.recorded(name) | facts)

    def status(self, name: str) -> JobStatus:
        """The status of a job."""
        run, known = self.run(name), self.recorded(name)
        code, ended = known.get("exit_code"), known.get("ended")
        found = None
        if is_run(run):
            try:
                found = status_of(RunFolder(run, self.warn), code, known.get("pruned"))
            except DamagedError as error:
                return JobStatus(State.failed, DAMAGED, str(error))
        if ended and (found is None or found.state is State.stopped):
            kind, reason = ended
            before = found or JobStatus(State.failed)
            return replace(before, state=State.failed, kind=kind, reason=reason)
        if found is None:
            return self._without_a_run(name, code) if code else JobStatus(State.waiting)
        if found.kind == REFUSED:
            return replace(found, reason=self._last_words(name))
        return found

    def _without_a_run(self, name: str, code: int) -> JobStatus:
        """That of a job which ended before it had a run folder."""
        kind = KINDS.get(code, KILLED)
        reason = killed(code) if kind == KILLED else self._last_words(name)
        return JobStatus(State.failed, kind, reason)

    def _last_words(self, name: str) -> str:
        """The last words of the process of a job."""
        log = self.log(name)
        said = log.read_text("utf-8", "replace") if log.is_file() else ""
        return (said.splitlines() or [""])[-1].removeprefix("gan_lab: ")

    def set_aside(self, name: str) -> None:
        """Keep what a failed job left, and make room to play it again."""
        run, number = self.run(name), 1
        aside = self.jobs / "failed"
        if run.exists():
            aside.mkdir(exist_ok=True)
            while (aside / f"{name}-{number}").exists():
                number += 1
            kept = run.rename(aside / f"{name}-{number}")
            (kept / HPARAMS).unlink(missing_ok=True)  # it is not a job any more
        self.record(name, exit_code=None, pruned=False, ended=None)

    def _noted(self, path: Path) -> dict[str, Any]:
        """The notes in a file; none where it is damaged, as all of it can be spared."""
        return files.read_noted(path, self.warn)

    def _note(self, path: Path, facts: dict[str, Any]) -> None:
        """Write a file; one that is damaged is set aside."""
        if path.exists() and not self._noted(path):
            files.set_aside(path)
        files.write_json(path, facts)
