"""Findings about a pile of pictures: as JSON can hold them, and in sentences."""

import html
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

SHOWN = 10  # of a kind, to a person
FEW, REPEATED, UNBALANCED, ENLARGED = 1000, 0.01, 10, 0.1  # where a warning begins


@dataclass(frozen=True)
class Inspection:
    """The contents of a source, as JSON can hold them.

    Attributes:
        files: how many are `found` and `used`; `ignored`, suffix or why -> how many;
            `left_out`, name -> why. All else is about those that are used.
        sizes: upright `[width, height]`: `smallest`, `median` and `largest` by area,
            and how many are `different`.
        aspects: width / height: `smallest`, `median` and `largest`, and how many are
            `landscape`, `square` and `portrait`.
        content: `modes` and `formats` -> how many; `misnamed`, name -> format, where
            the suffix is another's; how many are `turned` by EXIF, or `animated`.
        duplicates: groups of names: `exact`, of the same bytes; `near`, which look the
            same once prepared (an exact group's first stands for it), None without
            imagehash.
        classes: `counts`, name -> how many; `balance`, the smallest / the largest.
        prepared: the `plan`; how many are `enlarged` by it; the `shape` of each and
            the `bytes` of all, or None and the `problem`.
        sheet: what a run would see, evenly picked: uint8 `(height, width, 3)`; None
            where it is not kept.
    """

    files: dict[str, Any]
    sizes: dict[str, Any]
    aspects: dict[str, Any]
    content: dict[str, Any]
    duplicates: dict[str, Any]
    classes: dict[str, Any]
    prepared: dict[str, Any]
    sheet: np.ndarray | None = field(default=None, repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """All but the sheet, with the `warnings`, as JSON can hold it."""
        known = asdict(replace(self, sheet=None))
        del known["sheet"]
        return known | {"warnings": list(self._warnings())}

    def lines(self) -> list[str]:
        """All of it in sentences; what a terminal cannot print is escaped."""
        pictures = self._pictures() if self.files["used"] else ()
        warnings = (f"Warning: {warning}" for warning in self._warnings())
        return [
            "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
            for line in (*self._files(), *pictures, *self._prepared(), *warnings)
        ]

    def _repr_html_(self) -> str:
        said = (f"<li>{html.escape(line)}</li>" for line in self.lines())
        return f"<ul>{''.join(said)}</ul>"

    def _files(self) -> Iterator[str]:
        ignored, left_out = self.files["ignored"], self.files["left_out"]
        yield (
            f"{self.files['found']:,} found: {self.files['used']:,} used, "
            f"{sum(ignored.values()):,} ignored, {len(left_out):,} left out."
        )
        yield from _counted("Ignored", ignored)
        yield from _listed("Left out", map(": ".join, left_out.items()))

    def _pictures(self) -> Iterator[str]:
        ranks = (self.sizes[rank] for rank in ("smallest", "median", "largest"))
        yield "Sizes: from {} over {} (median) to {}, {:,} different.".format(
            *map(_times, ranks), self.sizes["different"]
        )
        yield (
            "Width / height: from {smallest:.3g} over {median:.3g} (median) to "
            "{largest:.3g}, {landscape:,} landscape, {square:,} square, {portrait:,} "
            "portrait."
        ).format(**self.aspects)
        content, near = self.content, self.duplicates["near"]
        yield from _counted("Modes", content["modes"])
        yield from _counted("Formats", content["formats"])
        yield from _listed("Misnamed", map(" is ".join, content["misnamed"].items()))
        yield f"Turned upright as EXIF says: {content['turned']:,}."
        yield f"Animated, of which the first frame is used: {content['animated']:,}."
        yield from _listed("Same bytes", map(_equal, self.duplicates["exact"]))
        if near is None:
            yield 'Near duplicates: to find them, pip install "keras-gan-lab[data]".'
        yield from _listed("Same look", map(_equal, near or ()))
        yield from _counted("Classes", self.classes["counts"])

    def _prepared(self) -> Iterator[str]:
        yield self.prepared["plan"]
        yield f"Smaller than that, and enlarged: {self.prepared['enlarged']:,}."
        if shape := self.prepared["shape"]:
            size = self.prepared["bytes"]
            yield f"Prepared: {_times(shape)} each, {size:,} bytes in the cache."

    def _warnings(self) -> Iterator[str]:
        used, enlarged = self.files["used"], self.prepared["enlarged"]
        if not used:
            yield "No picture can be used."
            return
        if self.prepared["problem"]:
            yield self.prepared["problem"]
        if used < FEW:
            yield f"{used:,} pictures: a GAN is likely to memorise fewer than {FEW:,}."
        groups = self.duplicates["exact"] + (self.duplicates["near"] or [])
        if (repeated := sum(len(group) - 1 for group in groups)) > REPEATED * used:
            yield f"{repeated:,} of {used:,} pictures repeat others."
        counts = self.classes["counts"].values()
        if counts and max(counts) > UNBALANCED * min(counts):
            yield (
                f"The largest class has {max(counts):,} pictures, and the smallest "
                f"{min(counts):,}."
            )
        if enlarged > ENLARGED * used:
            yield (
                f"{enlarged:,} of {used:,} pictures are enlarged, which blurs them; a "
                "smaller `data.image_size` would not."
            )


def _counted(label: str, counts: dict[str, int]) -> Iterator[str]:
    """A sentence, where there is anything."""
    if counts:
        told = [f"{count:,} {name}" for name, count in counts.items()]
        yield f"{label}: {', '.join(_first(told))}."


def _listed(label: str, items: Iterable[str]) -> Iterator[str]:
    """A sentence for each."""
    yield from (f"{label}: {item.rstrip('.')}." for item in _first(list(items)))


def _equal(names: list[str]) -> str:
    return " = ".join(_first(names))


def _first(items: list[str]) -> list[str]:
    """As many as a person reads, and how many more there are."""
    more = len(items) - SHOWN
    return [*items[:SHOWN], f"{more:,} more"] if more > 0 else items


def _times(numbers: list[int]) -> str:
    return "x".join(map(str, numbers))
