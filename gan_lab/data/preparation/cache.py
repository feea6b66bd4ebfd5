"""Prepared data on disk: where it is, whether it is whole, and what there is."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError
from gan_lab.system import files

FORMAT = 1
VARIABLE = "GAN_LAB_CACHE"
CHECKED = "checked.json"
PARTIAL = f".partial-{FORMAT}"


@dataclass(frozen=True)
class Prepared:
    """A data set in the cache, as a person asks for it.

    Attributes:
        folder: where it is.
        source: the path that it was made of.
        count: images; 0 while it is not whole.
        shape: `(height, width, channels)` of an image.
        bytes: on disk.
        whole: whether its preparation has ended.
    """

    folder: Path
    source: str = ""
    count: int = 0
    shape: tuple[int, int, int] = (0, 0, 0)
    bytes: int = 0
    whole: bool = False

    def line(self) -> str:
        """A line for a person to read."""
        height, width, channels = self.shape
        what = f"{self.count:,} images of {width}x{height}x{channels}, {self.source}"
        size = f"{self.bytes / 1e6:,.1f} MB"
        return f"{self.folder.name}  {size}  {what if self.whole else 'not whole'}"

    def as_dict(self) -> dict[str, Any]:
        """A form for JSON."""
        return {**asdict(self), "folder": str(self.folder)}


class Cache:
    """A folder of prepared data sets.

    Args:
        root: the folder; where not given, that of the environment variable
            `GAN_LAB_CACHE`, or else the user's cache folder.
    """

    def __init__(self, root: Path | str | None = None):
        self.root = Path(root).expanduser() if root else default_root()
        self.prepared = self.root / "prepared"

    def folder(self, name: str, key: str) -> Path:
        """The place of the data set with this key, once it is prepared."""
        return self.prepared / f"{name}-{key[:16]}"

    def known_key(self, request: str) -> str | None:
        """The key that was found for a request before, so that nothing is hashed."""
        try:
            return (self.root / "keys" / request).read_text()
        except OSError:
            return None

    def remember_key(self, request: str, key: str) -> None:
        """Keep the key of a request."""
        place = self.root / "keys" / request
        place.parent.mkdir(parents=True, exist_ok=True)
        files.write(place, key.encode())

    def entries(self) -> list[Prepared]:
        """The entries that are prepared, or half prepared, by name."""
        folders = sorted(f for f in self.prepared.glob("[!.]*") if f.is_dir())
        return [_describe(folder) for folder in folders]

    def clear(self, entries: Iterable[Prepared]) -> None:
        """Remove prepared data sets, and what was remembered of any."""
        for entry in entries:
            name = entry.folder.name.removesuffix(PARTIAL)
            try:
                with FileLock(entry.folder.with_name(f".{name}.lock"), timeout=0):
                    remove(entry.folder)
            except Timeout:
                raise UsageError(f"{name} is being prepared just now.") from None
        shutil.rmtree(self.root / "keys", ignore_errors=True)


def default_root() -> Path:
    """`GAN_LAB_CACHE`, or gan_lab's place in the user's cache folder."""
    if given := os.environ.get(VARIABLE):
        return Path(given).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("gan_lab", appauthor=False)


def key_of(content: object) -> str:
    """A hash of anything that JSON holds."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def open_prepared(folder: Path) -> tuple[Samples | None, str]:
    """The samples of a prepared data set.

    Returns:
        `samples, reason`: None, and why, where they cannot be used.
    """
    if not folder.is_dir():
        return None, "absent"
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        if report["format"] != FORMAT:
            return None, f"of an older format ({report['format']})"
        if damaged := _damaged(folder, report["files"]):
            return None, f"damaged ({damaged})"
        arrays = {
            name.removesuffix(".npy"): np.load(folder / name, mmap_mode="r")
            for name in report["files"]
        }
        return _samples(folder, report, arrays), ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        return None, f"damaged ({error})"


def remove(folder: Path) -> None:
    """Remove a folder; who looks at its name finds all of it or nothing."""
    grave = folder.with_name(f".{folder.name}-{os.getpid()}")
    folder.replace(grave)
    shutil.rmtree(grave)


def seal(folder: Path, report: dict[str, Any]) -> None:
    """Write the report of a folder whose arrays are whole, with their hashes."""
    arrays = sorted(folder.glob("*.npy"))
    report = {"format": FORMAT, **report}
    report["files"] = {
        file.name: {"bytes": file.stat().st_size, "sha256": _sha256(file)}
        for file in arrays
    }
    files.write_json(folder / "report.json", report)
    files.write_json(folder / CHECKED, {f.name: f.stat().st_mtime_ns for f in arrays})


def _samples(
    folder: Path, report: dict[str, Any], arrays: dict[str, np.ndarray]
) -> Samples:
    labels = arrays.get("labels")
    return Samples(
        # A plain array: a memmap's own indexing costs more than the gather.
        np.asarray(arrays["images"]),
        report["left_out"],
        None if labels is None else np.asarray(labels),
        tuple(report["classes"]),
        report["files"]["images.npy"]["sha256"],
        np.asarray(arrays["hashes"]),
        folder / "report.json",
    )


def _damaged(folder: Path, expected: dict[str, dict[str, Any]]) -> str | None:
    """The name of a file that is not as it was written.

    A file is hashed only where its time of change is not the one that it had when it
    was hashed last, so that opening costs nothing.
    """
    times = folder / CHECKED
    try:
        checked = json.loads(times.read_text())
    except (OSError, ValueError):
        checked = {}
    now = {}
    for name, facts in expected.items():
        state = (folder / name).stat()
        now[name] = state.st_mtime_ns
        if state.st_size != facts["bytes"]:
            return name
        if checked.get(name) != now[name] and _sha256(folder / name) != facts["sha256"]:
            return name
    if now != checked:
        with contextlib.suppress(OSError):  # a cache that others share may be read-only
            files.write_json(times, now)
    return None


def _describe(folder: Path) -> Prepared:
    size = sum(f.stat().st_size for f in folder.iterdir() if f.is_file())
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        shape, count = tuple(report["shape"]), report["count"]
        return Prepared(folder, report["source"], count, shape, size, True)
    except (OSError, ValueError, KeyError):
        return Prepared(folder, bytes=size)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
