"""CelebA's lists: which picture is in which part, who it shows, and what of them."""

import zipfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path, PurePosixPath

import numpy as np

from gan_lab.data.sources.archives import UNREADABLE
from gan_lab.errors import UsageError, suggest

PARTS = {"train": 0, "valid": 1, "test": 2}
PARTITION = "list_eval_partition"
ATTRIBUTES = "list_attr_celeba"
IDENTITY = "identity_CelebA"
IDENTITIES = "identity"


class Annotations:
    """A question to CelebA's lists, which are text or comma-separated.

    Args:
        places: folders, or a zip archive, in which the lists may be.
        split: `all`, or one of `PARTS`.
        where: attribute -> 1 or -1.
        labels: `identity`, attributes joined by `+`, or None.
    """

    def __init__(
        self, places: list[Path], split: str, where: dict[str, int], labels: str | None
    ):
        self._places, self._split, self._where = places, split, where
        self._labels = labels
        self._attributes = [] if labels in (None, IDENTITIES) else labels.split("+")

    @property
    def needed(self) -> dict[str, str]:
        """Stem of each list that has to be read -> the key that asks for it."""
        stems = {}
        if self._split != "all":
            stems[PARTITION] = "data.split"
        if self._labels:
            stems[IDENTITY if self._labels == IDENTITIES else ATTRIBUTES] = (
                "data.labels"
            )
        if self._where:
            stems[ATTRIBUTES] = "data.where"
        return stems

    def files(self) -> list[Path]:
        """The files of the lists that have to be read.

        Raises:
            UsageError: one is not there.
        """
        return list(dict.fromkeys(self._file(stem) for stem in self.needed))

    def choose(
        self, names: Sequence[str]
    ) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...], dict[int, str]]:
        """The pictures that are meant, and their labels.

        Args:
            names: file names of pictures, as `000001.jpg`.

        Returns:
            `places, labels, classes, unknown`: the places, in `names`, of what is
            meant; int32 labels of these, or None; the names of their classes; and the
            place of each picture of which the lists say nothing -> a sentence.

        Raises:
            UsageError: a list is not there, is damaged, or lacks an attribute.
        """
        lists = {stem: self._read(stem) for stem in self.needed}
        keep: list[int] = []
        unknown: dict[int, str] = {}
        for place, name in enumerate(names):
            picture = PurePosixPath(name).stem
            missing = [stem for stem, known in lists.items() if picture not in known]
            if missing:
                unknown[place] = f"{missing[0]} has no row for it"
            elif self._is_meant(lists, picture):
                keep.append(place)
        pictures = [PurePosixPath(names[place]).stem for place in keep]
        return np.array(keep, np.int64), *self._label(lists, pictures), unknown

    def _is_meant(self, lists: dict[str, "List"], picture: str) -> bool:
        if PARTITION in lists:
            part = lists[PARTITION].value(picture, 0)
            if part != PARTS[self._split]:
                return False
        return all(
            lists[ATTRIBUTES].value(picture, name, "data.where") == value
            for name, value in self._where.items()
        )

    def _label(
        self, lists: dict[str, "List"], pictures: list[str]
    ) -> tuple[np.ndarray | None, tuple[str, ...]]:
        if not self._labels:
            return None, ()
        if self._labels == IDENTITIES:
            persons = [lists[IDENTITY].value(picture, 0) for picture in pictures]
            known, labels = np.unique(persons, return_inverse=True)
            return labels.astype(np.int32), tuple(map(str, known))
        labels = np.zeros(len(pictures), np.int32)
        for name in self._attributes:
            table = lists[ATTRIBUTES]
            has = [table.value(p, name, "data.labels") == 1 for p in pictures]
            labels = 2 * labels + np.array(has, np.int32)
        sides = [(f"not {name}", name) for name in self._attributes]
        return labels, tuple(", ".join(side) for side in product(*sides))

    def _file(self, stem: str) -> Path:
        for place in self._places:
            if place.is_file() and zipfile.is_zipfile(place):
                return place
            for suffix in (".txt", ".csv"):
                if (file := place / f"{stem}{suffix}").is_file():
                    return file
        looked = ", ".join(dict.fromkeys(str(place) for place in self._places[:4]))
        raise UsageError(
            f"`{self.needed[stem]}` needs CelebA's {stem}.txt, which is not in "
            f"{looked} or above. `data.annotations` says where it is."
        )

    def _read(self, stem: str) -> "List":
        file = self._file(stem)
        try:
            return List(stem, self._text(file, stem))
        except UNREADABLE as error:
            raise UsageError(f"{file} cannot be read ({error}).") from None

    def _text(self, file: Path, stem: str) -> str:
        if not zipfile.is_zipfile(file):
            return file.read_text(encoding="utf-8")
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                if PurePosixPath(name).stem == stem:
                    return archive.read(name).decode("utf-8")
        raise UsageError(f"`data.annotations`: {file} has no {stem}.txt.")


class List:
    """One of CelebA's lists: a row a picture.

    Args:
        stem: what it is called.
        text: its content: a picture's name and whole numbers a row, with blanks or
            commas between; before them perhaps their number and the columns' names.
    """

    def __init__(self, stem: str, text: str):
        self._stem = stem
        lines = (line.replace(",", " ").split(maxsplit=1) for line in text.splitlines())
        rows = [
            (first, rest[0] if rest else "") for first, *rest in filter(None, lines)
        ]
        header = [" ".join(row) for row in rows[:2] if "." not in row[0]]
        names = header[-1].split() if header else []
        self._column = {n: i for i, n in enumerate(n for n in names if n != "image_id")}
        self._rows = {
            first.partition(".")[0]: rest for first, rest in rows[len(header) :]
        }

    def __contains__(self, picture: str) -> bool:
        return picture in self._rows

    def value(self, picture: str, column: str | int, key: str = "") -> int:
        """The value of a picture in a column.

        Args:
            picture: its name without suffix.
            column: the column's name, or its place.
            key: that asks for it.

        Raises:
            UsageError: there is no such column, or no whole number in it.
        """
        if isinstance(column, str) and column not in self._column:
            known = list(self._column)
            raise UsageError(
                f"`{key}`: {self._stem} has no {column}.{suggest(column, known)} "
                f"Known: {', '.join(known)}."
            )
        place = column if isinstance(column, int) else self._column[column]
        try:
            value = int(self._rows[picture].split()[place])
            return -1 if isinstance(column, str) and value == 0 else value
        except (ValueError, IndexError):
            raise UsageError(
                f"{self._stem} is damaged: the row of {picture} is "
                f"`{picture} {self._rows[picture][:40]}`."
            ) from None
