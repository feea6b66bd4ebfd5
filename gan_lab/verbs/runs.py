"""Verbs on a run."""

from pathlib import Path

from gan_lab.errors import UsageError
from gan_lab.verbs.parser import Parser


def resume(arguments: list[str]) -> int:
    """Continue a run exactly: RUN [key=value ...] [--accept-changes]."""
    parser = Parser("resume", resume)
    parser.add_argument("run", type=Path)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--accept-changes", action="store_true")
    asked = parser.parse_intermixed_args(arguments)

    from gan_lab.cli import exit_code
    from gan_lab.console import Console

    with Console(capture=True) as console:
        from gan_lab import training

        run = training.resume(
            asked.run,
            asked.overrides,
            accept_changes=asked.accept_changes,
            console=console,
        )
        return exit_code(run)


def sample(arguments: list[str]) -> int:
    """Draw a grid from a run: RUN [--count N] [--seed N] [--out FILE]."""
    parser = Parser("sample", sample)
    parser.add_argument("run", type=Path)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("samples.png"))
    asked = parser.parse_args(arguments)
    if asked.count < 1:
        raise UsageError(f"`--count` must be at least 1. Received: {asked.count}.")
    parser.require_picture("--out", asked.out, ".png")

    from gan_lab.console import Console

    with Console(capture=True) as console:
        from gan_lab.artifacts import files, pictures
        from gan_lab.training import load_run

        run = load_run(asked.run)
        grid = run.draw(run.gan.sample(asked.count, seed=asked.seed))
        files.produce(asked.out, lambda beside: pictures.write_png(beside, grid))
        console.say(f"{asked.count} samples of round {run.round}: {asked.out}")
    return 0
