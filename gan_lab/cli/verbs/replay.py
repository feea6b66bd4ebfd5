"""The verb `replay`: does this machine reproduce the first rounds of a run?"""

from pathlib import Path

from gan_lab.cli.parser import Parser


def replay(arguments: list[str]) -> int:
    """Train the first rounds of a run again and compare: RUN [--rounds N]
    [data.path=PATH ...] [--keep FOLDER] [--no-imports]."""
    parser = Parser("replay", replay)
    parser.add_argument("run", type=Path)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--keep", type=Path)
    parser.add_imports()
    given = parser.parse_intermixed_args(arguments)

    from gan_lab.review.replay import again
    from gan_lab.system.console import Console

    asked = {"argv": ["gan_lab", "replay", *arguments], "overrides": []}
    with Console(capture=True) as console:
        found = again.replay(**vars(given), asked=asked, console=console)
    if found.signal:
        return 128 + found.signal
    return 0 if found.identical else 1
