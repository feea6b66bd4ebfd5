"""The doctor's visit to a run."""

from pathlib import Path

from gan_lab.artifacts import RunFolder
from gan_lab.doctor import diagnose as doctor
from gan_lab.system.console import Console
from gan_lab.system.listing import Listing

UNSEEN = {  # what nobody can say without a column, and who measures it
    "score/diversity": ("diversity", "ms_ssim"),
    "score/mode_share": ("modes lost", "classes"),
    "score/copies": ("memorising", "memorisation"),
    "score/strangeness": ("noise", "memorisation"),
}


def diagnose(run: Path | str, *, console: Console | None = None) -> Listing:
    """Findings of what is wrong with a run, from its `metrics.csv`, the earliest first.

    Args:
        run: its folder; it may still be training.
        console: where it is said what is damaged, and left out.

    Returns:
        A table of `Finding`; its notes say what was not looked for.

    Raises:
        UsageError: it is not a run.

    Example:

        for finding in gan_lab.diagnose("runs/mine/20261122-101500"):
            print(finding.name, finding.since, finding.keys)
    """
    console = console or Console()
    folder = RunFolder(run, console.warn)
    rows = folder.rows()
    found = doctor.diagnose(rows, folder.loss_levels())
    last = int(rows[-1]["round"]) if rows else 0
    healthy = [] if found else [f"No finding in {last:,} rounds."]
    cells = [
        [f.name, str(f.since), f.evidence, f.advice, " or ".join(f.keys)] for f in found
    ]
    heads = ["finding", "since round", "evidence", "advice", "keys to try"]
    return Listing(heads, cells, found, [*healthy, *_not_looked_for(rows)])


def _not_looked_for(rows: list[dict[str, float]]) -> list[str]:
    names = {name for row in rows for name in row}
    if "score/good" in names:  # of points, there is nothing else to look for
        return []
    return [
        f"Not looked for: {illness} (needs trainer.metrics=[{metric}])."
        for column, (illness, metric) in UNSEEN.items()
        if not any(name.startswith(column) for name in names)
    ]
