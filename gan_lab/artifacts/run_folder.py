"""The run folder: what was run, what came out, and how to continue."""

import errno
import hashlib
import os
import shutil
import textwrap
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gan_lab import pictures
from gan_lab.artifacts import events_jsonl, metrics_csv, scores_jsonl, tensorboard
from gan_lab.artifacts.checkpoints import Checkpoints
from gan_lab.artifacts.run_json import Facts, known, read
from gan_lab.errors import DamagedError, UsageError
from gan_lab.system import files
from gan_lab.system.damage import Warn, reading, silent

if TYPE_CHECKING:
    from filelock import BaseFileLock

FOLDERS = ("samples", "checkpoints", "tensorboard")


class RunFolder:
    """The folder of one run.

    What is damaged in it is left out, and told; what nothing can take the place of is
    a `DamagedError` for who asks for it.

    Args:
        path: the folder, which `create` made.
        warn: is told what is left out.

    Raises:
        UsageError: it is not a run folder.
    """

    def __init__(self, path: Path | str, warn: Warn = silent):
        self.path = Path(path).expanduser()
        self.config = self.path / "config.yaml"
        self.log = self.path / "log.txt"
        self.metrics = self.path / "metrics.csv"
        self.samples = self.path / "samples"
        self.scores = self.path / "scores.jsonl"
        self.journal = self.path / "events.jsonl"
        self.tensorboard = self.path / "tensorboard"
        self.checkpoints = Checkpoints(self.path / "checkpoints")
        self.warn = warn
        self._lock: BaseFileLock | None = None
        if not is_run(self.path):
            raise UsageError(f"{path} is not a run folder: it has no run.json.")

    @classmethod
    def create(
        cls, wanted: Path, config: str, facts: dict[str, Any], latents: np.ndarray
    ) -> Self:
        """Make a run folder, whole from its first moment.

        Args:
            wanted: the folder; where it exists, a suffix makes it another.
            config: YAML.
            facts: for `run.json`.
            latents: the fixed latents, float32 array `(count, latent_dim)`.
        """
        parent = wanted.parent
        parent.mkdir(parents=True, exist_ok=True)
        beside = parent / f".{os.getpid()}-{time.monotonic_ns()}"
        beside.mkdir()
        try:
            (beside / "config.yaml").write_text(config, encoding="utf-8")
            np.save(beside / "latents.npy", latents, allow_pickle=False)
            for part in FOLDERS:
                (beside / part).mkdir()
            facts = {"latents": _sha256(beside / "latents.npy"), **facts}
            files.write_json(beside / "run.json", {"status": "running", **facts})
            path = _rename_to_free(beside, wanted)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        files.sync(parent)
        return cls(path)

    def lock(self, warn: Warn = silent) -> None:
        """Hold the folder until `unlock` or the end of the process.

        Args:
            warn: is told of what stood in the place of the lock.

        Raises:
            UsageError: another process holds it, so the run is alive.
        """
        from filelock import FileLock, Timeout

        files.make_way(self.path / ".lock", warn)
        self._lock = FileLock(self.path / ".lock")
        try:
            self._lock.acquire(timeout=1)  # who only looks holds it for a moment
        except Timeout:
            raise UsageError(
                f"{self.path} is being trained by another process."
            ) from None

    def unlock(self) -> None:
        """Let go of the folder."""
        if self._lock:
            self._lock.release()

    def facts(self) -> Facts:
        """The facts in `run.json`; a run without its process is interrupted.

        Raises:
            DamagedError: it is damaged, and so is whatever could take its place.
        """
        facts = self._read_facts()
        if facts["status"] == "running" and not self._is_held():
            facts |= {"status": "interrupted", "reason": "its process ended"}
        return facts

    def loss_levels(self) -> list[float] | None:
        """The levels of the discriminator's loss, where `run.json` has them."""
        try:
            said = read(self.path / "run.json").get("loss_levels")
        except DamagedError:
            return None
        if not isinstance(said, list) or len(said) != 3:
            return None
        return said if all(isinstance(level, float) for level in said) else None

    def state(self, **facts: object) -> None:
        """Change facts in `run.json`."""
        path = self.path / "run.json"
        files.write_json(path, self._read_facts() | facts)

    def finish(self, status: str, reason: str, exit_code: int) -> None:
        """Note in `run.json` how the run ended."""
        self.state(status=status, reason=reason, exit_code=exit_code, ended=now())

    def write_config(self, config: str) -> None:
        """Replace `config.yaml`."""
        files.write(self.config, config.encode())

    def read_config(self) -> str:
        """The text of `config.yaml`.

        Raises:
            DamagedError: it is damaged.
        """
        with reading(self.config):
            return self.config.read_text(encoding="utf-8")

    def first_config(self) -> str | None:
        """The `config.yaml` of round 1, where TensorBoard still has it.

        A resume that changes keys replaces the file.
        """
        logged = tensorboard.text(self.tensorboard, "config")
        return logged and textwrap.dedent(logged)

    def event(self, name: str, /, **facts: object) -> None:
        """Add a line to `events.jsonl`."""
        events_jsonl.append(self.journal, {"time": now(), "event": name, **facts})

    def events(self) -> list[dict[str, Any]]:
        """The lines of `events.jsonl`."""
        return events_jsonl.read(self.journal, self.warn)

    def rows(self) -> list[dict[str, float]]:
        """The rows of `metrics.csv`."""
        return metrics_csv.read(self.metrics, self.warn)

    def measured(self) -> list[scores_jsonl.Score]:
        """The lines of `scores.jsonl`."""
        return scores_jsonl.read(self.scores, self.warn)

    def summarise(self, summary: dict[str, Any]) -> None:
        """Write `summary.json`."""
        files.write_json(self.path / "summary.json", summary)

    def summary(self) -> dict[str, Any]:
        """The facts in `summary.json`; none before the run has ended once."""
        return files.read_noted(self.path / "summary.json", self.warn)

    def latents(self) -> np.ndarray:
        """The fixed latents.

        Raises:
            DamagedError: they are damaged.
        """
        path = self.path / "latents.npy"
        written = self._read_facts().get("latents")
        with reading(path), warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy repairs headers, and says so
            latents: np.ndarray = np.load(path, allow_pickle=False)
            if latents.ndim != 2 or written not in (None, _sha256(path)):
                raise ValueError("it is not what was written")
        return latents

    def write_latents(self, latents: np.ndarray) -> None:
        """Replace the fixed latents."""
        path = self.path / "latents.npy"
        files.produce(path, lambda beside: np.save(beside, latents, allow_pickle=False))
        self.state(latents=_sha256(path))

    def grids(self) -> list[Path]:
        """The saved grids that are whole, by round."""
        return [png for png in self.drawn() if self._is_whole(png)]

    def drawn(self) -> list[Path]:
        """Whatever is in the place of a grid, by round."""
        pngs = (p for p in self.samples.glob("*.png") if p.stem.isdecimal())
        return sorted(pngs, key=lambda png: int(png.stem))

    def sample_path(self, round: int) -> Path:
        """The path of the grid of a round."""
        return self.samples / f"{round:06d}.png"

    def add_sample(self, round: int, sheet: np.ndarray) -> None:
        """Save a grid as `samples/<round>.png`."""
        path = self.sample_path(round)
        files.produce(path, lambda beside: pictures.write_png(beside, sheet))

    def last_grid(self) -> Path | None:
        """The whole grid of the highest round."""
        return next(filter(self._is_whole, reversed(self.drawn())), None)

    def newest_sample(self) -> np.ndarray | None:
        """The same as a picture, uint8 `(height, width, channels)`."""
        png = self.last_grid()
        return pictures.read_png(png) if png else None

    def _is_whole(self, png: Path) -> bool:
        try:
            pictures.require_png(png)
        except DamagedError as error:
            self.warn(f"{error} It is left out.")
            return False
        return True

    def write_film(self) -> None:
        """Make `timelapse.gif` of all grids."""
        pngs = self.grids()
        if pngs:
            path = self.path / "timelapse.gif"
            files.produce(path, lambda beside: pictures.write_film(beside, pngs))

    def write_network(self, name: str, network: Any) -> None:
        """Save a Keras model as `<name>.keras`."""
        files.produce(self.path / f"{name}.keras", network.save)

    def go_back(self, round: int, warn: Warn = silent) -> None:
        """Forget what came after a round, and what killed writes left behind.

        Args:
            round: the last one of which anything stays.
            warn: is told of what is damaged, and where it is kept.
        """
        for place in (self.path, self.samples, self.tensorboard):
            for half in filter(Path.is_file, place.glob(".[0-9]*-*")):
                half.unlink()
        for png in self.drawn():
            if int(png.stem) > round and png.is_file():
                png.unlink()
        if round:
            tensorboard.trim(self.tensorboard, round, warn)
        else:
            shutil.rmtree(self.tensorboard, ignore_errors=True)
        scores_jsonl.trim(self.scores, round, warn)
        events_jsonl.trim(self.journal, round, warn)
        self.checkpoints.drop_after(round, warn)

    def _read_facts(self) -> Facts:
        path = self.path / "run.json"
        return known(path, self.checkpoints.newest_meta, self.warn)

    def _is_held(self) -> bool:
        from filelock import FileLock, Timeout

        if self._lock and self._lock.is_locked:
            return True
        try:
            with FileLock(self.path / ".lock").acquire(timeout=0):
                return False
        except Timeout:
            return True
        except OSError:  # a folder that is only to be read is not being trained
            return False


def is_run(path: Path) -> bool:
    """Tell whether a folder is that of a run, even one whose `run.json` is lost."""
    known = (path / "run.json").is_file()
    return known or bool(Checkpoints(path / "checkpoints").newest_meta())


def dated(runs: str, name: str) -> Path:
    """The folder `runs/name/<date-time>` of a run that begins now.

    Args:
        runs: where run folders are.
        name: of the run; may have slashes.
    """
    return Path(runs).expanduser() / name / time.strftime("%Y%m%d-%H%M%S")


def now() -> str:
    """The time, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _rename_to_free(path: Path, wanted: Path) -> Path:
    """Rename a folder to the wanted name, or that with the first free suffix."""
    number, free = 1, wanted
    while True:
        try:
            return path.rename(free)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
        number += 1
        free = wanted.with_name(f"{wanted.name}-{number}")
