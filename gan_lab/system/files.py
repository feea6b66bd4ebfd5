"""Files that are whole or not there: written beside, synced, renamed.

What is damaged is never removed: it is set aside as `NAME.damaged`.
"""

import contextlib
import itertools
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gan_lab.errors import DamagedError
from gan_lab.system.damage import reading


def write(path: Path, content: bytes) -> None:
    """Put `content` at `path`; who reads it meets the old file or the new one."""
    produce(path, lambda beside: beside.write_bytes(content))


def write_json(path: Path, content: object) -> None:
    """Put `content` at `path` as indented JSON."""
    write(path, (json.dumps(content, indent=2) + "\n").encode())


def read_noted(path: Path, warn: Callable[[str], None]) -> dict[str, Any]:
    """The facts in a JSON file whose whole content can be spared; none without it.

    Args:
        path: the file.
        warn: is told where it is damaged, and left out.
    """
    if not path.exists():
        return {}
    try:
        with reading(path):
            return dict(json.loads(path.read_text(encoding="utf-8")))
    except DamagedError as error:
        warn(f"{error} It is left out.")
        return {}


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


def set_aside(path: Path) -> str:
    """Rename a file or folder to the first free of `NAME.damaged`; a sentence."""
    aside = _aside(path)
    path.rename(aside)
    return f"It is kept as {aside.name}."


def kept(path: Path) -> str:
    """Copy a file, or rename a folder, as `set_aside` does; a sentence."""
    if path.is_dir():
        return set_aside(path)
    aside = _aside(path)
    shutil.copyfile(path, aside)
    sync(aside)
    return f"It is kept as it was in {aside.name}."


def make_way(path: Path, warn: Callable[[str], None]) -> None:
    """Set a folder aside that is in the place of a file.

    Args:
        path: of the file, which need not be there.
        warn: is told where there was one.
    """
    if path.is_dir():
        warn(f"{path} is damaged (it is a folder). {set_aside(path)}")


def _aside(path: Path) -> Path:
    # TensorBoard reads whatever has `tfevents` in its name.
    name = f"{path.name.replace('.tfevents', '')}.damaged"
    names = (name if n == 1 else f"{name}-{n}" for n in itertools.count(1))
    free = (path.with_name(name) for name in names)
    return next(place for place in free if not os.path.lexists(place))


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
