"""The verb `report`: everything about a run on one page."""

from pathlib import Path

from gan_lab.cli.parser import Parser


def report(arguments: list[str]) -> int:
    """One page about a run, to be opened anywhere: RUN [--out FILE.html]
    [--no-imports]."""
    parser = Parser("report", report)
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_imports()
    asked = parser.parse_args(arguments)

    from gan_lab.review import report as room
    from gan_lab.system.console import Console

    with Console(capture=True) as console:
        page = room.report(**vars(asked), console=console)
        console.say(f"The report of {asked.run.expanduser()}: {page}")
    return 0
