"""Engines: where the jobs of a sweep are played."""

from pathlib import Path
from typing import Protocol


class Task(Protocol):
    """A job that was begun.

    It may have `kill()`, which ends it at once, for one that does not end; and
    `has_begun()`, where it may have to wait for a machine first.
    """

    def poll(self) -> int | None:
        """The exit code of the job; None while it is under way."""

    def stop(self) -> None:
        """Ask it to save and end."""


class Engine(Protocol):
    """A place where jobs are played."""

    def start(self, spec: Path, log: Path, slot: int) -> Task:
        """Begin the job of a specification.

        Args:
            spec: its file.
            log: what it says goes to the end of this one.
            slot: the worker's.
        """
