"""The doctor: what is wrong with a run, read from its table alone."""

from collections.abc import Sequence

from gan_lab.doctor.finding import Finding, Table
from gan_lab.doctor.known import known

__all__ = ["Finding", "diagnose"]


def diagnose(
    rows: list[dict[str, float]], levels: Sequence[float] | None = None
) -> list[Finding]:
    """Findings of what is wrong, the earliest first.

    Args:
        rows: of `metrics.csv`, as `artifacts.metrics.read` gives them.
        levels: of the discriminator's loss, see `Table`.
    """
    table = Table(rows, levels)
    found = [found for illness in known().values() if (found := illness.look(table))]
    return sorted(found, key=lambda finding: finding.since)
