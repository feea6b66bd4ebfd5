"""The bench: how fast a configuration trains on this machine."""

import math
from collections.abc import Iterable
from pathlib import Path

from gan_lab.bench import comparing, table
from gan_lab.bench.figures import Figures
from gan_lab.bench.machine import machine
from gan_lab.bench.processes import measured
from gan_lab.bench.rows import Row, rows
from gan_lab.errors import GanLabError, ParameterError
from gan_lab.system import files
from gan_lab.system.console import Console
from gan_lab.system.parameters import require_file

SECONDS = 16.0  # two rows are done in a minute or two


def benchmark(
    overrides: Iterable[str] = (),
    *,
    steps: Iterable[str] = (),
    batches: Iterable[int] = (),
    precisions: Iterable[str] = (),
    seconds: float = SECONDS,
    against: Path | str | None = None,
    out: Path | str | None = None,
    console: Console | None = None,
) -> Figures:
    """Measure speed, arithmetic, memory and start-up of a configuration here.

    Every combination of step, batch and precision is measured, one after another, each
    in a process of its own.

    Args:
        overrides: of the configuration, as for training.
        steps: options of `trainer`; the configuration's own where none.
        batches: values of `trainer.batch_size`; the same.
        precisions: values of `trainer.precision`; the configuration's own, and
            `mixed_bfloat16` beside it, where none.
        seconds: how long rounds are played for each, above 0.
        against: figures that were written earlier, to compare with.
        out: a `.json` that the figures are written to; none where None.
        console: where it is said what is measured, and what failed.

    Returns:
        A table with a column a combination.

    Raises:
        UsageError: an override, an option or a combination is wrong.
        GanLabError: none could be measured.

    Example:

        found = gan_lab.benchmark(["model.width=32"], batches=[16, 64], seconds=5)
        [row["images_per_second"] for row in found]
    """
    batches = list(batches)
    out = None if out is None else Path(out)
    _check(batches, seconds, out)
    before = None if against is None else comparing.read(Path(against))
    chosen = rows(overrides, steps, batches, precisions)
    found = _measured(chosen, seconds, console or Console())
    if before:
        found["against"] = {
            "file": str(against),
            "ratios": comparing.ratios(found["rows"], before["rows"]),
            "apart": comparing.apart(found, before),
        }
    if out:
        files.write_json(out, found)
    return Figures(found)


def _check(batches: list[int], seconds: float, out: Path | None) -> None:
    for batch in batches:
        if not isinstance(batch, int) or batch < 1:
            raise ParameterError(
                "batches",
                f"must be whole numbers of at least 1. Received: {batch}.",
            )
    if not (seconds > 0 and math.isfinite(seconds)):
        raise ParameterError("seconds", f"must be above 0. Received: {seconds:g}.")
    if out:
        require_file(out, ".json")


def _measured(chosen: list[Row], seconds: float, console: Console) -> dict:
    """Measure rows one after another; what failed is said, and left out.

    Raises:
        GanLabError: nothing was left.
    """
    found = []
    for row in chosen:
        (name,) = table.heads([row.label])
        pictures = "pictures made up in its place" if row.stands_in else "its data"
        console.say(f"{name}, on {pictures} ...")
        found.append(measured(row, seconds))
        if "failed" in found[-1]:
            console.say(f"{name} failed: {found[-1]['failed']}")
    whole = [row for row in found if "failed" not in row]
    if not whole:
        error = GanLabError(found[0]["failed"])
        error.exit_code = found[0]["exit_code"]
        raise error
    return {
        "format": comparing.FORMAT,
        "machine": machine(whole[0]["environment"]),
        "seconds": seconds,
        "rows": whole,
        "failed": [row for row in found if "failed" in row],
    }
