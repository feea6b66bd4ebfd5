"""Rows, measured one after another, each in a process of its own.

A process has one number of threads, one precision and one peak of memory for as long
as it lives, and what it compiled for one row would be there for the next.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from omegaconf import OmegaConf

from gan_lab.bench.rows import Row
from gan_lab.config.differences import plain
from gan_lab.errors import UsageError


def measured(row: Row, seconds: float) -> dict:
    """The outcome of a row: its label and configuration, and figures or `failed`.

    Args:
        row: what to measure.
        seconds: how long rounds are played.

    Raises:
        UsageError: the configuration or its data is the user's mistake.
    """
    found = _answer(row, seconds)
    if found.get("exit_code") == UsageError.exit_code:
        raise UsageError(found["failed"])
    about = {"stands_in": row.stands_in, "config": plain(row.config)}
    return row.label | about | found


def _answer(row: Row, seconds: float) -> dict:
    with tempfile.TemporaryDirectory() as place:
        config, answer = Path(place, "config.yaml"), Path(place, "answer.json")
        config.write_text(OmegaConf.to_yaml(row.config), encoding="utf-8")
        process = subprocess.run(
            [sys.executable, "-m", "gan_lab.bench", config, answer, str(seconds)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        if answer.is_file():
            return json.loads(answer.read_text(encoding="utf-8"))
    code = process.returncode
    last = process.stderr.strip().rpartition("\n")[2]
    said = f"by signal {-code}" if code < 0 else f"with exit code {code}: {last}"
    return {"failed": f"its process ended {said}", "exit_code": 1}
