"""The verb `resume`."""

from pathlib import Path

from gan_lab.cli.parser import Parser


def resume(arguments: list[str]) -> int:
    """Continue a run exactly: RUN [key=value ...] [--accept-changes]
    [--no-imports]."""
    parser = Parser("resume", resume)
    parser.add_argument("run", type=Path)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--accept-changes", action="store_true")
    parser.add_imports()
    asked = parser.parse_intermixed_args(arguments)

    from gan_lab.system.console import Console

    with Console(capture=True) as console:
        from gan_lab.training.resume import resume as go_on

        run = go_on(
            asked.run,
            asked.overrides,
            accept_changes=asked.accept_changes,
            imports=asked.imports,
            console=console,
        )
        return run.exit_code
