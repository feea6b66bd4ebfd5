"""The sides of a comparison: several runs, and what is known of each."""

import statistics
from collections import Counter
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from gan_lab.artifacts import RunFolder
from gan_lab.artifacts.run_json import Facts
from gan_lab.artifacts.scores_jsonl import Score
from gan_lab.config.defaults import completed
from gan_lab.doctor.diagnose import Finding, diagnose
from gan_lab.errors import DamagedError, UsageError
from gan_lab.review.report.facts import images_a_round
from gan_lab.system.damage import Warn, silent

FEWEST, MOST = 2, 12


@dataclass(frozen=True)
class Side:
    """A run among others, read once.

    Attributes:
        label: tells it from the others.
        folder: where it is.
        facts: of `run.json`.
        rows: of `metrics.csv`.
        scores: of `scores.jsonl`.
    """

    label: str
    folder: RunFolder
    facts: Facts
    rows: list[dict[str, float]]
    scores: list[Score]

    @cached_property
    def config(self) -> dict[str, Any]:
        """The whole configuration, with the defaults of keys that came later."""
        said: dict[str, Any] = self.facts["config"]
        return _filled(said, completed(said))

    @property
    def rounds(self) -> int:
        """The last round of its table."""
        return int(self.rows[-1]["round"]) if self.rows else 0

    @property
    def seconds(self) -> float:
        """The seconds that its rounds took."""
        return self.rows[-1]["seconds"] if self.rows else 0.0

    @property
    def images_seen(self) -> int:
        """Real images that its rounds took."""
        return self.rounds * images_a_round(self.config)

    @property
    def images_per_second(self) -> float | None:
        """The median of its ticks."""
        name = "speed/images_per_second"
        speeds = [row[name] for row in self.rows if name in row]
        return statistics.median(speeds) if speeds else None

    @property
    def peak_memory_bytes(self) -> int | None:
        """Known when it has ended once."""
        peak: int | None = self.folder.summary().get("peak_memory_bytes")
        return peak

    @cached_property
    def best(self) -> tuple[str | None, int] | None:
        """The score that it is judged by, if known, and the round where it is best."""
        meta = self.folder.checkpoints.newest_meta()
        if meta.get("best_round") is None:
            return None
        return meta.get("metric"), meta["best_round"]

    @cached_property
    def findings(self) -> list[Finding]:
        """Findings of the doctor."""
        return diagnose(self.rows, self.folder.loss_levels())

    @cached_property
    def latents(self) -> np.ndarray | None:
        """The latents of its grids, float32 `(count, latent_dim)`, if known."""
        try:
            latents = self.folder.latents()
        except DamagedError as error:
            self.folder.warn(f"{error} It is left out.")
            return None
        return latents * np.float32(self.config["trainer"]["sample_scale"])


def sides(paths: Iterable[Path], warn: Warn = silent) -> list[Side]:
    """The runs in these folders, each with a label of its own.

    Args:
        paths: the folders.
        warn: is told what is damaged in them, and left out.

    Raises:
        UsageError: they are too few or too many, one is given twice or is not a run.
    """
    paths = list(paths)
    if not FEWEST <= len(paths) <= MOST:
        raise UsageError(
            f"`compare` takes {FEWEST} to {MOST} runs. Received: {len(paths)}."
        )
    folders = [RunFolder(path, warn) for path in paths]
    counts = Counter(folder.path.resolve() for folder in folders)
    for path, folder in zip(paths, folders, strict=True):
        if counts[folder.path.resolve()] > 1:
            raise UsageError(f"{path} is given more than once.")
    folders, facts = _whole(folders, warn)
    return [
        Side(
            label,
            folder,
            known,
            folder.rows(),
            folder.measured(),
        )
        for label, folder, known in zip(
            _labels(folders, facts), folders, facts, strict=True
        )
    ]


def _whole(folders: list[RunFolder], warn: Warn) -> tuple[list[RunFolder], list[Facts]]:
    """The folders whose facts are known, and these; the others are left out.

    Raises:
        DamagedError: too few are left.
    """
    whole, facts = [], []
    for folder in folders:
        try:
            known = folder.facts()
            _ = known["config"]
        except DamagedError as error:
            if len(folders) <= FEWEST:
                raise
            folders = [other for other in folders if other is not folder]
            warn(f"{error} The run is left out.")
            continue
        whole.append(folder)
        facts.append(known)
    return whole, facts


def _filled(said: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """What a run says, in its order, and then what it does not."""
    found = copy(said)
    for key, value in whole.items():
        if isinstance(value, dict) and isinstance(said.get(key), dict):
            found[key] = _filled(said[key], value)
        elif key not in said:
            found[key] = value
    return found


def _labels(folders: list[RunFolder], facts: list[Facts]) -> list[str]:
    """Names where they differ; else with when each began; else paths.

    A job of a sweep is named by its folder, which says what it is.
    """
    places = [folder.path.resolve() for folder in folders]
    names = [
        place.name if (place.parent / "jobs").is_dir() else known["config"]["name"]
        for place, known in zip(places, facts, strict=True)
    ]
    longer = [f"{n} {p.name}" for n, p in zip(names, places, strict=True)]
    for labels in (names, longer):
        if len(set(labels)) == len(labels):
            return labels
    return [str(folder.path) for folder in folders]
