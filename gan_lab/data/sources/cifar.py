"""CIFAR-10 and CIFAR-100, from their own files, binary or pickled."""

import tarfile
from functools import partial
from pathlib import Path

import numpy as np

from gan_lab.data.source import Fetch, Pictures, Source, from_array
from gan_lab.data.sources import pickled
from gan_lab.data.sources.archives import MAX_BYTES, UNREADABLE
from gan_lab.data.sources.fetching import place
from gan_lab.data.sources.idx import Split
from gan_lab.data.sources.published import CIFAR_10, CIFAR_100, Collection
from gan_lab.errors import UsageError
from gan_lab.registry import register

PIXELS = 3 * 32 * 32
Batch = tuple[np.ndarray, np.ndarray]
THINGS = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
    "truck",
)  # fmt: skip


@register("data")
def cifar10(
    *, path: str | None = None, split: Split = Split.train, download: bool = False
) -> Source:
    """CIFAR-10: 50,000 pictures of 10 things and 10,000 to test, 32x32x3.

    Args:
        path: its archive (`cifar-10-binary.tar.gz` or `cifar-10-python.tar.gz`), or a
            folder with the archive or its files.
        split: `train` or `test`.
        download: whether to fetch it first, into `path` or the cache.

    Reference: Krizhevsky, Learning multiple layers of features from tiny images,
    2009.
    """
    batches = [f"data_batch_{number}" for number in range(1, 6)]
    files = {Split.train: batches, Split.test: ["test_batch"]}
    found, fetch = place(CIFAR_10, "cifar10", path, download)
    parts = {part: (names, "labels", 1) for part, names in files.items()}
    return _source("cifar10", CIFAR_10, found, parts, split, fetch, THINGS)


@register("data")
def cifar100(
    *, path: str | None = None, split: Split = Split.train, download: bool = False
) -> Source:
    """CIFAR-100: 50,000 pictures of 100 things and 10,000 to test, 32x32x3.

    The labels are the fine ones, 0 to 99.

    Args:
        path: its archive (`cifar-100-binary.tar.gz` or `cifar-100-python.tar.gz`), or
            a folder with the archive or its files.
        split: `train` or `test`.
        download: whether to fetch it first, into `path` or the cache.

    Reference: Krizhevsky, Learning multiple layers of features from tiny images,
    2009.
    """
    found, fetch = place(CIFAR_100, "cifar100", path, download)
    parts = {part: ([part.value], "fine_labels", 2) for part in Split}
    names = tuple(map(str, range(100)))
    return _source("cifar100", CIFAR_100, found, parts, split, fetch, names)


def _source(
    name: str,
    collection: Collection,
    path: str,
    parts: dict[Split, tuple[list[str], str, int]],
    split: Split,
    fetch: Fetch | None,
    classes: tuple[str, ...],
) -> Source:
    """A part of a data set.

    Args:
        name: of the builder.
        collection: what can be fetched.
        path: an archive or a folder.
        parts: split -> stems of its files, the key of its labels in a pickled one, and
            the label bytes of a picture in a binary one, the last of which counts.
        split: the part.
        fetch: see `Source`.
        classes: names of the classes.
    """
    stems, key, bytes_of_label = parts[split]
    testing = None
    if split is Split.train:
        test = Split.test
        testing = _source(name, collection, path, parts, test, fetch, classes)

    def files() -> dict[str, str]:
        found = _files(Path(path).expanduser(), collection, stems)
        return {file.name: str(file) for file in found}

    def open() -> Pictures:
        contents = _contents([Path(file) for file in files().values()], stems)
        if missing := [stem for stem in stems if stem not in contents]:
            raise UsageError(
                f"`data.path`: {path} has no {', '.join(missing)} of "
                f"{collection.title}, which is at {collection.page}"
            )
        read = partial(_batch, key=key, bytes_of_label=bytes_of_label)
        batches = [read(stem, contents[stem]) for stem in stems]
        planes, labels = map(np.concatenate, zip(*batches, strict=True))
        images = planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        return from_array(images, labels, classes)

    return Source(name, path, files, open, {"split": split.value}, fetch, testing)


def _files(path: Path, collection: Collection, stems: list[str]) -> list[Path]:
    """The archive, or the files themselves, below a folder."""
    if path.is_file():
        return [path]
    below = sorted(file for file in path.rglob("*") if file.is_file())
    if loose := [f for f in below if _stem(f.name) in stems]:
        return loose
    number = collection.title.rpartition("-")[2]
    if packed := [f for f in below if f.name.startswith(f"cifar-{number}-")]:
        return packed[:1]
    raise UsageError(
        f"`data.path`: there is no {collection.title} in {path}. It is at "
        f"{collection.page}: give its archive, or the folder with it or its files, or "
        "data.download=true."
    )


def _contents(files: list[Path], stems: list[str]) -> dict[str, bytes]:
    """Stem -> content, from an archive or from the files themselves."""
    try:
        if not any(_stem(file.name) in stems for file in files):
            with tarfile.open(files[0]) as archive:
                inside = [m for m in archive if m.isfile()]
                members = [m for m in inside if _stem(Path(m.name).name) in stems]
                read = {
                    member.name: file.read(MAX_BYTES)
                    for member in members
                    if (file := archive.extractfile(member))
                }
        else:
            read = {file.name: file.read_bytes() for file in files}
    except UNREADABLE as error:
        raise UsageError(f"`data.path`: {files[0]} cannot be read ({error}).") from None
    return {_stem(Path(name).name): content for name, content in read.items()}


def _batch(stem: str, content: bytes, key: str, bytes_of_label: int) -> Batch:
    """`planes, labels` of a file: uint8 `(count, 3072)` and int32 `(count,)`."""
    record = bytes_of_label + PIXELS
    if content[:1] == b"\x80":
        try:
            return _unpickled(content, key)
        except Exception as error:  # whatever a damaged pickle leads to
            raise UsageError(
                f"`data.path`: {stem} is not a whole file of CIFAR's ({error})."
            ) from None
    if not content or len(content) % record:
        raise UsageError(
            f"`data.path`: {stem} is damaged: its {len(content):,} bytes are not a "
            "whole number of pictures."
        )
    rows = np.frombuffer(content, np.uint8).reshape(-1, record)
    return rows[:, bytes_of_label:], rows[:, bytes_of_label - 1].astype(np.int32)


def _unpickled(content: bytes, key: str) -> Batch:
    """The same of a pickled file, whose labels have a key."""
    found = pickled.arrays(content)
    if not {"data", key} <= found.keys():
        raise ValueError(f"it has no pictures or no {key}")
    planes, labels = found["data"], np.array(found[key].tolist(), np.int32)
    if planes.dtype != np.uint8 or planes.shape != (*labels.shape, PIXELS):
        raise ValueError("it lacks a label or 3,072 levels for each picture")
    return planes, labels


def _stem(name: str) -> str:
    return name.removesuffix(".bin")
