"""The verb `bench`: how fast a configuration trains on this machine."""

import json
import math
from pathlib import Path

from gan_lab.cli.parser import Parser
from gan_lab.errors import GanLabError, UsageError

SECONDS = 16.0  # two rows are done in a minute or two


def bench(arguments: list[str]) -> int:
    """Measure speed, arithmetic, memory and start-up here: [group=option ...]
    [key=value ...] [--steps NAME,...] [--batches N,...] [--precisions NAME,...]
    [--seconds N] [--against FILE] [--out FILE.json] [--json]."""
    parser = Parser("bench", bench)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--steps", type=_names, default=[])
    parser.add_argument("--batches", type=_names, default=[])
    parser.add_argument("--precisions", type=_names, default=[])
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_intermixed_args(arguments)
    _check(asked, parser)

    from gan_lab.bench import comparing, rows
    from gan_lab.cli.main import quote_paths
    from gan_lab.system.console import Console

    before = comparing.read(asked.against) if asked.against else None
    chosen = rows.rows(
        quote_paths(asked.overrides), asked.steps, asked.batches, asked.precisions
    )
    console = Console(quiet=asked.json)
    found = _measured(chosen, asked.seconds, console)
    if before:
        found["against"] = {
            "file": str(asked.against),
            "ratios": comparing.ratios(found["rows"], before["rows"]),
            "apart": comparing.apart(found, before),
        }
    _show(found, console)
    if asked.out:
        from gan_lab.system import files

        files.write_json(asked.out, found)
        console.say(f"The figures: {asked.out}")
    if asked.json:
        print(json.dumps(found, indent=2))
    return 0


def _check(asked, parser: Parser) -> None:
    for batch in asked.batches:
        if not batch.isdecimal() or int(batch) < 1:
            raise UsageError(
                f"`--batches` must be whole numbers of at least 1. Received: {batch}."
            )
    if not (asked.seconds > 0 and math.isfinite(asked.seconds)):
        raise UsageError(f"`--seconds` must be above 0. Received: {asked.seconds:g}.")
    if asked.out:
        parser.require_picture("--out", asked.out, ".json")


def _measured(chosen: list, seconds: float, console) -> dict:
    """Measure rows one after another; what failed is said, and left out.

    Raises:
        GanLabError: nothing was left.
    """
    from gan_lab.bench import comparing, table
    from gan_lab.bench.machine import machine
    from gan_lab.bench.processes import measured

    found = []
    for row in chosen:
        (name,) = table.heads([row.label])
        pictures = "pictures made up in its place" if row.stands_in else "its data"
        console.say(f"{name}, on {pictures} ...")
        found.append(measured(row, seconds))
        if "failed" in found[-1]:
            console.say(f"{name} failed: {found[-1]['failed']}")
    whole = [row for row in found if "failed" not in row]
    if not whole:
        error = GanLabError(found[0]["failed"])
        error.exit_code = found[0]["exit_code"]
        raise error
    return {
        "format": comparing.FORMAT,
        "machine": machine(whole[0]["environment"]),
        "seconds": seconds,
        "rows": whole,
        "failed": [row for row in found if "failed" in row],
    }


def _show(found: dict, console) -> None:
    from gan_lab.bench import comparing, table

    rows = found["rows"]
    place = found["machine"]
    console.say(
        f"{place['processor']}, {place['cores']} cores, {place['device']}, "
        f"{place['backend']} {place[place['backend']]}"
    )
    console.table(["", *table.heads(rows)], table.cells(rows))
    if not (against := found.get("against")):
        return
    if against["ratios"]:
        heads = table.heads(against["ratios"])
        console.table(["", *heads], comparing.cells(against["ratios"]))
    else:
        console.say(f"{against['file']} has none of these rows.")
    if against["apart"]:
        console.say(f"Not the same: {'; '.join(against['apart'])}.")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]
