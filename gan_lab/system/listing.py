"""Listings: results that a notebook shows as a table."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

GAP = 2  # letters between two columns of text


@dataclass(frozen=True, repr=False)
class Listing:
    """Rows under heads; iterates over what its rows are about.

    Attributes:
        heads: the title of each column.
        cells: the texts of each row; a row of one is the title of those after it.
        items: what the rows are about.
        notes: sentences that belong to it.

    Example:

        found = Listing(["score", "value"], [["swd", "3.1"]], [score])
        found  # a table, in a notebook
        [score.value for score in found]
    """

    heads: Sequence[str]
    cells: Sequence[Sequence[str]]
    items: Sequence[Any]
    notes: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __getitem__(self, place: int) -> Any:
        return self.items[place]

    def __repr__(self) -> str:
        rows = [self.heads, *self.cells] if self.cells else []
        columns = range(len(self.heads))
        full = [row for row in rows if len(row) == len(self.heads)]
        widths = [max(len(row[n]) for row in full) for n in columns] if full else []
        lines = [
            (" " * GAP).join(map(str.ljust, row, widths)) if len(row) > 1 else row[0]
            for row in rows
        ]
        return "\n".join(line.rstrip() for line in (*lines, *self.notes))

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(title)}</th>" for title in self.heads)
        rows = "".join(f"<tr>{self._row(row)}</tr>" for row in self.cells)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return (table if self.cells else "") + notes

    def _row(self, row: Sequence[str]) -> str:
        if len(row) == 1 < len(self.heads):
            return f"<th colspan={len(self.heads)}>{html.escape(row[0])}</th>"
        return "".join(f"<td>{html.escape(text)}</td>" for text in row)
