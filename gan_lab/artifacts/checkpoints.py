"""Checkpoints: the exact state of a run, whole or not there, and never trusted.

A checkpoint is a folder named by its round:

    000200/state.npz     every variable, by role and place
    000200/meta.json     what the run depends on beside them
    000200/sha256sums    of both, as `sha256sum -c` reads it
"""

import contextlib
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from gan_lab.artifacts.files import sync
from gan_lab.errors import UsageError

PARTS = ("state.npz", "meta.json")
STOPGAP = "stopgap"
DAMAGES = (FileNotFoundError, ValueError, KeyError, zipfile.BadZipFile)


class Checkpoints:
    """The checkpoints of one run.

    Args:
        path: their folder.
    """

    def __init__(self, path: Path):
        self.path = path

    def rounds(self) -> list[int]:
        """The rounds that there are checkpoints of, ascending."""
        if not self.path.is_dir():
            return []
        return sorted(int(p.name) for p in self.path.iterdir() if p.name.isdecimal())

    def save(
        self,
        round: int,
        state: Mapping,
        meta: Mapping,
        keep: int,
        best: int | None = None,
        stopgap: bool = False,
    ) -> None:
        """Write the checkpoint of a round, then drop all but the newest and the best.

        One of the same round is the same state, and stays. A stopgap drops none of the
        others, and is itself dropped by the next: what stays is what a run keeps that
        was never stopped.

        Args:
            round: rounds played.
            state: variables by name.
            meta: what they depend on, as JSON can hold it.
            keep: how many of the newest stay.
            best: the round of one more that stays.
            stopgap: whether it is there only because the run was stopped.
        """
        self._sweep()
        if round not in self.rounds():
            self._write(round, state, dict(meta) | ({STOPGAP: True} if stopgap else {}))
        if stopgap:
            return
        lasting = [
            old for old in self.rounds() if old == round or not self._is_stopgap(old)
        ]
        for old in self.rounds():
            if old not in (*lasting[-keep:], best):
                self._drop(old)

    def _write(self, round: int, state: Mapping, meta: Mapping) -> None:
        final = self.path / f"{round:06d}"
        beside = self.path / f".{os.getpid()}-{round:06d}"
        beside.mkdir(parents=True)
        try:
            np.savez(beside / "state.npz", **state)
            (beside / "meta.json").write_text(json.dumps(meta, indent=2) + "\n")
            sums = [f"{_sha256(beside / part)}  {part}\n" for part in PARTS]
            (beside / "sha256sums").write_text("".join(sums))
            for file in (*PARTS, "sha256sums"):
                sync(beside / file)
            sync(beside)
            beside.rename(final)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        sync(self.path)

    def load(self, warn: Callable[[str], None]) -> tuple[int, dict, dict] | None:
        """The newest whole checkpoint.

        Args:
            warn: is told of each damaged one that was passed over.

        Returns:
            `round, state, meta`, or None where there is no checkpoint.

        Raises:
            UsageError: there are some, and none is whole.
        """
        rounds = self.rounds()
        for round in reversed(rounds):
            folder = self.path / f"{round:06d}"
            try:
                return round, *_read(folder)
            except DAMAGES as e:
                warn(f"The checkpoint of round {round} is damaged ({e}).")
        if rounds:
            raise UsageError(
                f"No checkpoint in {self.path} is whole. Remove them to start anew."
            )
        return None

    def load_round(self, round: int) -> tuple[int, dict, dict]:
        """The checkpoint of a round, as `load` returns it.

        Raises:
            UsageError: there is none, or it is damaged.
        """
        if round not in self.rounds():
            known = ", ".join(map(str, self.rounds())) or "none"
            raise UsageError(
                f"There is no checkpoint of round {round} in {self.path}. "
                f"Known: {known}."
            )
        try:
            return round, *_read(self.path / f"{round:06d}")
        except DAMAGES as e:
            raise UsageError(
                f"The checkpoint of round {round} is damaged ({e})."
            ) from None

    def newest_meta(self) -> dict:
        """What the newest checkpoint says of itself, its state left unread.

        Nothing where there is none that can be read.
        """
        for round in reversed(self.rounds()):
            with contextlib.suppress(OSError, ValueError):
                found = json.loads((self.path / f"{round:06d}/meta.json").read_text())
                if isinstance(found, dict):
                    return found
        return {}

    def drop_after(self, round: int) -> None:
        """Put the checkpoints of later rounds, which are damaged, out of the way."""
        for later in (later for later in self.rounds() if later > round):
            folder = self.path / f"{later:06d}"
            aside = folder.with_suffix(".damaged")
            shutil.rmtree(aside, ignore_errors=True)
            folder.rename(aside)

    def _is_stopgap(self, round: int) -> bool:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            meta = json.loads((self.path / f"{round:06d}/meta.json").read_text())
            return bool(meta.get(STOPGAP))
        return False

    def _drop(self, round: int) -> None:
        """Remove a checkpoint, which is there or gone for whoever looks."""
        aside = self.path / f".{os.getpid()}-{round:06d}"
        (self.path / f"{round:06d}").rename(aside)
        shutil.rmtree(aside)

    def _sweep(self) -> None:
        """Remove what a killed save left."""
        if self.path.is_dir():
            for half in self.path.glob(".*-*"):
                shutil.rmtree(half)


def _read(folder: Path) -> tuple[dict, dict]:
    lines = (folder / "sha256sums").read_text().splitlines()
    sums = dict(reversed(line.split("  ", 1)) for line in lines)
    for part in PARTS:
        if _sha256(folder / part) != sums.get(part):
            raise ValueError(f"{part} is not what was written")
    with np.load(folder / "state.npz", allow_pickle=False) as state:
        return dict(state), json.loads((folder / "meta.json").read_text())


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
