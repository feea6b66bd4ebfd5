"""Locks: one process at a time makes what several want."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path


def alone(folder: Path, waiting: Callable[[], None]) -> AbstractContextManager[object]:
    """A lock that one process at a time holds for a folder, which need not be there.

    Args:
        folder: what is to be made.
        waiting: is called where another process holds it, before it is waited for.
    """
    from filelock import FileLock, Timeout

    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(f".{folder.name}.lock"))
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        waiting()
        return lock.acquire()
