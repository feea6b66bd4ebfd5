"""The leaderboard of a sweep, or of any runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_lab.errors import ParameterError, UsageError
from gan_lab.sweeps import board_files, hparams
from gan_lab.sweeps.folder import SweepFolder
from gan_lab.sweeps.ranking import Board, Candidate, Place, Reader, board
from gan_lab.sweeps.wording import protocol as protocol_of
from gan_lab.system.console import Console
from gan_lab.system.listing import Listing


@dataclass(frozen=True, repr=False)
class Leaderboard:
    """Runs in the order of a score; iterates over the places, the best first.

    Attributes:
        board: the places, by which score and protocol.
        title: what was ranked.
        page: the HTML file, with the last grid of each run; a `.csv` and a `.md` stand
            beside it.
    """

    board: Board
    title: str
    page: Path

    @property
    def text(self) -> str:
        """All of it as Markdown."""
        return board_files.as_markdown(self.board, self.title)

    def __iter__(self) -> Iterator[Place]:
        return iter(self.board.places)

    def __len__(self) -> int:
        return len(self.board.places)

    def __repr__(self) -> str:
        return self.text.rstrip()

    def _repr_html_(self) -> str:
        said = [note for note in (self.title, protocol_of(self.board)) if note]
        return Listing(*board_files.as_table(self.board), [*self], said)._repr_html_()


def leaderboard(
    folder: Path | str,
    *,
    score: str | None = None,
    protocol: Mapping[str, object] | None = None,
    console: Console | None = None,
) -> Leaderboard:
    """Rank the jobs of a sweep, or all runs below a folder; write it there, too.

    Only scores of one protocol are ranked: that of most runs, and of equals the newest.

    Args:
        folder: of the sweep, or that has runs below it.
        score: its name; what the runs are judged by where None.
        protocol: what it must say: key -> value, such as `{"samples": 5000}`.
        console: where it is said what is damaged, and left out.

    Returns:
        A table with a row for each combination of what differs, seeds apart.

    Raises:
        UsageError: there are no runs, or none has such a score.

    Example:

        found = gan_lab.leaderboard("runs/sweeps/lr-study", score="diversity")
        [(place.parameters, place.mean) for place in found]
    """
    folder, console, wanted = Path(folder), console or Console(), dict(protocol or {})
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder.")
    reader, sweep = Reader(console.warn), SweepFolder(folder, console.warn)
    of_a_sweep = sweep.jobs.is_dir()
    runs = reader.sweep(sweep) if of_a_sweep else reader.runs(folder)
    if not runs:
        raise UsageError(f"{folder} has no runs.")
    found = board(runs, score or sweep.score(), wanted)
    if (score or wanted) and not found.protocol:
        raise _unknown(found.score, score, wanted, runs)
    title = f"{'Sweep' if of_a_sweep else 'Runs of'} {folder.resolve().name}"
    *_, page = board_files.write(found, folder, title, console.warn)
    if of_a_sweep:
        hparams.write(found, folder)
    return Leaderboard(found, title, page)


def _unknown(
    score: str, asked: str | None, wanted: dict[str, Any], runs: list[Candidate]
) -> ParameterError:
    names = dict.fromkeys(s.name for run in runs for s in run.scores)
    how = "".join(f" with {key}={value}" for key, value in wanted.items())
    return ParameterError(
        "score" if asked else "protocol",
        f": no run has {score or 'a score'}{how}. Measured: "
        f"{', '.join(names) or 'none'}.",
    )
