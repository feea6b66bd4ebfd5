"""The verb `data`: what there is, what is prepared, and what becomes of it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_lab.cli.parser import Parser
from gan_lab.errors import UsageError, suggest

if TYPE_CHECKING:
    from gan_lab.system.listing import Listing


def data(arguments: list[str]) -> int:
    """Look at data and prepare it: inspect | prepare | preview | list | clear ..."""
    known = f"Known: {', '.join(ACTIONS)}."
    if not arguments:
        raise UsageError(f"`data` needs to know what to do. {known}")
    name, *rest = arguments
    if name not in ACTIONS:
        near = suggest(name, ACTIONS)
        raise UsageError(f"`data {name}`: there is no such action.{near} {known}")
    return ACTIONS[name](rest)


def inspect(arguments: list[str]) -> int:
    """Tell what is in there: PATH [key=value ...] [--json] [--sheet FILE.png]."""
    parser = Parser("data inspect", inspect)
    parser.add_argument("given", nargs="*")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sheet", type=Path, default=Path("contact_sheet.png"))
    asked = parser.parse_intermixed_args(arguments)
    paths = [given for given in asked.given if "=" not in given or Path(given).exists()]
    chosen = any(given.startswith("data=") for given in asked.given)
    if len(paths) > 1 or not (paths or chosen):
        parser.error("one path must be given")
    overrides = [given for given in asked.given if given not in paths]

    from gan_lab.cli.overrides import quote_paths
    from gan_lab.review.data import inspect_data
    from gan_lab.system.console import Console

    console = Console(quiet=asked.json)
    found = inspect_data(
        next(iter(paths), None),
        overrides=quote_paths(overrides),
        sheet=asked.sheet,
        console=console,
    )
    if asked.json:
        print(json.dumps(found.as_dict(), indent=2))
        return 0
    for line in [*found.lines(), f"Contact sheet: {asked.sheet}"]:
        console.say(line)
    return 0


def prepare(arguments: list[str]) -> int:
    """Prepare what a configuration trains on: [group=option ...] [key=value ...]."""
    parser = Parser("data prepare", prepare)
    parser.add_argument("overrides", nargs="*")
    asked = parser.parse_args(arguments)

    from gan_lab.cli.overrides import quote_paths
    from gan_lab.data import dataset
    from gan_lab.review.data import prepare_data
    from gan_lab.system.console import Console

    console = Console()
    samples = prepare_data(quote_paths(asked.overrides), console=console)
    if samples.left_out:
        console.say(dataset.left_out(samples))
    place = f": {samples.report.parent}" if samples.report else ""
    console.say(f"{samples.count:,} {samples.kind} are ready{place}")
    return 0


def preview(arguments: list[str]) -> int:
    """Draw what the discriminator would see: [group=option ...] [--out FILE.png]."""
    parser = Parser("data preview", preview)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--draws", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("preview.png"))
    asked = parser.parse_intermixed_args(arguments)

    from gan_lab.cli.overrides import quote_paths
    from gan_lab.review.preview import preview_data
    from gan_lab.system.console import Console

    with Console(capture=True) as console:
        preview_data(
            quote_paths(asked.overrides),
            count=asked.count,
            draws=asked.draws,
            out=asked.out,
            console=console,
        )
        console.say(
            f"{asked.count} images, and {asked.draws} draws of each: {asked.out}"
        )
    return 0


def list_(arguments: list[str]) -> int:
    """List what is prepared, where, how large: [--json] [data.cache=FOLDER]."""
    parser = Parser("data list", list_)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_intermixed_args(arguments)

    from gan_lab.review.prepared import list_data

    root = _cache(asked.overrides)
    found = list_data(cache=root)
    if asked.json:
        print(json.dumps(_facts(root, found), indent=2))
        return 0
    for line in (*(entry.line() for entry in found), *found.notes):
        print(line)
    return 0


def clear(arguments: list[str]) -> int:
    """Remove what is prepared: NAME ... | --all [data.cache=FOLDER]."""
    parser = Parser("data clear", clear)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_intermixed_args(arguments)
    names = [name for name in asked.names if "=" not in name]
    root = _cache([name for name in asked.names if "=" in name])
    if bool(names) == asked.all:
        parser.error("give the names that `data list` shows, or --all")

    from gan_lab.review.prepared import clear_data

    print(f"{clear_data(*names, cache=root) / 1e6:,.1f} MB are free again.")
    return 0


def _cache(overrides: list[str]) -> str | None:
    """The cache that `data.cache=FOLDER` names; None for the user's own."""
    root = None
    for override in overrides:
        key, _, value = override.partition("=")
        if key != "data.cache" or not value:
            raise UsageError(
                f"Only data.cache=FOLDER can be given here. Received: {override}."
            )
        root = value
    return root


def _facts(root: str | None, found: "Listing") -> dict[str, Any]:
    """The same for JSON."""
    from gan_lab.data.preparation.cache import Cache

    entries = [entry.as_dict() for entry in found]
    return {"cache": str(Cache(root).root), "entries": entries}


ACTIONS = {
    "inspect": inspect,
    "prepare": prepare,
    "preview": preview,
    "list": list_,
    "clear": clear,
}
