"""The verb `doctor`: what is wrong with a run."""

import json
from pathlib import Path

from gan_lab.cli.parser import Parser


def doctor(arguments: list[str]) -> int:
    """Say what is wrong with a run, from its `metrics.csv`: RUN [--json]."""
    parser = Parser("doctor", doctor)
    parser.add_argument("run", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)

    from gan_lab.review.diagnose import diagnose
    from gan_lab.system.console import Console

    found = diagnose(asked.run, console=Console(quiet=asked.json))
    if asked.json:
        print(json.dumps([finding.as_dict() for finding in found], indent=2))
        return 0
    for line in (*(finding.line() for finding in found), *found.notes):
        print(line)
    return 0
