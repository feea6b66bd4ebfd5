"""Mending: what is damaged in a run folder is set aside, and made again if it can be.

It is done before a run goes on from a whole checkpoint; nothing is removed.
"""

import io
from pathlib import Path

import numpy as np

from gan_lab import pictures
from gan_lab.artifacts import run_json, tensorboard
from gan_lab.artifacts.metrics_csv import Metrics
from gan_lab.artifacts.run_folder import FOLDERS, RunFolder
from gan_lab.errors import DamagedError
from gan_lab.system import files
from gan_lab.system.damage import Warn

FILES = (
    "config.yaml",
    "run.json",
    "metrics.csv",
    "summary.json",
    "log.txt",
    "scores.jsonl",
    "events.jsonl",
    "latents.npy",
    "timelapse.gif",
    "generator.keras",
    "generator_ema.keras",
)


def mend(
    folder: RunFolder,
    round: int,
    *,
    config: str,
    latents: np.ndarray,
    columns: list[str],
    shape: tuple[int, ...],
    warn: Warn,
) -> None:
    """Make a folder whole up to a round, and forget what came after it.

    Args:
        folder: of the run, which this process holds.
        round: of the checkpoint that it goes on from.
        config: why `config.yaml` is not what was written, or nothing.
        latents: the fixed latents, as they are drawn.
        columns: what a round logs, and what is looked at.
        shape: of a sample.
        warn: is told of each damage, in a sentence.
    """
    for name in FILES:
        files.make_way(folder.path / name, warn)
    for name in FOLDERS:
        _make_folder(folder.path / name, warn)
    if config:
        _set_aside(folder.config, config, warn)
    _mend_facts(folder, warn)
    _mend_latents(folder, latents, warn)
    folder.go_back(round, warn)
    Metrics(folder.metrics, columns).start(round, warn)
    _mend_grids(folder, shape, warn)


def _make_folder(path: Path, warn: Warn) -> None:
    if not path.is_dir():
        _set_aside(path, DamagedError(path, "it is not a folder"), warn)
        path.mkdir()


def _set_aside(path: Path, damage: object, warn: Warn) -> None:
    """Say what is made again, and where what was there is kept."""
    kept = f" {files.set_aside(path)}" if path.exists() else ""
    warn(f"{damage}{kept} It is made again.")


def _mend_facts(folder: RunFolder, warn: Warn) -> None:
    """`run.json` says the rest when the run goes on."""
    path = folder.path / "run.json"
    try:
        run_json.require(run_json.read(path))
    except DamagedError as error:
        _set_aside(path, error, warn)


def _mend_latents(folder: RunFolder, latents: np.ndarray, warn: Warn) -> None:
    path = folder.path / "latents.npy"
    try:
        found = folder.latents()
        if (found.shape[1:], found.dtype) != (latents.shape[1:], latents.dtype):
            raise DamagedError(path, "its latents are of another size or type")
    except DamagedError as error:
        _set_aside(path, error, warn)
        folder.write_latents(latents)


def _mend_grids(folder: RunFolder, shape: tuple[int, ...], warn: Warn) -> None:
    """Write again what TensorBoard lacks of the grids."""
    for png in folder.drawn():
        try:
            pictures.require_png(png)
        except DamagedError as error:
            warn(f"{error} {files.set_aside(png)}")
    channels, again = shape[-1] if len(shape) == 3 else 3, []
    for round, content in tensorboard.pictures(folder.tensorboard, "samples").items():
        if not folder.sample_path(round).exists():
            sheet = pictures.read_png(io.BytesIO(content))
            folder.add_sample(round, sheet[..., :channels])  # it has no gray ones
            again.append(f"{round:,}")
    if again:
        warn(f"Made again from TensorBoard's files: the grids of {', '.join(again)}.")
