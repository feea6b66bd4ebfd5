"""Several runs beside each other: in what they differ, and what came of it."""

from collections.abc import Iterable
from pathlib import Path

from gan_lab.review import report
from gan_lab.review.comparison.contests import contests, refusals
from gan_lab.review.comparison.outcome import Comparison
from gan_lab.review.comparison.page import content
from gan_lab.review.comparison.sides import Side, sides
from gan_lab.review.comparison.table import Part, Row, parts
from gan_lab.system import files
from gan_lab.system.console import Console
from gan_lab.system.parameters import require_file

__all__ = ["Comparison", "Part", "Row", "Side", "compare", "parts", "sides", "write"]

HERE = Path(__file__).parent


def compare(
    runs: Iterable[Path | str],
    *,
    out: Path | str | None = None,
    console: Console | None = None,
) -> Comparison:
    """Set runs beside each other.

    The keys, versions and data in which they differ, how far they are, their scores,
    ranked where they can be compared, and findings.

    Args:
        runs: 2 to 12 folders.
        out: an HTML file with their curves in the same charts and their last grids;
            none where None.
        console: where it is said what is damaged, and left out.

    Returns:
        A table with a column a run.

    Raises:
        UsageError: they are too few or too many, one is given twice or is not a run,
            or a page is asked for and the extra `report` is not installed.

    Example:

        found = gan_lab.compare([one, other], out="compare.html")
        found  # the table, in a notebook
        {row.name: row.values for row in found}
    """
    out = None if out is None else Path(out)
    if out:
        require_file(out, ".html")
        report.require_extra("compare --out")
    console = console or Console()
    chosen = sides(map(Path, runs), console.warn)
    found = contests([run.scores for run in chosen])
    if out:
        write(chosen, out)
    return Comparison(chosen, parts(chosen, found), refusals(found), out)


def write(runs: list[Side], out: Path) -> None:
    """Write the comparison as one HTML file that opens without a network.

    Args:
        runs: as `sides` gives them.
        out: the file.

    Raises:
        UsageError: the extra `report` is not installed.
    """
    report.require_extra("compare --out")
    html = report.render(content(runs), HERE / "compare.html")
    files.write(out, html.encode("utf-8", "replace"))
