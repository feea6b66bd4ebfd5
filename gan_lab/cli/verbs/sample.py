"""The verb `sample`: pictures of a run, each with a seed of its own."""

from pathlib import Path

from gan_lab.cli.parser import Parser
from gan_lab.errors import UsageError


def sample(arguments: list[str]) -> int:
    """Draw from a run: RUN [--count N | --per-class N | --compare]
    [--seed N | --seeds N,...] [--truncation T] [--checkpoint last|best|ROUND]
    [--generator average|last] [--out FILE.png | FOLDER] [--no-imports]."""
    parser = Parser("sample", sample)
    parser.add_argument("run", type=Path)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--per-class", type=int)
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds")
    parser.add_argument("--truncation", type=float)
    parser.add_argument("--checkpoint", default="last")
    parser.add_argument("--generator", choices=("average", "last"), default="average")
    parser.add_argument("--out", type=Path, default=Path("samples.png"))
    parser.add_imports()
    asked = vars(parser.parse_args(arguments))
    if asked["seeds"] is not None:
        asked["seeds"] = _numbers(asked["seeds"])

    from gan_lab.review.sample import sample as draw
    from gan_lab.system.console import Console

    with Console(capture=True) as console:
        draw(**asked, console=console)
    return 0


def _numbers(text: str) -> list[int]:
    if not all(part.strip().isdecimal() for part in text.split(",")):
        raise UsageError(f"`--seeds` must be numbers. Received: {text}.")
    return [int(part) for part in text.split(",")]
