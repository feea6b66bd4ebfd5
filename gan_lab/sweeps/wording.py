"""Words and figures of a leaderboard."""

from collections.abc import Iterable

from gan_lab.sweeps.job_status import State
from gan_lab.sweeps.ranking import Board, Line, Place, flat


def state(line: Line) -> str:
    """The outcome of a run, in a word or two."""
    status = line.candidate.status
    return status.kind or status.state.value


def failure(line: Line) -> str:
    """The reason why a run failed, in a sentence."""
    status = line.candidate.status
    return f"{status.kind}. {status.reason}" if status.reason else status.kind


def inexact(line: Line) -> str:
    """From which round on a run is not exact, and why; nothing where it is."""
    status = line.candidate.status
    return status.mark and f"{status.mark}: {'; '.join(status.changes)}"


def summary(place: Place) -> str:
    """Mean and deviation of the best scores of the seeds."""
    if place.mean is None:
        return ""
    text = number(place.mean)
    if place.deviation is not None:
        text += f" ± {place.deviation:.2g}"
    scored, count = sum(x.best is not None for x in place.lines), len(place.lines)
    return text if scored == count else f"{text} ({scored} of {count})"


def rounds(place: Place) -> str:
    """At which rounds the scores were best."""
    best = [line.best for line in place.lines if line.best]
    return ", ".join(f"{score.round:,}" for score in best if score.round)


def minutes(place: Place) -> str:
    """The time that the runs of a place took together."""
    rows = (line.candidate.status.row for line in place.lines)
    return f"{sum(row.get('seconds', 0) for row in rows) / 60:.1f}"


def states(lines: Iterable[Line]) -> str:
    """Count the jobs, and name those that did not finish or are not exact."""
    lines = list(lines)
    found = [state(line) for line in lines]
    found += [line.candidate.status.mark for line in lines]
    others = dict.fromkeys(x for x in found if x not in ("", State.finished.value))
    return ", ".join([str(len(lines)), *(f"{found.count(x)} {x}" for x in others)])


def protocol(board: Board) -> str:
    """The protocol of the scores, in a sentence."""
    if not board.protocol:
        return ""
    known = flat(board.protocol).items()
    said = ", ".join(f"{k.rpartition('.')[2]} {_short(v)}" for k, v in known if v)
    text = f"{board.score}: best of each run, mean ± deviation over seeds; {said}."
    if board.otherwise:
        text += f" Measured otherwise, and not ranked: {', '.join(board.otherwise)}."
    return text


def plain(value: object) -> str:
    """A value as it is typed."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def number(value: float) -> str:
    """Four figures, or all before the point."""
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e12 else f"{value:.4g}"


def _short(value: object) -> str:
    """Hashes cut short."""
    text = plain(value)
    return text[:8] if len(text) == 64 else text
