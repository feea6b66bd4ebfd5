"""The run folder: what was run, what came out, and how to continue."""

import contextlib
import errno
import itertools
import json
import os
import shutil
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from gan_lab.artifacts import events, files, pictures, scores
from gan_lab.artifacts.checkpoints import Checkpoints
from gan_lab.errors import UsageError


class RunFolder:
    """The folder of one run.

    Args:
        path: the folder, which `create` made.

    Raises:
        UsageError: it is no run folder.
    """

    def __init__(self, path: Path | str):
        self.path = Path(path).expanduser()
        self.config = self.path / "config.yaml"
        self.log = self.path / "log.txt"
        self.metrics = self.path / "metrics.csv"
        self.samples = self.path / "samples"
        self.scores = self.path / "scores.jsonl"
        self.tensorboard = self.path / "tensorboard"
        self.checkpoints = Checkpoints(self.path / "checkpoints")
        self._lock = None
        if not (self.path / "run.json").is_file():
            raise UsageError(f"{path} is no run folder: it has no run.json.")

    @classmethod
    def create(cls, wanted: Path, config: str, facts: dict, latents):
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
            for part in ("samples", "checkpoints", "tensorboard"):
                (beside / part).mkdir()
            files.write_json(beside / "run.json", {"status": "running", **facts})
            path = _rename_to_free(beside, wanted)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        files.sync(parent)
        return cls(path)

    def lock(self) -> None:
        """Hold the folder until `unlock` or the end of the process.

        Raises:
            UsageError: another process holds it, so the run is alive.
        """
        from filelock import FileLock, Timeout

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

    def facts(self) -> dict:
        """What `run.json` says; a run without its process is interrupted."""
        facts = self._read_facts()
        if facts["status"] == "running" and not self._is_held():
            facts |= {"status": "interrupted", "reason": "its process ended"}
        return facts

    def state(self, **facts) -> None:
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
        """What `config.yaml` says."""
        return self.config.read_text(encoding="utf-8")

    def first_config(self) -> str | None:
        """What `config.yaml` said when round 1 began, where TensorBoard still has it.

        A resume that changes keys replaces the file.
        """
        logged = events.text(self.tensorboard, "config")
        return logged and textwrap.dedent(logged)

    def event(self, name: str, /, **facts) -> None:
        """Add a line to `events.jsonl`."""
        line = json.dumps({"time": now(), "event": name, **facts})
        with (self.path / "events.jsonl").open("a", encoding="utf-8") as lines:
            lines.write(line + "\n")

    def events(self) -> list[dict]:
        """The lines of `events.jsonl`; one that was cut off does not count."""
        path, found = self.path / "events.jsonl", []
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        for line in lines:
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return [event for event in found if isinstance(event, dict)]

    def summarise(self, summary: dict) -> None:
        """Write `summary.json`."""
        files.write_json(self.path / "summary.json", summary)

    def summary(self) -> dict:
        """What `summary.json` says; nothing before the run has ended once."""
        path = self.path / "summary.json"
        return self._read(path) if path.is_file() else {}

    def latents(self) -> np.ndarray:
        """The fixed latents."""
        return np.load(self.path / "latents.npy", allow_pickle=False)

    def grids(self) -> list[Path]:
        """The saved grids, by round."""
        pngs = (p for p in self.samples.glob("*.png") if p.stem.isdecimal())
        return sorted(pngs, key=lambda png: int(png.stem))

    def add_sample(self, round: int, sheet: np.ndarray) -> None:
        """Save a grid as `samples/<round>.png`."""
        path = self.samples / f"{round:06d}.png"
        files.produce(path, lambda beside: pictures.write_png(beside, sheet))

    def newest_sample(self) -> np.ndarray | None:
        """The grid of the highest round, uint8 `(height, width, channels)`."""
        pngs = self.grids()
        return pictures.read_png(pngs[-1]) if pngs else None

    def write_film(self) -> None:
        """Make `timelapse.gif` of all grids."""
        pngs = self.grids()
        if pngs:
            path = self.path / "timelapse.gif"
            files.produce(path, lambda beside: pictures.write_film(beside, pngs))

    def write_network(self, name: str, network) -> None:
        """Save a Keras model as `<name>.keras`."""
        files.produce(self.path / f"{name}.keras", network.save)

    def go_back(self, round: int) -> None:
        """Forget what came after a round, and what killed writes left behind."""
        for place in (self.path, self.samples, self.tensorboard):
            for half in place.glob(".[0-9]*-*"):
                half.unlink()
        for png in self.grids():
            if int(png.stem) > round:
                png.unlink()
        if round:
            events.trim(self.tensorboard, round)
        else:
            shutil.rmtree(self.tensorboard, ignore_errors=True)
        scores.trim(self.scores, round)
        self._trim_events(round)
        self.checkpoints.drop_after(round)

    def _trim_events(self, round: int) -> None:
        """Forget what happened after a round: it will happen again."""
        events = self.events()
        kept = [event for event in events if event.get("round", 0) <= round]
        if kept != events:
            lines = "".join(json.dumps(event) + "\n" for event in kept)
            files.write(self.path / "events.jsonl", lines.encode())

    def _read_facts(self) -> dict:
        path = self.path / "run.json"
        facts = self._read(path)
        if "status" not in facts:
            raise UsageError(f"{path} is damaged (it says no status).")
        return facts

    def _read(self, path: Path) -> dict:
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise UsageError(f"{path} is damaged ({error}).") from None

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


def _rename_to_free(path: Path, wanted: Path) -> Path:
    """Rename a folder to the wanted name, or that with the first free suffix."""
    for number in itertools.count(1):
        free = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            return path.rename(free)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
