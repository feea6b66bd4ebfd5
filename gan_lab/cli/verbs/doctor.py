"""The verb `doctor`: what is wrong with a run."""

import json
from pathlib import Path

from gan_lab.cli.parser import Parser

UNSEEN = {  # what nobody can say without a column, and who measures it
    "score/diversity": ("diversity", "ms_ssim"),
    "score/mode_share": ("modes lost", "classes"),
    "score/copies": ("memorising", "memorisation"),
    "score/strangeness": ("noise", "memorisation"),
}


def doctor(arguments: list[str]) -> int:
    """Say what is wrong with a run, from its `metrics.csv`: RUN [--json]."""
    parser = Parser("doctor", doctor)
    parser.add_argument("run", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)

    from gan_lab.artifacts import RunFolder
    from gan_lab.doctor.diagnose import diagnose
    from gan_lab.system.console import Console

    folder = RunFolder(asked.run, Console(quiet=asked.json).warn)
    rows = folder.rows()
    found = diagnose(rows, folder.loss_levels())
    if asked.json:
        print(json.dumps([finding.as_dict() for finding in found], indent=2))
        return 0
    last = int(rows[-1]["round"]) if rows else 0
    for finding in found:
        print(finding.line())
    if not found:
        print(f"No finding in {last:,} rounds.")
    names = {name for row in rows for name in row}
    if "score/good" in names:  # of points, there is nothing else to look for
        return 0
    for column, (illness, metric) in UNSEEN.items():
        if not any(name.startswith(column) for name in names):
            print(f"Not looked for: {illness} (needs trainer.metrics=[{metric}]).")
    return 0
