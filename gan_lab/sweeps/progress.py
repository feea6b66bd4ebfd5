"""The progress of a sweep, as it is shown."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from gan_lab.sweeps.job_status import JobStatus, State
from gan_lab.sweeps.scheduler import Played
from gan_lab.system.console import Console

if TYPE_CHECKING:
    from rich.table import Table

ORDER = (
    State.running,
    State.failed,
    State.stopped,
    State.waiting,
    State.finished,
    State.pruned,
)
# From a row of a job's table to the name and value of its score.
ScoreOf = Callable[[dict[str, float]], tuple[str, float] | None]
ENDED = (State.finished, State.failed, State.pruned, State.stopped)


@contextlib.contextmanager
def live(
    console: Console, total: int, steps: Callable[[str], int], score: ScoreOf
) -> Iterator[Callable[[Played], None]]:
    """A table of the jobs on a terminal; elsewhere a line when one begins or ends.

    Args:
        console: where it is shown.
        total: of the jobs.
        steps: from a job's name to its rounds.
        score: from a row of a job's table to the name and value of its score.

    Yields:
        What is called when something is new.
    """
    if not console.rich.is_terminal:
        yield _Lines(console, total, score).show
        return
    from rich.live import Live

    with Live(console=console.rich, auto_refresh=False, transient=True) as shown:
        height = console.rich.height

        def show(played: Played) -> None:
            table = _table(played, total, steps, score, height - 6)
            shown.update(table, refresh=True)

        yield show


class _Lines:
    def __init__(self, console: Console, total: int, score: ScoreOf):
        self._console, self._total, self._score = console, total, score
        self._said: dict[str, State] = {}

    def show(self, played: Played) -> None:
        for name, status in played.statuses.items():
            if self._said.get(name) is not status.state:
                self._said[name] = status.state
                ended = sum(state in ENDED for state in self._said.values())
                text = f"[{ended}/{self._total}] {name}: {self._words(status)}"
                self._console.say(text)

    def _words(self, status: JobStatus) -> str:
        if status.state is State.failed:
            return f"failed ({status.kind}). {status.reason}"
        found = self._score(status.row)
        tail = f", {found[0]} {found[1]:.4g}" if found else ""
        return f"{_state(status)}, round {status.round}{tail}"


def _table(
    played: Played,
    total: int,
    steps: Callable[[str], int],
    score: ScoreOf,
    height: int,
) -> "Table":
    from rich.table import Table

    table = Table("job", "state", "round", "D", "G", "score", "left", box=None)
    jobs = sorted(played.statuses.items(), key=lambda job: ORDER.index(job[1].state))
    for name, status in jobs[: max(4, height)]:
        row, found = status.row, score(status.row)
        table.add_row(
            name,
            _state(status),
            f"{status.round}/{steps(name)}",
            _number(row.get("loss/discriminator")),
            _number(row.get("loss/generator")),
            f"{found[0]} {found[1]:.4g}" if found else "",
            _left(status, steps(name)),
        )
    counts = (f"{played.count(state)} {state.value}" for state in ORDER)
    table.caption = f"{', '.join(c for c in counts if c[0] != '0')} of {total} jobs"
    return table


def _state(status: JobStatus) -> str:
    """The doing or the outcome of a job, and whether it is exact."""
    said = status.kind or status.state.value
    return f"{said} ({status.mark})" if status.mark else said


def _left(status: JobStatus, steps: int) -> str:
    if status.state is not State.running or not status.round:
        return ""
    seconds = status.row["seconds"] / status.round * (steps - status.round)
    return str(timedelta(seconds=round(seconds)))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
