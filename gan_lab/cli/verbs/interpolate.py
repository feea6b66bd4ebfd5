"""The verb `interpolate`: a walk through what a run has learnt."""

from pathlib import Path

from gan_lab.cli.parser import Parser


def interpolate(arguments: list[str]) -> int:
    """Walk through the latents: RUN [--points N] [--steps N] [--seed N]
    [--linear] [--out FILE.gif | FILE.png] [--no-imports]."""
    parser = Parser("interpolate", interpolate)
    parser.add_argument("run", type=Path)
    parser.add_argument("--points", type=int, default=6)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--linear", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("walk.gif"))
    parser.add_imports()
    asked = parser.parse_args(arguments)

    from gan_lab.review import interpolation
    from gan_lab.system.console import Console

    with Console(capture=True) as console:
        interpolation.interpolate(**vars(asked), console=console)
    return 0
