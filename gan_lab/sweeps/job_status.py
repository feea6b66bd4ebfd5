"""The status of a job, told from its run folder and how its process ended."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from gan_lab.artifacts import RunFolder

KINDS = {
    1: "crash",
    2: "bad configuration",
    3: "not finite",
    4: "collapse",
    5: "out of memory",
}
KILLED = "killed"
DAMAGED = "damaged"
REFUSED = "not continued"  # the run itself is whole
HUNG = "hung"
OVERDUE = "too long"
KEPT = (KILLED, REFUSED, HUNG, OVERDUE)  # such a run goes on, and is not begun anew
LASTING = ("not finite", "collapse")  # they come again where nothing has changed


class State(Enum):
    """The states of a job."""

    waiting = "waiting"
    running = "running"
    stopped = "stopped"
    pruned = "pruned"
    failed = "failed"
    finished = "finished"


@dataclass(frozen=True)
class JobStatus:
    """The status of a job.

    Attributes:
        state: what became of it.
        kind: of a failure: one of `KINDS`, killed, or damaged.
        reason: in words, where it has not finished.
        round: rounds played, as far as the table says.
        row: the last row of its table.
        inexact_from: the round at which it was resumed in another way than it was
            trained before, on another machine for one; None where it never was.
        changes: what was not the same, a clause each.
    """

    state: State
    kind: str = ""
    reason: str = ""
    round: int = 0
    row: dict[str, float] = field(default_factory=dict)
    inexact_from: int | None = None
    changes: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """From which round on it is not exact; nothing where it is."""
        since = self.inexact_from
        return "" if since is None else f"not exact from round {since:,}"


def status_of(
    run: RunFolder, code: int | None = None, pruned: bool | None = None
) -> JobStatus:
    """The status of a run.

    Args:
        run: its folder.
        code: the exit code of its process, where that is known.
        pruned: whether it was ended because it was hopeless.
    """
    facts, rows = run.facts(), run.rows()
    row = rows[-1] if rows else {}
    state, kind = _judged(facts, code, pruned)
    reason = "" if state is State.finished else facts.get("reason") or ""
    if kind == KILLED and code is not None:
        reason = killed(code)
    since, changes = _inexact(run)
    round = int(row.get("round", 0))
    return JobStatus(state, kind, reason, round, row, since, changes)


def _inexact(run: RunFolder) -> tuple[int | None, tuple[str, ...]]:
    """The first round after which a run went on in another way, and what differed.

    One that began again at round 0 is as exact as a new one.
    """
    for event in run.events():
        resumed = event.get("event") == "resume" and event.get("round")
        if resumed and (changes := event.get("changes")):
            return event["round"], tuple(changes)
    return None, ()


def killed(code: int) -> str:
    """The reason that ended a process that could not say why.

    Args:
        code: its exit code, below 0 for a signal.
    """
    if code == -9:
        return "Signal 9, by a person or by the system when it ran out of memory."
    return f"Signal {-code}." if code < 0 else f"Exit code {code}."


def _judged(
    facts: dict[str, Any], code: int | None, pruned: bool | None
) -> tuple[State, str]:
    """The status that the facts of a run and the exit code of its process come to."""
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
