"""Lines of JSON: each is added on a line of its own, and read alone."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from gan_lab.errors import DamagedError
from gan_lab.system import files
from gan_lab.system.damage import UNREADABLE, Warn, of_lines, reading, reason

T = TypeVar("T")


def append(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Add records at the end of a file; a line that is cut off there is ended first."""
    content = "".join(json.dumps(record) + "\n" for record in records).encode()
    with path.open("ab+") as file:
        end = file.tell()
        file.seek(max(0, end - 1))
        cut_off = end and file.read() != b"\n"
        file.write(b"\n" + content if cut_off else content)


def read(path: Path, make: Callable[[object], T], warn: Warn) -> list[T]:
    """The content of each line of a file; nothing where there is no file.

    A last line that was cut off does not count, and is no damage: that is how a kill
    leaves it, and how it looks while it is being written.

    Args:
        path: the file.
        make: from the JSON of a line to what it says; raises where that is not of
            this file.
        warn: is told of the lines that are left out.
    """
    return [record for _, record in _whole(path, make, warn)]


def trim(
    path: Path,
    make: Callable[[object], T],
    is_kept: Callable[[T], bool],
    warn: Warn,
) -> None:
    """Leave the whole lines that are to be kept, and nothing else.

    Args:
        path: the file.
        make: as `read` takes it.
        is_kept: whether a line stays.
        warn: is told of damage, and where the file is kept as it was.
    """
    damage: list[str] = []
    whole = _whole(path, make, damage.append)
    kept = b"".join(line + b"\n" for line, record in whole if is_kept(record))
    if damage:
        warn(" ".join([*damage, files.kept(path)]))
    if path.is_file() and path.read_bytes() != kept:
        files.write(path, kept)


def _whole(
    path: Path, make: Callable[[object], T], warn: Warn
) -> list[tuple[bytes, T]]:
    """The lines that can be read, each with what it says."""
    if not path.exists():
        return []
    try:
        with reading(path):
            *ended, rest = path.read_bytes().split(b"\n")
    except DamagedError as error:
        warn(str(error))
        return []
    found: list[tuple[bytes, T]] = []
    bad: dict[int, str] = {}
    for number, line in enumerate([*ended, rest], 1):
        if not line.strip():
            continue
        try:
            found.append((line, make(json.loads(line.decode("utf-8")))))
        except UNREADABLE as error:
            if number <= len(ended) or not line.startswith(b"{"):
                bad[number] = reason(error)
    if bad:
        warn(of_lines(path, bad))
    return found
