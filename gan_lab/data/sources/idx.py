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

    def files() -> dict[str, str]:
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

    return Source(
        name,
        folder,
        files,
        lambda: _open(list(files().values()), classes),
        {"split": split.value},
        fetch,
        testing,
    )


def _file(folder: str, stem: str, dimensions: int) -> Path | None:
    """A file by one of the names that people have it under."""
    name = f"{stem}-idx{dimensions}-ubyte"
    spellings = (f"{name}.gz", name, f"{stem}.idx{dimensions}-ubyte")
    files = (Path(folder).expanduser() / spelling for spelling in spellings)
    return next((file for file in files if file.is_file()), None)


def _open(files: list[str], classes: tuple[str, ...]) -> Pictures:
    """The pictures of an IDX file, with the labels of another if there is one."""
    images, *labels = (read_idx(Path(file)) for file in files)
    if labels and len(labels[0]) != len(images):
        raise UsageError(
            f"`data.path`: {files[1]} has {len(labels[0]):,} labels, and {files[0]} "
            f"has {len(images):,} images."
        )
    if not labels:
        return from_array(images[..., None])
    return from_array(images[..., None], labels[0].astype(np.int32), classes)


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
