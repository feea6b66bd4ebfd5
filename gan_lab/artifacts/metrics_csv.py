"""metrics.csv: one row a tick, the source of truth of what a run logged."""

import csv
import io
from pathlib import Path

from gan_lab.errors import DamagedError
from gan_lab.system import files
from gan_lab.system.damage import UNREADABLE, Warn, of_lines, reading, reason, silent

FIRST = ["round", "seconds"]
TIMING = ("seconds", "speed/images_per_second", "speed/data_wait", "speed/scoring")


class Metrics:
    """The table of a run.

    Its columns are `round`, `seconds`, what a round logs, what is looked at now and
    then, and the speed. A row holds means since the row before; a cell is empty where
    nobody looked at that tick. A run that goes on keeps the columns that it had, and
    adds new ones behind them.

    Args:
        path: the file.
        names: what a round logs, and what is looked at.
    """

    def __init__(self, path: Path, names: list[str]):
        self.path = path
        self.columns = [*FIRST, *names, *TIMING[1:]]

    def start(self, round: int, warn: Warn = silent) -> None:
        """Keep the header and the rows up to a round.

        Args:
            round: the last one whose row stays.
            warn: is told of damage, and where it is kept.
        """
        damage: list[str] = []
        rows = read(self.path, damage.append, self.columns)
        if damage:
            warn(" ".join([*damage, files.kept(self.path)]))
        rows = [row for row in rows if row["round"] <= round]
        if rows:
            self.columns = [*dict.fromkeys([*columns(self.path), *self.columns])]
        files.write(self.path, self._lines(rows, header=True).encode())

    def append(self, row: dict[str, float]) -> None:
        """Add a row at the end."""
        with self.path.open("a", newline="") as table:
            table.write(self._lines([row]))

    def _lines(self, rows: list[dict[str, float]], header: bool = False) -> str:
        lines = io.StringIO()
        table = csv.DictWriter(lines, self.columns, lineterminator="\n")
        if header:
            table.writeheader()
        for row in rows:
            table.writerow({n: _text(row[n]) for n in self.columns if n in row})
        return lines.getvalue()


def read(
    path: Path, warn: Warn = silent, columns: list[str] | None = None
) -> list[dict[str, float]]:
    """The whole rows of a table, without their empty cells; none where there is none.

    A last line that was cut off does not count, and is no damage: that is how a kill
    leaves it, and how it looks while it is being written.

    Args:
        path: the file.
        warn: is told of the lines that are left out.
        columns: what a row has where the header is damaged, if that is known.
    """
    if not path.exists():
        return []
    try:
        with reading(path):
            *lines, _ = path.read_bytes().split(b"\n")
    except DamagedError as error:
        warn(str(error))
        return []
    names, first, rows, bad = _names(lines[:1]), 1, [], {}
    if not names:
        left_out = "" if columns else ": it is left out"
        warn(f"{path} is damaged (its header is not whole){left_out}.")
        names, first = columns or [], 0  # the header may be all that is missing
    for number, line in enumerate(lines[first:] if names else [], first + 1):
        try:
            rows.append(_row(names, line))
        except UNREADABLE as error:
            if number > 1:
                bad[number] = reason(error)
    if bad:
        warn(of_lines(path, bad))
    return rows


def _names(lines: list[bytes]) -> list[str]:
    """The names in a header; none where it is damaged."""
    try:
        (line,) = lines
        names = _cells(line)
    except UNREADABLE:
        return []
    whole = names[:2] == FIRST and len(set(names)) == len(names)
    return names if whole else []


def _row(names: list[str], line: bytes) -> dict[str, float]:
    cells = _cells(line)
    if len(cells) != len(names):
        raise ValueError(f"it has {len(cells)} cells and not {len(names)}")
    found = {
        name: int(text) if name == "round" else float(text)
        for name, text in zip(names, cells, strict=True)
        if text
    }
    if not found.keys() >= {*FIRST}:
        raise ValueError("it has no round, or no time")
    return found


def _cells(line: bytes) -> list[str]:
    """The cells of a line, each row of the table being one."""
    return next(csv.reader([line.decode("utf-8")]), [])


def columns(path: Path) -> list[str]:
    """The names of the columns of a table; none where its header is damaged."""
    with path.open("rb") as table:
        return _names([table.readline().rstrip(b"\n")])


def as_read(row: dict[str, float]) -> dict[str, float]:
    """A row as it comes back from the table, with nine digits of each number."""
    return {n: v if n == "round" else float(_text(v)) for n, v in row.items()}


def _text(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.9g}"
