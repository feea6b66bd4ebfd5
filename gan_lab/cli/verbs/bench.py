"""The verb `bench`: how fast a configuration trains on this machine."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from gan_lab.cli.parser import Parser

if TYPE_CHECKING:
    from gan_lab.bench.figures import Figures
    from gan_lab.system.console import Console


def bench(arguments: list[str]) -> int:
    """Measure speed, arithmetic, memory and start-up here: [group=option ...]
    [key=value ...] [--steps NAME,...] [--batches N,...] [--precisions NAME,...]
    [--seconds N] [--against FILE] [--out FILE.json] [--json]."""
    parser = Parser("bench", bench)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--steps", type=_names, default=[])
    parser.add_argument("--batches", type=_names, default=[])
    parser.add_argument("--precisions", type=_names, default=[])
    parser.add_argument("--seconds", type=float, default=16.0)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = vars(parser.parse_intermixed_args(arguments))
    as_json = asked.pop("json")
    asked["batches"] = [int(b) if b.isdecimal() else b for b in asked["batches"]]

    from gan_lab.bench.benchmark import benchmark
    from gan_lab.cli.overrides import quote_paths
    from gan_lab.system.console import Console

    console = Console(quiet=as_json)
    asked["overrides"] = quote_paths(asked["overrides"])
    found = benchmark(**asked, console=console)
    _show(found, console)
    if asked["out"]:
        console.say(f"The figures: {asked['out']}")
    if as_json:
        print(json.dumps(found.found, indent=2))
    return 0


def _show(found: "Figures", console: "Console") -> None:
    console.say(found.place)
    console.table(found.listing.heads, found.listing.cells)
    if found.ratios:
        console.table(found.ratios.heads, found.ratios.cells)
    for note in found.ratios.notes if found.ratios is not None else ():
        console.say(note)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]
