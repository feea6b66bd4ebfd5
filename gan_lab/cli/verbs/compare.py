"""The verb `compare`: what differs between runs, and what came of it."""

import json
from pathlib import Path

from gan_lab.cli.parser import Parser


def compare(arguments: list[str]) -> int:
    """Set runs beside each other: RUN RUN [RUN ...] [--out FILE.html] [--json]."""
    parser = Parser("compare", compare)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_intermixed_args(arguments)
    if asked.out:
        parser.require_picture("--out", asked.out, ".html")

    from gan_lab.review import comparison, report
    from gan_lab.review.comparison.contests import contests, refusals
    from gan_lab.system.console import Console

    if asked.out:
        report.require_extra("compare --out")
    console = Console(quiet=asked.json)
    runs = comparison.sides(asked.runs, console.warn)
    found = contests([run.scores for run in runs])
    parts, refused = comparison.parts(runs, found), refusals(found)
    console.table(["", *(run.label for run in runs)], _lines(parts))
    for sentence in refused:
        console.say(sentence)
    if asked.out:
        comparison.write(runs, asked.out)
        console.say(f"The page: {asked.out}")
    if asked.json:
        print(json.dumps(_plain(runs, parts, refused), indent=2))
    return 0


def _lines(parts: list) -> list[list[str]]:
    """The rows of a table; a title stands alone in its row."""
    lines = []
    for part in parts:
        lines.append([part.title])
        lines += [[row.name, *row.texts] for row in part.rows]
    return lines


def _plain(runs: list, parts: list, refused: list[str]) -> dict:
    """A form for JSON: a value a run, in the order of the runs."""
    return {
        "runs": [{"label": run.label, "folder": str(run.folder.path)} for run in runs],
        **{
            part.title: {row.name: _with_places(row) for row in part.rows}
            for part in parts
        },
        "not ranked": refused,
    }


def _with_places(row) -> list | dict:
    if not row.places:
        return list(row.values)
    return {"values": list(row.values), "places": list(row.places)}
