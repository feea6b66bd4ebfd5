"""StackedMNIST: three digits an image, whose modes can be counted."""

import enum
import hashlib
from itertools import product
from typing import Any, cast

import numpy as np

from gan_lab.data.samples import Images, Samples
from gan_lab.data.source import Fetch, Pictures, Source, from_array
from gan_lab.data.sources import idx
from gan_lab.data.sources.fetching import place
from gan_lab.data.sources.published import MNIST
from gan_lab.errors import UsageError
from gan_lab.metrics.classes import joint
from gan_lab.registry import register

CHANNELS, SIDE = 3, 28
NAMES = "0123456789"


class Split(enum.Enum):
    """The parts of MNIST that digits are drawn from."""

    all = "all"
    train = "train"
    test = "test"


STEMS = {
    Split.all: ("train", "t10k"),
    Split.train: ("train",),
    Split.test: ("t10k",),
}


@register("data")
def stacked_mnist(
    *,
    path: str | None = None,
    split: Split = Split.all,
    digits: int = 10,
    count: int = 128_000,
    download: bool = False,
) -> Source:
    """StackedMNIST: a digit of MNIST in each of three channels, 28x28x3.

    Every channel shows one that was drawn uniformly from all images, whatever the
    others show. The class of an image is the number that its digits are the figures
    of. The draw is a part of the data: it is the same in every run, and an image is
    put together when it is asked for.

    Args:
        path: the folder with MNIST's four files (`train-images-idx3-ubyte` and so on),
            compressed or not.
        split: the digits that are drawn from: `all` 70,000, or those of `train` or
            `test` alone.
        digits: how many are used, the first, from 2 to 10: its cube is the number of
            modes.
        count: how many images, at least 1.
        download: whether to fetch the files first, into `path` or the cache.

    Reference: Metz et al., 2017, arXiv:1611.02163; as drawn by Srivastava et al., 2017,
    arXiv:1705.07761, and by Lin et al., 2018, arXiv:1712.04086.
    """
    if not 2 <= digits <= len(NAMES):
        raise UsageError(
            f"`data.digits` must be from 2 to {len(NAMES)}. Received: {digits}."
        )
    if count < 1:
        raise UsageError(f"`data.count` must be at least 1. Received: {count}.")
    folder, fetch = place(MNIST, "stacked_mnist", path, download, kept="mnist")
    return _source(folder, split, digits, count, fetch)


class Stacks:
    """Images of several gray ones, each in a channel; it reads like an array.

    Args:
        gray: uint8 `(all, height, width, 1)`.
        places: `(count, channels)`, of `gray`.
    """

    def __init__(self, gray: Images, places: np.ndarray):
        self._gray, self._places = gray[..., 0], places
        self.shape = (len(places), *gray.shape[1:3], places.shape[1])
        self.dtype = gray.dtype

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: Any) -> np.ndarray:
        layers = self._gray[self._places[index]]
        return np.ascontiguousarray(np.moveaxis(layers, -3, -1))


def _source(
    folder: str, split: Split, digits: int, count: int, fetch: Fetch | None
) -> Source:
    def files() -> dict[str, str]:
        parts = [idx.files(folder, stem, MNIST) for stem in STEMS[split]]
        return {name: file for part in parts for name, file in part.items()}

    def ready() -> Samples:
        return _stack(_digits(folder, split, digits), count)

    def opened() -> Pictures:
        samples = ready()
        return from_array(samples.images, samples.labels, samples.classes)

    testing = None
    if split is Split.train:
        testing = _source(folder, Split.test, digits, count, fetch)
    choice = {"split": split.value, "digits": digits, "count": count}
    return Source("stacked_mnist", folder, files, opened, choice, fetch, testing, ready)


def _digits(folder: str, split: Split, digits: int) -> Samples:
    """The first so many digits of MNIST, one an image."""
    parts = [_part(folder, stem) for stem in STEMS[split]]
    images = np.concatenate([images for images, _ in parts])
    labels = np.concatenate([labels for _, labels in parts])
    own = np.flatnonzero(labels < digits)
    labels = labels[own]
    if missing := sorted(set(range(digits)) - set(labels.tolist())):
        raise UsageError(f"`data.path`: {folder} has no digit {missing[0]}.")
    return Samples(images[own], labels=labels, classes=tuple(NAMES[:digits]))


def _part(folder: str, stem: str) -> tuple[np.ndarray, np.ndarray]:
    images, labels = idx.read(folder, stem, MNIST)
    if images.shape[1:] != (SIDE, SIDE, 1):
        raise UsageError(
            f"`data.path`: {folder} must hold digits of {SIDE}x{SIDE} in "
            f"{stem}-images-idx3-ubyte. Received: an array {images.shape[:-1]}."
        )
    if labels is None:
        raise UsageError(
            f"`data.path`: {folder} has no {stem}-labels-idx1-ubyte or "
            f"{stem}-labels-idx1-ubyte.gz, and stacked digits need their labels."
        )
    return images, labels


def _stack(gray: Samples, count: int) -> Samples:
    """So many images, each of three gray ones that are drawn once and for all."""
    draw = np.random.Generator(np.random.Philox(0))
    places = draw.integers(0, gray.count, (count, CHANNELS), np.int32)
    labels = cast(np.ndarray, gray.labels)[places]
    digest = hashlib.sha256(f"{gray.sha256()} {places.shape} ".encode())
    digest.update(places.astype("<i4").tobytes())
    return Samples(
        Stacks(gray.images, places),
        labels=joint(labels, len(gray.classes)).astype(np.int32),
        classes=tuple(map("".join, product(gray.classes, repeat=CHANNELS))),
        digest=digest.hexdigest(),
        stacked=gray,
    )
