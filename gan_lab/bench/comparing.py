"""Figures of now beside figures of before."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_lab.bench.table import Cells
from gan_lab.config.differences import around, differences
from gan_lab.errors import ParameterError

FORMAT = "gan_lab bench 1"
RATIOS = {  # name -> where a row has it
    "rounds a second": ("rounds_per_second",),
    "GFLOP/s": ("flop_per_second",),
    "GFLOP/s of a matrix product": ("peaks", "matrix product"),
    "GFLOP/s of a convolution": ("peaks", "convolution"),
    "peak memory": ("peak_memory_bytes",),
    "start-up": ("startup", "in all"),
}
LABEL = ("step", "batch", "precision")


def read(path: Path) -> dict:
    """Figures that `bench --out` or `--json` gave earlier.

    Raises:
        UsageError: the file is none of these.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] == FORMAT:
            return found
        reason = f"its format is {found['format']}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or "it has another format"
    raise ParameterError(
        "against", f"must be a file that bench wrote. Received: {path} ({reason})."
    )


def ratios(now: list[dict], before: list[dict]) -> list[dict]:
    """Now / before of every row that both have; None where one is not known."""
    pairs = ((row, _same(row, before)) for row in now)
    return [
        {key: row[key] for key in LABEL}
        | {name: _ratio(row, old, place) for name, place in RATIOS.items()}
        for row, old in pairs
        if old
    ]


def cells(found: list[dict]) -> Cells:
    """The rows of a table of ratios."""
    return [["now / before"]] + [
        [name, *("not known" if r[name] is None else f"{r[name]:.3f}" for r in found)]
        for name in RATIOS
    ]


def apart(now: Mapping, before: Mapping) -> list[str]:
    """Other differences: the machine, versions, and configurations, a line each."""
    lines = [
        f"{name} was {old}, is {new}"
        for name, (old, new) in around(before["machine"], now["machine"]).items()
    ]
    for row in now["rows"]:
        old = _same(row, before["rows"])
        changed = differences(old["config"], row["config"]) if old else {}
        said = (f"{key} was {was}, is {is_}" for key, (was, is_) in changed.items())
        lines += [line for line in said if line not in lines]
    return lines


def _same(row: dict, rows: list[dict]) -> dict | None:
    """The row of the same step, batch and precision, if it was measured."""
    wanted = [row[key] for key in LABEL]
    found = (r for r in rows if [r[key] for key in LABEL] == wanted)
    return next((r for r in found if "failed" not in r), None)


def _ratio(row: Any, old: Any, place: tuple[str, ...]) -> float | None:
    for key in place:
        row, old = row[key], old[key]
    return row / old if row and old else None
