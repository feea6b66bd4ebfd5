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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gan_lab.errors import DamagedError, UsageError
from gan_lab.system import files
from gan_lab.system.damage import Warn, reading, silent
from gan_lab.system.files import sync

PARTS = ("state.npz", "meta.json")
STOPGAP = "stopgap"
State = dict[str, np.ndarray]
Meta = dict[str, Any]
Saved = tuple[int, State, Meta]  # the round that it is of comes first


class Checkpoints:
    """The checkpoints of one run.

    Args:
        path: their folder.
    """

    def __init__(self, path: Path):
        self.path = path

    def rounds(self) -> list[int]:
        """The rounds that there are checkpoints of, ascending."""
        return [int(place.name) for place in self._named() if place.is_dir()]

    def save(
        self,
        round: int,
        state: Mapping[str, np.ndarray],
        meta: Mapping[str, Any],
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

    def _write(
        self, round: int, state: Mapping[str, np.ndarray], meta: Mapping[str, Any]
    ) -> None:
        final = self.path / f"{round:06d}"
        beside = self.path / f".{os.getpid()}-{round:06d}"
        beside.mkdir(parents=True)
        try:
            # NumPy's types take any name for its own `allow_pickle`.
            np.savez(beside / "state.npz", **state)  # type: ignore[arg-type]
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

    def load(self, warn: Warn) -> Saved | None:
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
            try:
                return self.load_round(round)
            except DamagedError as error:
                warn(str(error))
        if rounds:
            raise UsageError(
                f"No checkpoint in {self.path} is whole. Remove them to start anew."
            )
        return None

    def load_round(self, round: int) -> Saved:
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
        with reading(self._name(round)):
            return round, *_read(self.path / f"{round:06d}")

    def newest_meta(self) -> Meta:
        """Facts that the newest checkpoint holds of itself, its state left unread.

        Nothing where there is none that can be read.
        """
        for round in reversed(self.rounds()):
            with contextlib.suppress(DamagedError), reading(self._name(round)):
                return _meta(self.path / f"{round:06d}")
        return {}

    def drop_after(self, round: int, warn: Warn = silent) -> None:
        """Set aside the checkpoints of later rounds, which are damaged.

        Others that are damaged are set aside, too, and so is a file in their place.

        Args:
            round: of the newest one that is whole.
            warn: is told of what is damaged beside those of later rounds.
        """
        for place in self._named():
            if place.is_dir() and int(place.name) > round:
                files.set_aside(place)
                continue
            try:
                with reading(self._name(int(place.name))):
                    _require_whole(place)
            except DamagedError as error:
                warn(f"{error} {files.set_aside(place)}")

    def _name(self, round: int) -> str:
        return f"The checkpoint of round {round}"

    def _named(self) -> list[Path]:
        """Paths with the name of a checkpoint, by round."""
        if not self.path.is_dir():
            return []
        names = (p.name for p in self.path.iterdir() if p.name.isdecimal())
        rounds = sorted(int(n) for n in names if n == f"{int(n):06d}")
        return [self.path / f"{round:06d}" for round in rounds]

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
                if half.is_dir():  # a file is none of ours
                    shutil.rmtree(half)


def _read(folder: Path) -> tuple[State, Meta]:
    _require_whole(folder)
    with np.load(folder / "state.npz", allow_pickle=False) as state:
        return dict(state), _meta(folder)


def _meta(folder: Path) -> Meta:
    _require_whole(folder, "meta.json")
    return dict(json.loads((folder / "meta.json").read_text()))


def _require_whole(folder: Path, *parts: str) -> None:
    """Refuse a checkpoint of which parts, or any, are not what was written."""
    lines = (folder / "sha256sums").read_text().splitlines()
    sums = {name: digest for digest, _, name in (x.partition("  ") for x in lines)}
    for part in parts or PARTS:
        if _sha256(folder / part) != sums.get(part):
            raise ValueError(f"{part} is not what was written")


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
