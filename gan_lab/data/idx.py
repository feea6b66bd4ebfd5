"""MNIST and Fashion-MNIST, from their own IDX files."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError
from gan_lab.registry import register


@register("data")
def mnist(*, path: str) -> Samples:
    """The 60,000 handwritten digits of MNIST's training set, 28x28x1.

    Args:
        path: the folder with its four files (`train-images-idx3-ubyte` and so on),
            compressed or not.

    Reference: LeCun et al., Gradient-based learning applied to document
    recognition, 1998.
    """
    return _training_images(path, "MNIST", "https://yann.lecun.com/exdb/mnist/")


@register("data")
def fashion_mnist(*, path: str) -> Samples:
    """The 60,000 articles of clothing of Fashion-MNIST's training set, 28x28x1.

    Args:
        path: the folder with its four files (`train-images-idx3-ubyte` and so on),
            compressed or not.

    Reference: Xiao et al., 2017, arXiv:1708.07747.
    """
    where = "https://github.com/zalandoresearch/fashion-mnist"
    return _training_images(path, "Fashion-MNIST", where)


def _training_images(path: str, name: str, where: str) -> Samples:
    stem = "train-images-idx3-ubyte"
    root = Path(path).expanduser()
    spellings = (f"{stem}.gz", stem, "train-images.idx3-ubyte")
    for file in (root / spelling for spelling in spellings):
        if file.is_file():
            return Samples(read_idx(file)[..., None])
    raise UsageError(
        f"`data.path`: {path} has no {stem} or {stem}.gz. {name}'s four files are at "
        f"{where}: give the folder that holds them."
    )


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
