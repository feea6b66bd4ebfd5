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

    from gan_lab.review import comparison
    from gan_lab.system.console import Console

    console = Console(quiet=asked.json)
    found = comparison.compare(asked.runs, out=asked.out, console=console)
    console.table(found.listing.heads, found.listing.cells)
    for sentence in found.refusals:
        console.say(sentence)
    if found.page:
        console.say(f"The page: {found.page}")
    if asked.json:
        print(json.dumps(found.as_dict(), indent=2))
    return 0
