"""Folders and zip archives as one thing: names, and the bytes of a name."""

import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from gan_lab.errors import UsageError

PICTURES = {
    ".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp",
}  # fmt: skip


def pictures(path: str, where: str) -> tuple[list[str], Callable[[str], bytes]]:
    """The pictures in a folder, recursively, or in a zip archive.

    Hidden files and files of other kinds do not count.

    Args:
        path: the folder or archive.
        where: what to get, and where, for the message where there is nothing.

    Returns:
        `names, read`: names relative to `path`, sorted, and the bytes of a name.

    Raises:
        UsageError: there is no such folder or archive, or no picture in it.
    """
    root = Path(path).expanduser()
    if root.is_dir():
        files = (f for f in root.rglob("*") if f.is_file())
        found = [f.relative_to(root).as_posix() for f in files]

        def read(name: str) -> bytes:
            return (root / name).read_bytes()

    elif zipfile.is_zipfile(root):
        try:
            archive = zipfile.ZipFile(root)
        except zipfile.BadZipFile as error:
            raise UsageError(f"`data.path`: {path} is damaged ({error}).") from None
        found, read = archive.namelist(), archive.read
    elif root.is_file():
        raise UsageError(
            "`data.path` must be a folder or a zip archive. "
            f"Received: {path}, which is neither."
        )
    else:
        raise UsageError(f"`data.path`: there is no {path}. {where}")
    names = sorted(name for name in found if _is_picture(name))
    if not names:
        raise UsageError(f"`data.path`: there is no picture in {path}. {where}")
    return names, read


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in PICTURES and not hidden
