"""MNIST and Fashion-MNIST, from their own IDX files."""

import enum
import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from gan_lab.data.source import Fetch, Pictures, Source, from_array
from gan_lab.data.sources.fetching import place
from gan_lab.data.sources.published import FASHION_MNIST, MNIST, Collection
from gan_lab.errors import UsageError
from gan_lab.registry import register

CLOTHES = (
    "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
    "bag", "ankle boot",
)  # fmt: skip


class Split(enum.Enum):
    """A part that the authors of a data set made."""

    train = "train"
    test = "test"


@register("data")
def mnist(
    *, path: str | None = None, split: Split = Split.train, download: bool = False
) -> Source:
    """MNIST: 60,000 handwritten digits to train on and 10,000 to test, 28x28x1.

    Args:
        path: the folder with its four files (`train-images-idx3-ubyte` and so on),
            compressed or not.
        split: `train` or `test`.
        download: whether to fetch them first, into `path` or the cache.

    Reference: LeCun et al., Gradient-based learning applied to document
    recognition, 1998.
    """
    folder, fetch = place(MNIST, "mnist", path, download)
    return _source("mnist", MNIST, folder, split, fetch, tuple("0123456789"))


@register("data")
def fashion_mnist(
    *, path: str | None = None, split: Split = Split.train, download: bool = False
) -> Source:
    """Fashion-MNIST: 60,000 articles of clothing and 10,000 to test, 28x28x1.

    Args:
        path: the folder with its four files (`train-images-idx3-ubyte` and so on),
            compressed or not.
        split: `train` or `test`.
        download: whether to fetch them first, into `path` or the cache.

    Reference: Xiao et al., 2017, arXiv:1708.07747.
    """
    folder, fetch = place(FASHION_MNIST, "fashion_mnist", path, download)
    return _source("fashion_mnist", FASHION_MNIST, folder, split, fetch, CLOTHES)


def _source(
    name: str,
    collection: Collection,
    folder: str,
    split: Split,
    fetch: Fetch | None,
    classes: tuple[str, ...],
) -> Source:
    stem = {Split.train: "train", Split.test: "t10k"}[split]
    testing = None
    if split is Split.train:
        testing = _source(name, collection, folder, Split.test, fetch, classes)

    def open_() -> Pictures:
        images, labels = read(folder, stem, collection)
        return from_array(images, labels, () if labels is None else classes)

    return Source(
        name,
        folder,
        lambda: files(folder, stem, collection),
        open_,
        {"split": split.value},
        fetch,
        testing,
    )


def files(folder: str, stem: str, collection: Collection) -> dict[str, str]:
    """The files of a part by name: its images, and its labels if they are there.

    Args:
        folder: where they are.
        stem: `train` or `t10k`.
        collection: that they belong to.

    Raises:
        UsageError: the images are not there.
    """
    images = _file(folder, f"{stem}-images", 3)
    if not images:
        raise UsageError(
            f"`data.path`: {folder} has no {stem}-images-idx3-ubyte or "
            f"{stem}-images-idx3-ubyte.gz. {collection.title}'s four files are at "
            f"{collection.page}: give the folder that holds them, or "
            "data.download=true."
        )
    found = (images, _file(folder, f"{stem}-labels", 1))
    return {file.name: str(file) for file in found if file}


def read(
    folder: str, stem: str, collection: Collection
) -> tuple[np.ndarray, np.ndarray | None]:
    """The images of a part, `(count, height, width, 1)`, and its labels or None.

    Args:
        folder: where its files are.
        stem: `train` or `t10k`.
        collection: that they belong to.

    Raises:
        UsageError: the images are not there, or a file is damaged.
    """
    images_of, *labels_of = files(folder, stem, collection).values()
    images = read_idx(Path(images_of))[..., None]
    if not labels_of:
        return images, None
    labels = read_idx(Path(labels_of[0]))
    if len(labels) != len(images):
        raise UsageError(
            f"`data.path`: {labels_of[0]} has {len(labels):,} labels, and "
            f"{images_of} has {len(images):,} images."
        )
    return images, labels.astype(np.int32)


def _file(folder: str, stem: str, dimensions: int) -> Path | None:
    """A file by one of the names that people have it under."""
    name = f"{stem}-idx{dimensions}-ubyte"
    spellings = (f"{name}.gz", name, f"{stem}.idx{dimensions}-ubyte")
    files = (Path(folder).expanduser() / spelling for spelling in spellings)
    return next((file for file in files if file.is_file()), None)


def read_idx(file: Path) -> np.ndarray:
    """The uint8 array of an IDX file, compressed with gzip or not.

    Raises:
        UsageError: the file is damaged, or is no IDX file of bytes.
    """
    try:
        content = file.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"`data.path`: {file} cannot be read ({error}).") from None
    dimensions = content[3] if content[:3] == b"\0\0\x08" and len(content) > 3 else 0
    header = 4 + 4 * dimensions
    whole = dimensions > 0 and len(content) >= header
    shape = np.frombuffer(content[4:header], ">u4").tolist() if whole else []
    if not whole or len(content) != header + math.prod(shape):
        raise UsageError(
            f"`data.path`: {file} is damaged: its {len(content):,} bytes are not what "
            "its header says."
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
