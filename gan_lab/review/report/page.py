"""The contents of the report of a run, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gan_lab.artifacts import RunFolder
from gan_lab.doctor.diagnose import Finding, diagnose
from gan_lab.errors import UsageError
from gan_lab.review.report import choices, curves, drawing, facts, film, ranking


@dataclass(frozen=True)
class Sheets:
    """Pictures that networks draw, under one heading.

    Attributes:
        title: the heading.
        text: what they show, or why there are none.
        pictures: what each is -> uint8 `(height, width, channels)`.
    """

    title: str
    text: str
    pictures: Mapping[str, np.ndarray] = field(default_factory=dict)


def content(folder: RunFolder, sheets: list[Sheets]) -> dict[str, Any]:
    """Everything that the template asks for.

    Args:
        folder: of the run.
        sheets: what its networks draw.
    """
    known, rows = folder.facts(), folder.rows()
    events, config, grids = folder.events(), known["config"], folder.grids()
    findings = diagnose(rows, folder.loss_levels())
    groups = ranking.groups(folder.measured())
    return {
        "name": config["name"],
        "folder": folder.path.resolve(),
        "status": known["status"],
        "reason": known.get("reason"),
        "started": facts.moment(known.get("started")),
        "ended": facts.moment(known["ended"]) if known.get("ended") else None,
        "verdict": verdict(findings, rows),
        **_choices(known, events),
        "data": facts.data(known),
        "machine": facts.machine(known),
        "left_out": known.get("left_out") or {},
        "findings": findings,
        "has_rows": bool(rows),
        "drawn": _drawn(rows, events, config),
        "events": [_event(event) for event in events],
        "film": film.frames(grids),
        "grids": len(grids),
        "sheets": [
            (s.title, s.text, {k: film.embed(p) for k, p in s.pictures.items()})
            for s in sheets
        ],
        "groups": groups,
        "refusals": ranking.refusals(groups),
        "cost": facts.cost(known, rows, folder.summary()),
    }


def verdict(findings: list[Finding], rows: list[dict[str, float]]) -> str:
    """The doctor in one line."""
    if not rows:
        return "there is nothing to look at yet."
    if not findings:
        return "no finding."
    first, count = findings[0], len(findings)
    many = "1 finding" if count == 1 else f"{count} findings, the first of them"
    return f"{many}: {first.name}, since round {first.since}."


def _choices(known: Mapping[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    """Differences from the defaults, and the commands; or why they cannot be told."""
    try:
        changed, unknown = choices.changes(known["config"]), None
    except UsageError as error:  # its own parts are not here
        changed, unknown = {}, str(error)
    repeats = "argv" in known or not unknown
    return {
        "changes": changed,
        "changes_unknown": unknown,
        "commands": choices.commands(known, events, changed) if repeats else [],
    }


def _event(event: Mapping[str, Any]) -> tuple[int | None, str, str]:
    """When, what, and what else is known of it."""
    apart = ("time", "event", "round", "before")
    known = {k: v for k, v in event.items() if k not in apart}
    said = (f"{name}: {facts.listed(value)}" for name, value in known.items() if value)
    return event.get("round"), event["event"], "; ".join(said)


def _drawn(
    rows: list[dict[str, float]],
    events: list[dict[str, Any]],
    config: Mapping[str, Any],
) -> list[tuple[str, list[tuple[curves.Chart, str]]]]:
    """Each axis with its charts, each with its drawing."""
    marks = [event["round"] for event in events if "round" in event]
    charts = curves.charts(rows)
    return [
        (
            axis.name,
            [
                (chart, drawing.draw(chart, axis, marks, f"a{number}c{place}"))
                for place, chart in enumerate(charts)
            ],
        )
        for number, axis in enumerate(
            curves.axes(rows, facts.images_a_round(config)) if charts else []
        )
    ]
