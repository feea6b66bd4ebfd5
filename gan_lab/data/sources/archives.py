"""Folders, zip and tar archives as one thing: names, and the bytes of a name."""

import errno
import itertools
import lzma
import os
import posixpath
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NoReturn, Self

import numpy as np

from gan_lab.data.preparation.decode import LeftOutError
from gan_lab.data.source import Pictures
from gan_lab.errors import UsageError

SUFFIXES = {
    ".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pgm",
    ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp",
}  # fmt: skip
HIDDEN = (".", "__MACOSX")
PASSED = 256  # files of a tar archive that are kept for threads that lag behind
MAX_BYTES = 2**28  # of a file: no picture is larger, and an archive may promise little
UNREADABLE = (  # what an archive that is damaged, or too new, leads to
    zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError,
    RuntimeError, UnicodeDecodeError,
)  # fmt: skip
DAMAGED: tuple[type[tarfile.HeaderError], ...] = (  # a header; typeshed has neither
    tarfile.InvalidHeaderError,  # type: ignore[attr-defined]
    tarfile.TruncatedHeaderError,  # type: ignore[attr-defined]
)


def files(path: str, where: str, recursive: bool = True) -> dict[str, str]:
    """Name -> path of a folder's pictures, or of the one archive.

    Args:
        path: the folder or archive.
        where: what to get, and where, for the message where there is nothing.
        recursive: whether subfolders count.

    Raises:
        UsageError: there is no such folder or archive.
    """
    root = Path(path).expanduser()
    if root.is_dir():
        names = sorted(name for name in _walk(root, recursive) if is_picture(name))
        return {name: f"{root}/{name}" for name in names}
    if not root.is_file():
        raise UsageError(f"`data.path`: there is no {path}. {where}")
    return {root.name: os.fspath(root)}


def pictures(path: str, where: str, recursive: bool = True) -> Pictures:
    """The pictures in a folder, or in a zip or tar archive, which is read in place.

    Hidden files and files of other kinds do not count. Those of a tar archive, which
    can only be read from its beginning, come in its own order; others by name.

    Args:
        path: the folder or archive.
        where: what to get, and where, for the message where there is nothing.
        recursive: whether subfolders count.

    Raises:
        UsageError: there is no such folder or archive, or no picture in it.
    """
    root = Path(path).expanduser()
    try:
        found, read = _open(root, where)
    except UNREADABLE as error:
        raise UsageError(f"`data.path`: {path} cannot be read ({error}).") from None
    places: list[int] = []
    ignored: list[int] = []
    for place, name in enumerate(found):
        used = is_picture(name) and (recursive or len(PurePosixPath(name).parts) == 1)
        (places if used else ignored).append(place)
    if not places:
        raise UsageError(f"`data.path`: there is no picture in {path}. {where}")
    return Pictures(
        names=[found[place] for place in places],
        read=lambda place: read(places[place]),
        ignored=tuple(found[place] for place in ignored),
        sequential=isinstance(getattr(read, "__self__", None), _Tape),
    )


def is_picture(name: str) -> bool:
    """Tell whether a file counts as a picture, by its name."""
    # It is asked of every file several times, and `PurePosixPath` is slow.
    if posixpath.splitext(name)[1].lower() not in SUFFIXES:
        return False
    parts = name.split("/")
    return not any(p.startswith(HIDDEN) and p not in (".", "..") for p in parts)


def classes(names: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels by the first folder that is not common to all names.

    Returns:
        `labels, classes`: int32 `(len(names),)`, and the folders' names, sorted.

    Raises:
        UsageError: there are no such folders.
    """
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    depth = _common(min(folders), max(folders))
    of = [folder[depth] if len(folder) > depth else "." for folder in folders]
    known = tuple(sorted(set(of)))
    if len(known) < 2:
        raise UsageError(
            "`data.labels=folder` needs pictures in two folders or more, one a class. "
            f"Received: {len(names)} in one."
        )
    place = {name: number for number, name in enumerate(known)}
    return np.array([place[name] for name in of], np.int32), known


def _common(first: tuple[str, ...], last: tuple[str, ...]) -> int:
    """The number of parts that two paths begin with alike."""
    alike = (a == b for a, b in zip(first, last, strict=False))
    return sum(1 for _ in itertools.takewhile(bool, alike))


def _open(root: Path, where: str) -> tuple[list[str], Callable[[int], bytes]]:
    """The names in a folder or archive, and what reads the file of a place."""
    if root.is_dir():
        names = sorted(_walk(root))
        return names, lambda place: _read(f"{root}/{names[place]}")
    if not root.is_file():
        raise UsageError(f"`data.path`: there is no {root}. {where}")
    if zipfile.is_zipfile(root):
        archive = zipfile.ZipFile(root)
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        entries.sort(key=lambda entry: entry.filename)
        names = [entry.filename for entry in entries]
        return names, lambda place: _read_entry(archive, entries[place])
    if tarfile.is_tarfile(root):
        tape = _Tape(root)
        return tape.names, tape.read
    raise UsageError(
        "`data.path` must be a folder, or a zip or tar archive. "
        f"Received: {root}, which is neither, or is damaged."
    )


def _read(path: str) -> bytes:
    """A file in half of the time that `Path.read_bytes` takes for a picture."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        _check_size(os.fstat(file.fileno()).st_size)
        return file.readall()


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(entry) as file:
            content = file.read(MAX_BYTES + 1)  # whatever size the archive promises
    except EOFError:
        raise LeftOutError("it is cut off") from None
    except OSError as error:  # of bzip2, or of a place that is none: not of the drive
        if error.errno in (None, errno.EINVAL):
            raise LeftOutError(f"its data is damaged ({error})") from None
        raise
    _check_size(len(content))
    return content


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise LeftOutError(f"it has more than {MAX_BYTES:,} bytes")


class _Member(tarfile.TarInfo):
    """A header that is damaged does not pass for the end of the archive."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except DAMAGED as error:
            raise tarfile.ReadError(f"{error} at byte {archive.offset:,}") from None


class _Tape:
    """A tar archive, read from its beginning to its end.

    Going back in a compressed one means to begin again. Threads that ask for
    neighbours in the wrong order cost nothing: what is passed is kept until asked for.
    """

    def __init__(self, path: Path):
        self._path, self._lock = path, threading.Lock()
        with tarfile.open(path, tarinfo=_Member) as archive:
            self.names = [member.name for member in archive if _is_file(member)]
        self._rewind()

    def read(self, place: int) -> bytes:
        """The file of a place."""
        with self._lock:
            if place < self._next and place not in self._passed:
                self._rewind()
            while self._next <= place:
                content = next(self._contents, LeftOutError("the archive breaks off"))
                if content is not None and self._next >= place - PASSED:
                    self._passed[self._next] = content
                self._next += 1
            content = self._passed.pop(place)
        if isinstance(content, LeftOutError):
            raise content
        _check_size(len(content))
        return content

    def _rewind(self) -> None:
        self._next, self._contents = 0, _contents(self._path)
        self._passed: dict[int, bytes | LeftOutError] = {}


def _contents(path: Path) -> Iterator[bytes | LeftOutError | None]:
    """The content of each file of a tar archive that is a picture."""
    with tarfile.open(path, tarinfo=_Member) as archive:
        for member in filter(_is_file, archive):
            yield _content(archive, member) if is_picture(member.name) else None


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes | LeftOutError:
    """The bytes of a picture, or why it has none, which does not concern the next."""
    try:
        file = archive.extractfile(member)
    except KeyError:
        file = None
    if not file:
        return LeftOutError(f"the archive has no file {member.linkname} that it links")
    return file.read(MAX_BYTES + 1)


def _is_file(member: tarfile.TarInfo) -> bool:
    return member.isfile() or member.islnk()


def _walk(root: Path, recursive: bool = True) -> Iterator[str]:
    """The files below a folder, by name; links are followed, but in no circle.

    Raises:
        UsageError: a folder cannot be read: what is in it would be missed in silence.
    """

    def refuse(error: OSError) -> NoReturn:
        raise UsageError(
            f"`data.path`: the folder {error.filename} cannot be read "
            f"({error.strerror})."
        )

    seen = set()
    for folder, inner, names in os.walk(root, onerror=refuse, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen or not recursive:
            inner.clear()
        if real in seen:
            continue
        seen.add(real)
        place = Path(folder).relative_to(root).as_posix()
        yield from (name if place == "." else f"{place}/{name}" for name in names)
