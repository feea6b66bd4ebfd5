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
    wanted = dict(_pair(text) for text in asked.protocol)

    from gan_lab.sweeps.leaderboard import leaderboard as rank
    from gan_lab.system.console import Console

    console = Console()
    found = rank(asked.folder, score=asked.score, protocol=wanted, console=console)
    console.say(found.text.rstrip())
    console.say(f"\nWith the last grids: {found.page}")
    return 0


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"`--protocol` takes KEY=VALUE. Received: {text}.")
    return key, value
