"""The outcome of a replay, in sentences."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gan_lab.review.replay.differences import Difference, Sameness
from gan_lab.system.listing import Listing

SHOWN = 12  # differences of the first round that has any


@dataclass(frozen=True, repr=False)
class Replay:
    """Rounds that were trained again; iterates over their differences.

    Attributes:
        goal: the last round that was trained again.
        found: what is the same and what is not; None where it was stopped.
        around: what differs around the run, a clause each.
        shorter: why fewer rounds were compared than were asked for, in a sentence.
        signal: that stopped it, if one did.
        kept: the folder of the replay, where that is kept.
    """

    goal: int
    found: Sameness | None = None
    around: list[str] = field(default_factory=list)
    shorter: str | None = None
    signal: int | None = None
    kept: Path | None = None

    @property
    def identical(self) -> bool:
        """Tell whether everything was compared, and is the same bit for bit."""
        return self.found is not None and self.found.since is None

    def lines(self) -> list[str]:
        """The outcome, a sentence a line."""
        if not self.found:
            return ["Nothing is compared: the replay was stopped."]
        compared = self.found.compared.items()
        counts = [f"{len(rounds)} of {kind}" for kind, rounds in compared]
        said = [self.shorter] if self.shorter else []
        said.append(f"Compared: {', '.join(counts)}.")
        if self.found.unshared:
            said.append(f"Only one of the two logs {', '.join(self.found.unshared)}.")
        around = "; ".join(self.around)
        if self.identical:
            said.append(f"Identical, bit for bit, up to round {self.goal}.")
            if around:
                said.append(f"This made no difference: {around}.")
            return said
        said.append(f"Different from round {self.found.since} on.")
        said += _differing(self.found)
        if self.found.only_measured:
            said.append(
                "The training is the same; what is measured of its samples is not."
            )
        said.append(f"What may explain it: {around or 'nothing that is known'}.")
        return said

    def __iter__(self) -> Iterator[Difference]:
        return iter(self.found.differences if self.found else ())

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        cells = [[str(d.round), d.kind, d.name, d.apart] for d in self]
        notes = [line for line in self.lines() if not line.startswith("  ")]
        heads = ["round", "kind", "name", "apart"]
        return Listing(heads, cells, [*self], notes)._repr_html_()


def _differing(found: Sameness) -> list[str]:
    """The number of differences of each kind, and the first of them in full."""
    lines = []
    for kind, rounds in found.compared.items():
        bad = [d for d in found.differences if d.kind == kind]
        if not bad:
            continue
        count, first = len({d.round for d in bad}), bad[0].round
        lines.append(f"{kind}: {count} of {len(rounds)}, the first of round {first}:")
        names = [d for d in bad if d.round == first]
        lines += [f"  {d.name}: {d.apart}" for d in names[:SHOWN]]
        if len(names) > SHOWN:
            lines.append(f"  and {', '.join(d.name for d in names[SHOWN:])}")
    return lines
