"""The outcome of a comparison, for people, machines and notebooks."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_lab.review.comparison.sides import Side
from gan_lab.review.comparison.table import Part, Row
from gan_lab.system.listing import Listing


@dataclass(frozen=True, repr=False)
class Comparison:
    """Runs beside each other; iterates over what they differ in.

    Attributes:
        runs: in the order in which they were given.
        parts: rows under titles; a row has a value a run.
        refusals: why runs are not ranked by a score that they have, in sentences.
        page: the HTML file, where there is one.
    """

    runs: list[Side]
    parts: list[Part]
    refusals: list[str]
    page: Path | None = None

    @property
    def listing(self) -> Listing:
        """All of it as one table; a title stands alone in its row."""
        cells = []
        for part in self.parts:
            cells.append([part.title])
            cells += [[row.name, *row.texts] for row in part.rows]
        heads = ["", *(run.label for run in self.runs)]
        return Listing(heads, cells, [*self], self.refusals)

    def as_dict(self) -> dict[str, Any]:
        """A form for JSON: a value a run, in the order of the runs."""
        runs = [{"label": r.label, "folder": str(r.folder.path)} for r in self.runs]
        return {
            "runs": runs,
            **{
                part.title: {row.name: _with_places(row) for row in part.rows}
                for part in self.parts
            },
            "not ranked": self.refusals,
        }

    def __iter__(self) -> Iterator[Row]:
        return (row for part in self.parts for row in part.rows)

    def __repr__(self) -> str:
        return repr(self.listing)

    def _repr_html_(self) -> str:
        return self.listing._repr_html_()


def _with_places(row: Row) -> list[Any] | dict[str, Any]:
    if not row.places:
        return list(row.values)
    return {"values": list(row.values), "places": list(row.places)}
