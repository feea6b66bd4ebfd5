"""The verb `leaderboard`: runs in the order of a score."""

from pathlib import Path

from gan_lab.cli.parser import Parser
from gan_lab.errors import UsageError


def leaderboard(arguments: list[str]) -> int:
    """Rank a sweep, or all runs below a folder: FOLDER [--score NAME]
    [--protocol KEY=VALUE ...]."""
    parser = Parser("leaderboard", leaderboard)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--score")
    parser.add_argument("--protocol", nargs="+", action="extend", default=[])
    asked = parser.parse_args(arguments)
    if not asked.folder.is_dir():
        raise UsageError(f"{asked.folder} is not a folder.")
    wanted = dict(_pair(text) for text in asked.protocol)

    from gan_lab.sweeps import hparams
    from gan_lab.sweeps import leaderboard as pages
    from gan_lab.sweeps.folder import SweepFolder
    from gan_lab.sweeps.ranking import Reader, board
    from gan_lab.system.console import Console

    console = Console()
    reader, sweep = Reader(console.warn), SweepFolder(asked.folder, console.warn)
    of_a_sweep = sweep.jobs.is_dir()
    runs = reader.sweep(sweep) if of_a_sweep else reader.runs(asked.folder)
    if not runs:
        raise UsageError(f"{asked.folder} has no runs.")
    found = board(runs, asked.score or sweep.score(), wanted)
    if (asked.score or wanted) and not found.protocol:
        raise UsageError(_unknown(found.score, asked.score, wanted, runs))
    title = f"{'Sweep' if of_a_sweep else 'Runs of'} {asked.folder.resolve().name}"
    *_, page = pages.write(found, asked.folder, title, console.warn)
    if of_a_sweep:
        hparams.write(found, asked.folder)
    console.say(pages.as_markdown(found, title).rstrip())
    console.say(f"\nWith the last grids: {page}")
    return 0


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"`--protocol` takes KEY=VALUE. Received: {text}.")
    return key, value


def _unknown(score: str, asked: str | None, wanted: dict, runs: list) -> str:
    flag = "--score" if asked else "--protocol"
    names = dict.fromkeys(s.name for run in runs for s in run.scores)
    how = "".join(f" with {key}={value}" for key, value in wanted.items())
    return (
        f"`{flag}`: no run has {score or 'a score'}{how}. Measured: "
        f"{', '.join(names) or 'none'}."
    )
