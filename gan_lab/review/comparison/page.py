"""The contents of the page of a comparison, as plain data."""

from typing import Any

from gan_lab import pictures
from gan_lab.review.comparison.contests import contests, refusals, ways
from gan_lab.review.comparison.sides import Side
from gan_lab.review.comparison.table import parts
from gan_lab.review.report import curves, drawing, facts, film
from gan_lab.review.report.page import verdict

# Of a run: its number, its last value, its best, and the round of that.
Entry = tuple[int, float, float | None, int | None]
Drawn = tuple[str, list[Entry], str, str]  # name, legend, what to mind, drawing


def content(runs: list[Side]) -> dict[str, Any]:
    """Everything that the template asks for.

    Args:
        runs: as `sides` gives them.
    """
    found = contests([run.scores for run in runs])
    return {
        "runs": [_run(number, run) for number, run in enumerate(runs)],
        "parts": parts(runs, found),
        "refusals": refusals(found),
        "drawn": _drawn(runs),
        "latents": _latents(runs),
        "grids": [_grid(run, runs) for run in runs],
        "findings": [run.findings for run in runs],
    }


def _run(number: int, run: Side) -> dict[str, Any]:
    return {
        "label": run.label,
        "folder": run.folder.path.resolve(),
        "status": run.facts["status"],
        "reason": run.facts.get("reason"),
        "started": facts.moment(run.facts.get("started")),
        "verdict": verdict(run.findings, run.rows),
        "colour": f"run{number % drawing.HUES + 1}",
        "dashed": number >= drawing.HUES,
    }


def _drawn(runs: list[Side]) -> list[tuple[str, list[Drawn]]]:
    """Each axis with its charts: a name, its legend, what to mind, its drawing."""
    logged = [curves.logged(run.rows) for run in runs]
    names = sorted({name: 0 for known in logged for name in known}, key=curves.order)
    by_run = [curves.axes(run.rows, facts.images_a_round(run.config)) for run in runs]
    minded = {name: _to_mind(name, runs) for name in names}
    drawn = []
    for number, axes in enumerate(zip(*by_run, strict=True)):
        charts = []
        for place, name in enumerate(names):
            lines = [
                (run, known[name], axis)
                for run, (known, axis) in enumerate(zip(logged, axes, strict=True))
                if name in known
            ]
            svg = drawing.overlay(lines, f"a{number}c{place}")
            charts.append((name, _legend(lines), minded[name], svg))
        drawn.append((axes[0].name, charts))
    return drawn if names else []


def _legend(lines: list[tuple[int, curves.Curve, curves.Axis]]) -> list[Entry]:
    """The run of each line, its last value, its best, and the round of that."""
    return [
        (
            run,
            float(curve.values[-1]),
            None if curve.best is None else float(curve.values[curve.best]),
            None if curve.best is None else int(curve.rounds[curve.best]),
        )
        for run, curve, _ in lines
    ]


def _to_mind(name: str, runs: list[Side]) -> str:
    """The reason why the heights of curves cannot be compared, where they cannot."""
    room, _, score = name.partition("/")
    if room in ("loss", "penalty") and any(
        run.config["loss"] != runs[0].config["loss"] for run in runs
    ):
        return "The runs minimise different losses: their values cannot be compared."
    if room == "score" and ways([run.scores for run in runs], score) > 1:
        return "It was measured in different ways: the values cannot be compared."
    if room == "samples" and len({run.facts.get("data") for run in runs}) > 1:
        return "The runs have different images, by which this is measured."
    return ""


def _shared(runs: list[Side]) -> int | None:
    """The number of first latents that all runs have alike; None where not known."""
    known = [run.latents for run in runs if run.latents is not None]
    if len(known) < len(runs):
        return None
    count = min(len(latents) for latents in known)
    first = known[0][:count]
    same = all(
        latents.shape[1:] == first.shape[1:] and (latents[:count] == first).all()
        for latents in known
    )
    return count if same else 0


def _latents(runs: list[Side]) -> str:
    match _shared(runs):
        case None:
            return "Whether they were drawn from the same latents is not known."
        case 0:
            odd = [r.label for r in runs if not _shared([runs[0], r])]
            return (
                f"The latents of {', '.join(odd)} are not those of {runs[0].label}: "
                "pictures at the same place are of different ones."
            )
        case count:
            return f"The same {count} latents in the same places."


def _grid(run: Side, runs: list[Side]) -> tuple[str, str | None]:
    """The last grid and its picture; as many samples as every run has."""
    if not (grid := run.folder.last_grid()):
        return "no grid yet", None
    said = f"round {int(grid.stem):,}"
    shape, shared = run.facts.get("image_shape") or [], _shared(runs)
    total = 0 if run.latents is None else len(run.latents)
    if len(shape) != 3 or not shared or shared == total:
        return said, film.uri(grid.read_bytes())
    height, width, _ = shape
    sheet = pictures.read_png(grid)
    first = pictures.cells(sheet, height, width, total, count=shared)
    return said, film.embed(pictures.grid(first))
