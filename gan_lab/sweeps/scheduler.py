"""Plays the jobs of a sweep: so many at a time, each in a process of its own."""

import itertools
import re
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gan_lab.config.schema import Retry
from gan_lab.sweeps.engines import Engine, Task
from gan_lab.sweeps.folder import SweepFolder
from gan_lab.sweeps.job import Job
from gan_lab.sweeps.job_status import HUNG, KEPT, LASTING, OVERDUE, JobStatus, State
from gan_lab.sweeps.source import Source
from gan_lab.sweeps.watch import Watch
from gan_lab.system.signals import Interruption

POLL_SECONDS = 0.2
LOOK_SECONDS = 1.0


@dataclass
class Settings:
    """The way in which the jobs of a sweep are played; see `SweepConfig`.

    Attributes:
        budget: in seconds, or None.
        job_limit: the same.
    """

    workers: int = 1
    budget: float | None = None
    retry: Retry = Retry.all
    fail_fast: int = 3
    job_limit: float | None = None


@dataclass
class Played:
    """The outcome of a call.

    Attributes:
        statuses: of every job that was asked for, by name.
        ended: those that were played to an end in this call, in this order, but for
            those that had failed before.
        again: names of the failed ones that another call plays again.
        why: the reason why no more jobs were begun, or nothing.
        signal: the signal that stopped the sweep, or None.
        best: the best score of each job that has one, by hash.
    """

    statuses: dict[str, JobStatus] = field(default_factory=dict)
    ended: list[JobStatus] = field(default_factory=list)
    again: set[str] = field(default_factory=set)
    why: str = ""
    signal: int | None = None
    best: dict[str, float] = field(default_factory=dict)

    def count(self, state: State) -> int:
        """The number of jobs in a state."""
        return Counter(s.state for s in self.statuses.values())[state]

    @property
    def failures(self) -> dict[str, JobStatus]:
        """The jobs that failed."""
        states = self.statuses.items()
        return {name: s for name, s in states if s.state is State.failed}


@dataclass
class _Running:
    job: Job
    name: str
    task: Task
    watch: Watch
    had_failed: bool = False
    same: list[Job] = field(default_factory=list)
    pruned: bool = False
    ended: tuple[str, str] | None = None  # in which way, and why
    began: float | None = None
    asked_to_end: float | None = None

    def end(self) -> None:
        """Have it save and end; end it, where it has had the time for that."""
        now = time.monotonic()
        if self.asked_to_end is None:
            self.asked_to_end = now
            self.task.stop()
        elif now - self.asked_to_end > self.watch.grace and hasattr(self.task, "kill"):
            self.task.kill()

    def runs_for(self) -> float:
        """Seconds since it began; where it waits for a machine, it has not yet."""
        if self.began is None and getattr(self.task, "has_begun", lambda: True)():
            self.began = time.monotonic()
        return 0.0 if self.began is None else time.monotonic() - self.began


class Player:
    """Plays jobs.

    Args:
        folder: of the sweep, whose lock this process holds.
        source: gives jobs, and is told what came of them.
        engine: where jobs are played.
        settings: how.
        changed: is called with `Played` whenever something is new.
    """

    def __init__(
        self,
        folder: SweepFolder,
        source: Source,
        engine: Engine,
        settings: Settings,
        changed: Callable[[Played], None],
    ):
        self.folder, self.source, self.engine = folder, source, engine
        self.settings, self.changed = settings, changed
        self.played = Played()
        self._running: dict[int, _Running] = {}
        self._hung: deque[_Running] = deque()  # they are tried once more
        self._tried: set[str] = set()  # names of those

    def play(self) -> Played:
        """Until no job is left, or something ends it before."""
        try:
            with Interruption() as interruption:
                self._play(interruption)
        finally:  # an error here is no reason for jobs to go on alone
            for running in self._running.values():
                running.end()
        return self.played

    def _play(self, interruption: Interruption) -> None:
        began = looked = time.monotonic()
        while True:
            self.played.signal = interruption.signal
            self._consider(time.monotonic() - began)
            more = not self._closing and self._begin()
            if more:
                continue
            if not self._running:
                return
            time.sleep(POLL_SECONDS)
            for slot in list(self._running):
                self._end(slot)
            if (passed := time.monotonic() - looked) > LOOK_SECONDS:
                self._look(passed)
                looked = time.monotonic()

    @property
    def _closing(self) -> bool:
        return bool(self.played.why or self.played.signal)

    def _consider(self, seconds: float) -> None:
        """Tell whether it is time to end, and if so, ask those that run to."""
        budget = self.settings.budget
        if budget is not None and seconds > budget and not self.played.why:
            self.played.why = "its budget is over"
        if self.played.signal or (budget is not None and seconds > budget):
            for running in self._running.values():
                running.end()

    def _begin(self) -> bool:
        """Fill a free slot; whether a job was taken."""
        if len(self._running) >= self.settings.workers:
            return False
        hung = self._hung.popleft() if self._hung else None
        job = hung.job if hung else self.source.next()
        if job is None:
            return False
        name = self.folder.plan(job)
        for running in self._running.values():
            if running.name == name:  # a search may propose what is being played
                running.same.append(job)
                return True
        status = self.folder.status(name)
        if self._is_settled(status):
            self._settle(job, name, status)
            return True
        if status.state is State.failed and status.kind not in KEPT:
            self.folder.set_aside(name)
        self.folder.record(name, exit_code=None, pruned=False, ended=None)
        self.played.again.discard(name)
        slot = next(n for n in itertools.count() if n not in self._running)
        spec, log = self.folder.spec(name), self.folder.log(name)
        table = self.folder.run(name) / "metrics.csv"
        watch = Watch(table, log, self.folder.steps(name))
        running = _Running(job, name, self.engine.start(spec, log, slot), watch)
        running.had_failed = hung.had_failed if hung else status.state is State.failed
        running.same = hung.same if hung else []
        self._running[slot] = running
        self._note(name, _under_way(status))
        return True

    def _is_settled(self, status: JobStatus) -> bool:
        """Tell whether a job is not to be played (again)."""
        if status.state is State.failed:
            lasting = status.kind in LASTING and self.settings.retry is Retry.crashed
            return lasting or self.settings.retry is Retry.none
        return status.state in (State.finished, State.pruned)

    def _end(self, slot: int) -> None:
        """See whether the job of a slot has ended, and note what it came to."""
        running = self._running[slot]
        code = running.task.poll()
        if code is None:
            return
        del self._running[slot]
        name = running.name
        if running.asked_to_end is not None:
            code = None  # the run says how it ended, where there is one yet
        ended, pruned = running.ended, running.pruned
        self.folder.record(name, exit_code=code, pruned=pruned, ended=ended)
        status = self.folder.status(name)
        if status.kind == HUNG and name not in self._tried:
            self._tried.add(name)
            self._hung.append(running)
            self.played.again.add(name)
            self._note(name, status)
            return
        if not running.had_failed:
            self.played.ended.append(status)
        for job in (running.job, *running.same):
            self._settle(job, name, status)
        self._fail_fast()

    def _settle(self, job: Job, name: str, status: JobStatus) -> None:
        self.source.done(job, status)
        again = not self._is_settled(status) and self.source.tries_again(status)
        if status.state is State.failed and again:
            self.played.again.add(name)
        self._note(name, status)

    def _look(self, passed: float) -> None:
        """Read on in the tables of the jobs that run, and end what is hopeless.

        Args:
            passed: seconds since it last did.
        """
        for running in self._running.values():
            began = running.runs_for() > 0
            if running.watch.look(passed if began else 0.0):
                status = self.folder.status(running.name)
                self._note(running.name, _under_way(status))
                if not running.pruned and self.source.is_hopeless(running.job):
                    running.pruned = True
                    running.end()
            self._end_what_hangs(running)

    def _end_what_hangs(self, running: _Running) -> None:
        """End a job that runs for too long, or of which nothing is heard."""
        limit = self.settings.job_limit
        if running.asked_to_end is not None:
            running.end()  # it may have hung on the way
        elif limit is not None and running.runs_for() > limit:
            text = f"{timedelta(seconds=limit)} of `sweep.job_limit` were over"
            running.ended = (OVERDUE, f"The {text}.")
            running.end()
        elif reason := running.watch.hangs:
            running.ended = (HUNG, reason)
            running.end()

    def _fail_fast(self) -> None:
        """End where the first jobs have all failed in the same way."""
        first = self.played.ended[: self.settings.fail_fast]
        if not first or len(first) < self.settings.fail_fast or self.played.why:
            return
        ways = {(s.state, s.kind, re.sub(r"[\d.]+", "", s.reason)) for s in first}
        if len(ways) == 1 and first[0].state is State.failed:
            self.played.why = f"the first {len(first)} failed in the same way"

    def _note(self, name: str, status: JobStatus) -> None:
        self.played.statuses[name] = status
        self.changed(self.played)


def _under_way(status: JobStatus) -> JobStatus:
    """The same of a job whose process runs, whether it has a folder yet or not."""
    return replace(status, state=State.running, kind="", reason="")
