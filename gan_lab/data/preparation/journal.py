"""The files of a preparation under way: what is in them can be gone on from."""

import json
import os
from pathlib import Path
from typing import Any, Self

import numpy as np

from gan_lab.data.samples import image_hash

JOURNAL = "journal.jsonl"


class Journal:
    """Images that are written block by block, and a line for each block that is whole.

    A kill leaves a part of a block, or of a line, which the next beginning cuts off.

    Args:
        folder: where it is, or is begun.
        shape: `(height, width, channels)` of an image.

    Attributes:
        done: pictures that were dealt with.
        count: of these, the ones that are used.
        left_out: name -> why, of the others.
    """

    def __init__(self, folder: Path, shape: tuple[int, int, int]):
        self._folder = folder
        self._lines = _whole_lines(folder / JOURNAL)
        if not self._holds(folder / "images.npy", shape):
            (folder / JOURNAL).unlink(missing_ok=True)
            self._lines = []
        self.done = sum(len(line["used"]) for line in self._lines)
        self.count = sum(sum(line["used"]) for line in self._lines)
        self.left_out: dict[str, str] = {}
        for line in self._lines:
            self.left_out |= line["left_out"]
        self._images = _Rows(folder / "images.npy", shape, self.count)

    def _holds(self, images: Path, shape: tuple[int, int, int]) -> bool:
        """Tell whether the images are there that the journal lists."""
        count = sum(sum(line["used"]) for line in self._lines)
        needed = count * int(np.prod(shape))
        return images.exists() and images.stat().st_size >= needed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._images.close()

    def add(
        self,
        images: np.ndarray,
        used: np.ndarray,
        left_out: dict[str, str],
    ) -> None:
        """Add a block, so that nothing but the end of the disk loses it.

        Args:
            images: the used ones, `(used.sum(), height, width, channels)`.
            used: bool, for each picture of the block.
            left_out: name -> why, of the others.
        """
        self._images.add(images)
        line = {"used": used.astype(int).tolist(), "left_out": left_out}
        with (self._folder / JOURNAL).open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(line) + "\n")
            journal.flush()
            os.fsync(journal.fileno())
        self._lines.append(line)
        self.done += len(used)
        self.count += len(images)
        self.left_out |= left_out

    def places(self) -> np.ndarray:
        """The places, among all pictures, of those that are used."""
        used = [flag for line in self._lines for flag in line["used"]]
        return np.flatnonzero(used)

    def finish(self, labels: np.ndarray | None) -> None:
        """Complete the `.npy` files, with those of hashes and of the used labels."""
        self._images.finish()
        images = np.load(self._folder / "images.npy", mmap_mode="r")
        hashes = [image_hash(image) for image in np.asarray(images)]
        np.save(self._folder / "hashes.npy", np.array(hashes, "<u8"))
        if labels is not None:
            np.save(self._folder / "labels.npy", labels.astype("<i4"))


def _whole_lines(journal: Path) -> list[dict[str, Any]]:
    """The lines of a journal, without a last one that was cut off, which is removed."""
    if not journal.exists():
        return []
    lines, kept = [], 0
    for line in journal.read_bytes().splitlines(keepends=True):
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
        if not line.endswith(b"\n"):
            lines.pop()
            break
        kept += len(line)
    os.truncate(journal, kept)
    return lines


class _Rows:
    """A `.npy` file of uint8 that grows; its header tells the number of rows last."""

    def __init__(self, path: Path, shape: tuple[int, int, int], count: int):
        self._shape, self._count = shape, count
        self._file = path.open("r+b" if path.exists() else "w+b")
        self._write_header()
        self._file.truncate(self._file.tell() + count * int(np.prod(shape)))
        self._file.seek(0, os.SEEK_END)

    def add(self, rows: np.ndarray) -> None:
        """Append rows, and have the disk keep them."""
        self._file.write(np.ascontiguousarray(rows).data)
        self._sync()
        self._count += len(rows)

    def finish(self) -> None:
        """Write the header as it is to stay."""
        self._write_header()
        self._sync()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write_header(self) -> None:
        # NumPy leaves room for the number of rows to grow: the length stays the same.
        shape = (self._count, *self._shape)
        facts = {"descr": "|u1", "fortran_order": False, "shape": shape}
        self._file.seek(0)
        np.lib.format.write_array_header_1_0(self._file, facts)

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
