"""The figures of the bench, for people, machines and notebooks."""

from collections.abc import Iterator
from dataclasses import dataclass

from gan_lab.bench import comparing, table
from gan_lab.system.listing import Listing


@dataclass(frozen=True, repr=False)
class Figures:
    """The outcome of a bench; iterates over the rows that were measured, as dicts.

    Attributes:
        found: all of it, as JSON can hold it.
    """

    found: dict

    @property
    def place(self) -> str:
        """The machine, in a line."""
        known = self.found["machine"]
        return (
            f"{known['processor']}, {known['cores']} cores, {known['device']}, "
            f"{known['backend']} {known[known['backend']]}"
        )

    @property
    def listing(self) -> Listing:
        """A column for each row that was measured."""
        rows = self.found["rows"]
        heads = ["", *table.heads(rows)]
        return Listing(heads, table.cells(rows), rows, [self.place])

    @property
    def ratios(self) -> Listing | None:
        """Now / before, where figures of before were given."""
        if not (against := self.found.get("against")):
            return None
        ratios, apart = against["ratios"], against["apart"]
        heads = ["", *table.heads(ratios)]
        cells = comparing.cells(ratios) if ratios else []
        notes = [] if ratios else [f"{against['file']} has none of these rows."]
        if apart:
            notes.append(f"Not the same: {'; '.join(apart)}.")
        return Listing(heads, cells, ratios, notes)

    def __iter__(self) -> Iterator[dict]:
        return iter(self.found["rows"])

    def __len__(self) -> int:
        return len(self.found["rows"])

    def __repr__(self) -> str:
        return "\n".join(map(repr, self._shown()))

    def _repr_html_(self) -> str:
        return "".join(shown._repr_html_() for shown in self._shown())

    def _shown(self) -> list[Listing]:
        return [shown for shown in (self.listing, self.ratios) if shown is not None]
