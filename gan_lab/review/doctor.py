"""The doctor: what is wrong with a run, read from its table alone."""

from gan_lab.review.finding import Finding, Table
from gan_lab.review.illnesses import ILLNESSES

__all__ = ["Finding", "diagnose"]


def diagnose(rows: list[dict[str, float]]) -> list[Finding]:
    """What is wrong, the earliest first.

    Args:
        rows: of `metrics.csv`, as `artifacts.metrics.read` gives them.
    """
    table = Table(rows)
    found = [finding for illness in ILLNESSES if (finding := illness(table))]
    return sorted(found, key=lambda finding: finding.since)
