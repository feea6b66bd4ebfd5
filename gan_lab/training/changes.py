"""Changes since a run was stopped, beside those that its line asks for."""

from collections.abc import Collection, Mapping
from pathlib import Path

from gan_lab.artifacts import RunFolder, metrics_csv, scores_jsonl
from gan_lab.artifacts.checkpoints import Saved
from gan_lab.config.defaults import completed
from gan_lab.config.differences import around, differences, plain
from gan_lab.config.keys import SAME_IMAGES, has
from gan_lab.errors import UsageError
from gan_lab.training.run import Run

# Facts of the environment that are the machine's, and nobody chose.
MACHINE = ("machine", "processor", "instructions", "device", "threads")

# What a change means, beside its name.
MEANS = {
    "backend": (
        " (weights and optimisers go on; latents, dropout and label noise are drawn "
        "anew, and sums are rounded in another order)"
    )
}


def changes(run: Run, saved: Saved | None, overrides: list[str]) -> dict[str, str]:
    """A clause for each thing that differs, by its name.

    Args:
        run: as it would go on.
        saved: the checkpoint it would go on from, as `Checkpoints.load` returns it.
        overrides: what its line asks for, as `key=value`.
    """
    keys = [override.partition("=")[0] for override in overrides]
    before, now = completed(run.folder.facts()["config"]), plain(run.config)
    found = differences(before, now)
    found = {key: both for key, both in found.items() if key not in keys}
    if saved:
        # What the checkpoint says is no change, whatever `run.json` does.
        from_there = differences(completed(saved[2]["config"]), now)
        found = {key: both for key, both in found.items() if key in from_there}
        found |= _around(run, saved[2], keys)
    clauses = {
        key: f"{key} was {old}, is {new}{MEANS.get(key, '')}"
        for key, (old, new) in found.items()
    }
    if not saved and (lost := _lost(run.folder)):
        clauses["checkpoints"] = (
            f"its checkpoints are gone, so it begins again, which loses {lost}"
        )
    return clauses


def require_consent(
    path: Path | str, found: Mapping[str, str], accepted: Collection[str]
) -> None:
    """Refuse to go on where something differs that nobody has accepted.

    Args:
        path: the run folder, as the user typed it.
        found: what `changes` returned.
        accepted: names of what may differ.

    Raises:
        UsageError: something else does.
    """
    if refused := [said for name, said in found.items() if name not in accepted]:
        raise UsageError(
            f"Resuming {path} would not be exact: {'; '.join(refused)}. Take it back, "
            "or add --accept-changes."
        )


def _around(run: Run, meta: dict, keys: list[str]) -> dict[str, tuple]:
    """Differences of environment and images, beside those that were asked for."""
    found = around(meta["environment"], run.environment)
    if "trainer.threads" in keys:
        found.pop("threads", None)
    if "trainer.deterministic" in keys:  # which JAX takes as such a flag
        found.pop("XLA_FLAGS", None)
    several = {"trainer.devices", "trainer.strategy"} & set(keys)
    if several and _kind(meta["environment"]) == _kind(run.environment):
        found.pop("device", None)
    chosen = [k for k in keys if k.startswith("data.") and not has(k, SAME_IMAGES)]
    if meta["data"] != run.data and not chosen:
        found["the hash of its images"] = meta["data"][:12], run.data[:12]
    return found


def _kind(environment: dict) -> str:
    """The kind of each of the devices."""
    return environment["device"].rpartition(" x ")[2]


def _lost(folder: RunFolder) -> str:
    """List what a run without its checkpoints would lose; nothing if it had none.

    A run that was ended before its first checkpoint writes the same again.
    """
    rows, grids = metrics_csv.read(folder.metrics), folder.grids()
    measured = list(scores_jsonl.read(folder.scores))
    reached = [row["round"] for row in rows] + [int(grid.stem) for grid in grids]
    reached += [score.round or 0 for score in measured]
    if not max(reached, default=0) or not _has_saved(folder, max(reached)):
        return ""
    counts = (
        (len(rows), "row", " of metrics.csv"),
        (len(grids), "grid", ""),
        (len(measured), "score", ""),
    )
    *others, last = [f"{n:,} {name}{'s' * (n > 1)}{of}" for n, name, of in counts if n]
    return f"{', '.join(others)} and {last}" if others else last


def _has_saved(folder: RunFolder, reached: float) -> bool:
    """Tell whether a run that came to a round must have written a checkpoint."""
    facts = folder.facts()
    trainer = facts["config"]["trainer"]
    return (
        facts["status"] in ("finished", "stopped")  # which both save first
        or (folder.path / "generator.keras").exists()
        or reached > trainer["checkpoint_ticks"] * trainer["tick_steps"]
    )
