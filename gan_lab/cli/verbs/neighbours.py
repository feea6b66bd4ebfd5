"""The verb `neighbours`: samples beside the nearest training pictures."""

from pathlib import Path

from gan_lab.cli.parser import Parser


def neighbours(arguments: list[str]) -> int:
    """Samples beside the nearest training pictures: RUN [--count N] [--near N]
    [--seed N] [--out FILE.png] [--no-imports]."""
    parser = Parser("neighbours", neighbours)
    parser.add_argument("run", type=Path)
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--near", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("neighbours.png"))
    parser.add_imports()
    asked = parser.parse_args(arguments)

    from gan_lab.review import neighbours as room
    from gan_lab.system.console import Console

    with Console(capture=True) as console:
        room.neighbours(**vars(asked), console=console)
    return 0
