"""The files of a leaderboard: CSV for machines, Markdown and HTML for people."""

import csv
import io
import os
from pathlib import Path, PurePath
from urllib.parse import quote

from gan_lab.sweeps.job_status import State
from gan_lab.sweeps.ranking import Board, Line, Place, label
from gan_lab.sweeps.wording import (
    failure,
    inexact,
    minutes,
    number,
    plain,
    protocol,
    rounds,
    state,
    states,
    summary,
)
from gan_lab.system import files
from gan_lab.system.damage import Warn, silent

HERE = Path(__file__).parent
FIGURES = ("round", "seconds", "speed/images_per_second")


def write(board: Board, folder: Path, title: str, warn: Warn = silent) -> list[Path]:
    """Write all three into a folder; their paths.

    Args:
        board: what is written.
        folder: where.
        title: of the board.
        warn: is told of what stood in the place of a file.
    """
    texts = {
        "csv": as_csv(board, folder),
        "md": as_markdown(board, title),
        "html": as_html(board, folder, title),
    }
    paths = [folder / f"leaderboard.{suffix}" for suffix in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        files.make_way(path, warn)
        files.write(path, text.encode("utf-8", "replace"))
    return paths


def as_csv(board: Board, folder: Path) -> str:
    """A row for each run."""
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    keys = [label(name) for name in board.parameters]
    figures = [name.rpartition("/")[2] for name in FIGURES]
    means = ["mean", "deviation", "seeds"]
    scores = ["best", "best_round", "last", *means] if board.score else []
    said = ["run", "reason", "not_exact_from"]
    table.writerow(["rank", *keys, "state", *figures, "score", *scores, *said])
    for rank, place in enumerate(board.places, 1):
        for line in place.lines:
            status = line.candidate.status
            values = [plain(line.parameters[name]) for name in board.parameters]
            row = [rank if place.mean is not None else "", *values, state(line)]
            row += [_exact(status.row.get(name)) for name in FIGURES]
            row += [board.score, *(_scores(line, place) if board.score else [])]
            where = os.path.relpath(line.candidate.path, folder)
            since = _exact(status.inexact_from)
            table.writerow([*row, where, status.reason, since])
    return lines.getvalue()


def as_table(board: Board) -> tuple[list[str], list[list[str]]]:
    """The head, and a row for each combination, the seeds of one together."""
    keys = [label(name) for name in _columns(board)]
    direction = "higher" if board.higher_is_better else "lower"
    scored = [f"{board.score} ({direction} is better)", "at rounds"]
    head = ["", *keys, *(scored if board.score else []), "runs", "minutes"]
    rows = []
    for rank, place in enumerate(board.places, 1):
        cells = [str(rank) if place.mean is not None else ""]
        cells += [plain(place.parameters[name]) for name in _columns(board)]
        if board.score:
            cells += [summary(place), rounds(place)]
        rows.append([*cells, states(place.lines), minutes(place)])
    return head, rows


def as_markdown(board: Board, title: str) -> str:
    """A row for each combination, the seeds of one together."""
    parts = [f"# {title}", "", *_table(*as_table(board))]
    if sentence := protocol(board):
        parts += ["", sentence]
    if failed := [line for line in board.lines if line.candidate.status.kind]:
        parts += ["", "Failed:", ""]
        parts += [f"- `{x.candidate.name}`: {failure(x)}" for x in failed]
    if changed := [line for line in board.lines if inexact(line)]:
        parts += ["", "Not exact:", ""]
        parts += [f"- `{x.candidate.name}`: {inexact(x)}" for x in changed]
    return "\n".join(parts) + "\n"


def as_html(board: Board, folder: Path, title: str) -> str:
    """A page with the last grid of each run, to which it links."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    shown = {"label": label, "plain": plain, "summary": summary, "rounds": rounds}
    shown |= {"states": states, "minutes": minutes, "state": state, "inexact": inexact}
    return environment.get_template("leaderboard.html").render(
        **shown,
        board=board,
        title=title,
        columns=_columns(board),
        protocol=protocol(board),
        number=number,
        beside=lambda path: link(path, folder),
        going=any(x.candidate.status.state is State.running for x in board.lines),
        style=(HERE / "leaderboard.css").read_text(encoding="utf-8"),
    )


def link(path: Path, folder: Path) -> str:
    """A path as a page in a folder links to it: with slashes on every system."""
    return quote(PurePath(os.path.relpath(path, folder)).as_posix())


def _columns(board: Board) -> list[str]:
    return [name for name in board.parameters if name != "seed"]


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    cells = [head, ["---"] * len(head), *rows]
    escaped = ([cell.replace("|", "\\|") for cell in row] for row in cells)
    return [f"| {' | '.join(row)} |" for row in escaped]


def _scores(line: Line, place: Place) -> list[str | int]:
    best, last = line.best, line.last
    return [
        _exact(best.value if best else None),
        _exact(best.round if best else None),
        _exact(last.value if last else None),
        _exact(place.mean),
        _exact(place.deviation),
        sum(x.best is not None for x in place.lines),
    ]


def _exact(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.9g}" if isinstance(value, float) else str(value)
