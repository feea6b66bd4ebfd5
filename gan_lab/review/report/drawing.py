"""Drawings of curves, each an SVG that lives inside a page."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_lab.review.report.curves import Axis, Chart, Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 400  # more than these a curve becomes means, within a band of all values
FEW = 25  # up to these are marked one by one
# The page chooses the colours, light or dark: what is drawn has placeholders.
COLOURS = {
    "ink": "#010203",
    "line": "#010204",
    "first": "#010205",
    "second": "#010206",
    "mark": "#010207",
    **{f"run{number}": f"#01020{7 + number:x}" for number in range(1, 7)},
}
HUES = 6  # of runs; the next six are dashed
STYLE: dict[Any, Any] = {  # by the names that Matplotlib knows
    "svg.fonttype": "none",
    "svg.hashsalt": "gan_lab",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "text.parse_math": False,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["ink"],
    "ytick.color": COLOURS["ink"],
    "axes.edgecolor": COLOURS["line"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.useoffset": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": COLOURS["line"],
    "grid.linewidth": 0.6,
    "lines.solid_joinstyle": "round",
}


@dataclass(frozen=True)
class Line:
    """A curve as it is drawn.

    Attributes:
        curve: what is drawn.
        axis: by what; the minutes of each run are its own.
        colour: a role of `COLOURS`.
        best: the role of the dot at its best value.
        style: as Matplotlib writes it.
        width: in points.
        band: whether all values are shown where there are too many.
    """

    curve: Curve
    axis: Axis
    colour: str
    best: str = "mark"
    style: str = "-"
    width: float = 1.5
    band: bool = True


def draw(chart: Chart, axis: Axis, events: Iterable[int], prefix: str) -> str:
    """An SVG whose colours are CSS variables `--ink`, `--line`, `--first` and so on.

    Args:
        chart: what is drawn.
        axis: by what.
        events: rounds that get a thin vertical line.
        prefix: of every id, so that many can be in one page.
    """
    roles = zip(chart.curves, ("first", "second"), strict=False)
    lines = [Line(curve, axis, role) for curve, role in roles]
    return _drawing(lines, axis.place(np.array([*events])), prefix)


def overlay(runs: Iterable[tuple[int, Curve, Axis]], prefix: str) -> str:
    """An SVG of what several runs logged under one name, in `--run1`, `--run2`, ...

    Args:
        runs: number of each, from 0; its curve; and its own axis.
        prefix: of every id, so that many can be in one page.
    """
    runs, lines = [*runs], []
    # Of curves that are the same, those below look out.
    widths = np.linspace(2.5, 1.2, len(runs))
    for (number, curve, axis), width in zip(runs, widths, strict=True):
        colour = f"run{number % HUES + 1}"
        style = "--" if number >= HUES else "-"
        lines.append(Line(curve, axis, colour, colour, style, width, band=False))
    return _drawing(lines, (), prefix)


def _drawing(lines: list[Line], marks: Iterable[float], prefix: str) -> str:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a user's own style is not that of the page
        matplotlib.rcParams.update(STYLE)
        figure = Figure(figsize=(5.2, 2.5), layout="constrained")
        panel = figure.add_subplot()
        for line in lines:
            _plot(panel, line)
        for place in marks:
            panel.axvline(place, color=COLOURS["mark"], linewidth=1, linestyle=":")
        panel.set_xlabel(lines[0].axis.name)
        panel.xaxis.set_major_formatter(lambda place, _: _short(place))
        panel.set_xlim(left=0)
        panel.tick_params(length=0)
        if lines[0].curve.name.startswith("accuracy/"):
            panel.set_ylim(-0.03, 1.03)
        svg = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(svg, format="svg", transparent=True, metadata=nothing)
    return _inline(svg.getvalue(), prefix)


def _plot(panel: "Axes", line: Line) -> None:
    curve, colour = line.curve, COLOURS[line.colour]
    places, values = line.axis.place(curve.rounds), curve.values
    if (best := curve.best) is not None:
        dot = COLOURS[line.best]
        panel.plot(places[best], values[best], "o", markersize=8, color=dot)
    if len(values) > POINTS:
        starts = np.linspace(0, len(values), POINTS, endpoint=False).astype(int)
        low, high = (f.reduceat(values, starts) for f in (np.minimum, np.maximum))
        counts = np.diff([*starts, len(values)])
        values = np.add.reduceat(values, starts) / counts
        places = np.add.reduceat(places, starts) / counts
        if line.band:
            panel.fill_between(places, low, high, color=colour, alpha=0.2, linewidth=0)
    marker = "." if len(values) <= FEW else ""
    panel.plot(places, values, line.style, color=colour, marker=marker, lw=line.width)


def _short(place: float) -> str:
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if abs(place) >= unit:
            return f"{place / unit:g}{letter}"
    return f"{place:g}"


def _inline(svg: str, prefix: str) -> str:
    """The drawing alone, as wide as the page lets it be."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)  # of the whole page
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    for role, colour in COLOURS.items():
        svg = svg.replace(colour, f"var(--{role})")
    return svg
