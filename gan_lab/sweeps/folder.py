"""The folder of a sweep: what it is made of, and how far each job is."""

import contextlib
import json
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from pathlib import Path

from omegaconf import OmegaConf

from gan_lab.artifacts import RunFolder, files, metrics
from gan_lab.artifacts.events import HPARAMS
from gan_lab.errors import UsageError
from gan_lab.sweeps.job import Job

KINDS = {
    1: "crash",
    2: "bad configuration",
    3: "not finite",
    4: "collapse",
    5: "out of memory",
}
KILLED = "killed"
REFUSED = "not continued"  # the run itself is whole
HUNG = "hung"
OVERDUE = "too long"
KEPT = (KILLED, REFUSED, HUNG, OVERDUE)  # such a run goes on, and is not begun anew
LASTING = ("not finite", "collapse")  # they come again where nothing has changed


class State(Enum):
    """What becomes of a job."""

    waiting = "waiting"
    running = "running"
    stopped = "stopped"
    pruned = "pruned"
    failed = "failed"
    finished = "finished"


@dataclass(frozen=True)
class Standing:
    """How far a job is.

    Attributes:
        state: what became of it.
        kind: of a failure: one of `KINDS`, or killed.
        reason: in words, where it has not finished.
        round: rounds played, as far as the table says.
        row: the last row of its table.
    """

    state: State
    kind: str = ""
    reason: str = ""
    round: int = 0
    row: dict[str, float] = field(default_factory=dict)


class SweepFolder:
    """The folder of a sweep: `jobs/` with what they are, and a run folder for each.

    Args:
        path: the folder; it is made by `plan`.
    """

    def __init__(self, path: Path | str):
        self.path = Path(path)
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
            raise UsageError(f"{path} is no sweep: it has no folder jobs.")
        return folder

    def lock(self):
        """A lock that the one process holds which plays the sweep.

        Raises:
            UsageError: another process holds it.
        """
        from filelock import FileLock, Timeout

        self.jobs.mkdir(parents=True, exist_ok=True)
        try:
            return FileLock(self.jobs / ".lock").acquire(timeout=0)
        except Timeout:
            raise UsageError(
                f"The sweep {self.path} is being played by another process."
            ) from None

    def describe(self, **facts) -> None:
        """Note something about the sweep."""
        files.write_json(self.path / "sweep.json", facts)

    def score(self) -> str | None:
        """What its leaderboard is sorted by, where the user said."""
        return _noted(self.path / "sweep.json").get("score")

    def names(self) -> list[str]:
        """The jobs, in the order in which they came."""
        specs = self.jobs.glob("[!.]*.yaml")  # not what a killed write left behind
        return [s.stem for s in sorted(specs, key=lambda s: (s.stat().st_mtime_ns, s))]

    def plan(self, job: Job) -> str:
        """Note what a job is, unless it is known; its name."""
        if known := self.knows(job):
            return known
        self.jobs.mkdir(parents=True, exist_ok=True)
        self.record(job.name, overrides=job.overrides)
        files.write(self.spec(job.name), OmegaConf.to_yaml(job.config).encode())
        return job.name

    def knows(self, job: Job) -> str | None:
        """The name under which a job is here already, whatever its slug is now."""
        specs = [*self.jobs.glob(f"[!.]*-{job.hash}.yaml"), self.spec(job.hash)]
        return next((spec.stem for spec in specs if spec.is_file()), None)

    def spec(self, name: str) -> Path:
        """The file with the configuration of a job."""
        return self.jobs / f"{name}.yaml"

    def log(self, name: str) -> Path:
        """The file with what the process of a job said."""
        return self.jobs / f"{name}.log"

    def run(self, name: str) -> Path:
        """The run folder of a job."""
        return self.path / name

    def _specification(self, name: str) -> dict:
        """The configuration of a job, as it was asked for."""
        config = OmegaConf.load(self.spec(name))
        return OmegaConf.to_container(config, resolve=True)

    def steps(self, name: str) -> int:
        """The rounds that a job is to play."""
        return self.specification(name)["trainer"]["steps"]

    def recorded(self, name: str) -> dict:
        """What is noted about a job."""
        return _noted(self.jobs / f"{name}.json")

    def record(self, name: str, **facts) -> None:
        """Note something about a job."""
        files.write_json(self.jobs / f"{name}.json", self.recorded(name) | facts)

    def standing(self, name: str) -> Standing:
        """How far a job is."""
        run, known = self.run(name), self.recorded(name)
        code, ended = known.get("exit_code"), known.get("ended")
        whole = (run / "run.json").is_file()
        found = standing(RunFolder(run), code, known.get("pruned")) if whole else None
        if ended and (found is None or found.state is State.stopped):
            kind, reason = ended
            before = found or Standing(State.failed)
            return replace(before, state=State.failed, kind=kind, reason=reason)
        if found is None:
            return self._without_a_run(name, code) if code else Standing(State.waiting)
        if found.kind == REFUSED:
            return replace(found, reason=self._last_words(name))
        return found

    def _without_a_run(self, name: str, code: int) -> Standing:
        """That of a job which ended before it had a run folder."""
        kind = KINDS.get(code, KILLED)
        reason = _killed(code) if kind == KILLED else self._last_words(name)
        return Standing(State.failed, kind, reason)

    def _last_words(self, name: str) -> str:
        """What the process of a job said last."""
        log = self.log(name)
        said = log.read_text("utf-8", "replace") if log.is_file() else ""
        return (said.splitlines() or [""])[-1].removeprefix("gan_lab: ")

    def set_aside(self, name: str) -> None:
        """Keep what a failed job left, and make room to play it again."""
        run, number = self.run(name), 1
        aside = self.jobs / "failed"
        if run.is_dir():
            aside.mkdir(exist_ok=True)
            while (aside / f"{name}-{number}").exists():
                number += 1
            kept = run.rename(aside / f"{name}-{number}")
            (kept / HPARAMS).unlink(missing_ok=True)  # it is no job any more
        self.record(name, exit_code=None, pruned=False, ended=None)


def standing(
    run: RunFolder, code: int | None = None, pruned: bool | None = None
) -> Standing:
    """How far a run is.

    Args:
        run: its folder.
        code: the exit code of its process, where that is known.
        pruned: whether it was ended because it was hopeless.
    """
    facts, rows = run.facts(), metrics.read(run.metrics)
    row = rows[-1] if rows else {}
    state, kind = _judged(facts, code, pruned)
    reason = "" if state is State.finished else facts.get("reason") or ""
    if kind == KILLED:
        reason = _killed(code)
    return Standing(state, kind, reason, row.get("round", 0), row)


def _noted(path: Path) -> dict:
    """What a file says; nothing where it is damaged, as all of it can be spared."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return dict(json.loads(path.read_text(encoding="utf-8")))
    return {}


def _killed(code: int) -> str:
    """What ended a process that could not say why."""
    if code == -9:
        return "Signal 9, by a person or by the system when it ran out of memory."
    return f"Signal {-code}." if code < 0 else f"Exit code {code}."


def _judged(facts: dict, code: int | None, pruned: bool | None) -> tuple[State, str]:
    """What the facts of a run, and the exit code of its process, come to."""
    status, own = facts["status"], facts.get("exit_code")
    if status in ("running", "finished"):
        return State[status], ""
    if status == "failed" or own in KINDS:
        return State.failed, KINDS.get(own or 1, KINDS[1])
    if code in KINDS:
        return State.failed, REFUSED
    if status == "interrupted" and code:
        return State.failed, KILLED
    return (State.pruned if pruned else State.stopped), ""
