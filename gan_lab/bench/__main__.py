"""The process of a row: CONFIG.yaml ANSWER.json SECONDS."""

import os
import sys

if not sys.flags.safe_path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109
    del sys.path[0]  # as in `gan_lab.__main__`

import json
import time
from pathlib import Path

BEGAN = time.perf_counter()


def main(config: str, answer: str, seconds: str) -> None:
    """Measure, and write what came of it, or why nothing did."""
    from gan_lab.errors import GanLabError

    try:
        from gan_lab.bench.measuring import measure
        from gan_lab.config.check import check
        from gan_lab.config.imports import import_parts, imports_of
        from gan_lab.config.saved import from_file

        import_parts(imports_of(Path(config)))
        found = measure(check(from_file(Path(config))), float(seconds), BEGAN)
    except GanLabError as error:
        found = {"failed": str(error), "exit_code": error.exit_code}
    Path(answer).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
