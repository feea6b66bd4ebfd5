"""Several runs beside each other: in what they differ, and what came of it."""

from pathlib import Path

from gan_lab.review import report
from gan_lab.review.comparison.page import content
from gan_lab.review.comparison.sides import Side, sides
from gan_lab.review.comparison.table import Part, Row, parts
from gan_lab.system import files

__all__ = ["Part", "Row", "Side", "parts", "sides", "write"]

HERE = Path(__file__).parent


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
