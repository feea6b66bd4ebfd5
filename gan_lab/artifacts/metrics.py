"""metrics.csv: one row a tick, the source of truth of what a run logged."""

import csv
import io
from pathlib import Path

from gan_lab.artifacts import files
from gan_lab.errors import UsageError

TIMING = ("seconds", "speed/images_per_second", "speed/data_wait", "speed/scoring")


class Metrics:
    """The table of a run.

    Its columns are `round`, `seconds`, what a round logs, what is looked at now and
    then, and the speed. A row holds means since the row before; a cell is empty where
    nobody looked at that tick.

    Args:
        path: the file.
        names: what a round logs, and what is looked at.
    """

    def __init__(self, path: Path, names: list[str]):
        self.path = path
        self.columns = ["round", "seconds", *names, *TIMING[1:]]

    def start(self, round: int) -> None:
        """Keep the header and the rows up to a round."""
        rows = [row for row in read(self.path) if row["round"] <= round]
        files.write(self.path, self._lines(rows, header=True).encode())

    def append(self, row: dict[str, float]) -> None:
        """Add a row at the end."""
        with self.path.open("a", newline="") as table:
            table.write(self._lines([row]))

    def _lines(self, rows: list[dict], header: bool = False) -> str:
        lines = io.StringIO()
        table = csv.DictWriter(lines, self.columns, lineterminator="\n")
        if header:
            table.writeheader()
        for row in rows:
            table.writerow({n: _text(row[n]) for n in self.columns if n in row})
        return lines.getvalue()


def read(path: Path) -> list[dict[str, float]]:
    """The whole rows of a table, without their empty cells.

    A last line that was cut off does not count.

    Raises:
        UsageError: there is something else in it than numbers.
    """
    if not path.is_file():
        return []
    whole, newline, _ = path.read_text().rpartition("\n")
    table = csv.DictReader(io.StringIO(whole + newline))
    try:
        return [
            {
                name: int(text) if name == "round" else float(text)
                for name, text in r.items()
                if text
            }
            for r in table
        ]
    except (ValueError, TypeError) as error:
        line = table.line_num
        raise UsageError(f"{path} is damaged in line {line} ({error}).") from None


def as_read(row: dict[str, float]) -> dict[str, float]:
    """A row as it comes back from the table, with nine digits of each number."""
    return {n: v if n == "round" else float(_text(v)) for n, v in row.items()}


def _text(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.9g}"
