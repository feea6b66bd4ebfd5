"""Files that are whole or not there: written beside, synced, renamed."""

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Put `content` at `path`; who reads it meets the old file or the new one."""
    produce(path, lambda beside: beside.write_bytes(content))


def write_json(path: Path, content) -> None:
    """Put `content` at `path` as indented JSON."""
    write(path, (json.dumps(content, indent=2) + "\n").encode())


def produce(path: Path, make: Callable[[Path], object]) -> None:
    """Put at `path` what `make` writes to the path it is given.

    That path is beside `path` and has its suffix.
    """
    beside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        make(beside)
        sync(beside)
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Have the disk keep a file's content, or the names in a folder.

    Windows cannot sync a folder: there a rename survives a crash of the program, and
    a power cut only as far as the file system promises.
    """
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
