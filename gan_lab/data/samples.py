"""Samples that a run trains on: images by index, labels, and what was left out."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from gan_lab import pictures


class Images(Protocol):
    """An array of images or vectors, or what reads like one."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any, /) -> np.ndarray: ...


class Mixture(NamedTuple):
    """Gaussians of one deviation that samples were drawn from.

    Attributes:
        centres: float array `(modes, dimensions)`.
        deviation: of each coordinate.
    """

    centres: np.ndarray
    deviation: float


@dataclass(frozen=True)
class Samples:
    """The images of a data set; of a toy one, vectors in their place.

    Attributes:
        images: uint8 array `(count, height, width, channels)`, or what reads like one;
            or vectors, float32 `(count, dimensions)` in [-1, 1].
        left_out: file name -> why it is not among the images.
        labels: int array `(count,)` of places in `classes`, or None.
        classes: the names of the classes.
        digest: a hash of every pixel, where it is known already.
        hashes: uint64 array `(count,)`, a hash of each image, where known already.
        report: the file that says what was used, where there is one.
        draw: one picture, uint8 `(height, width, channels)`, of an array of samples.
        mixture: what vectors were drawn from, where it is known.
        stacked: gray images with labels, of which each channel of an image shows one;
            None where channels are colours.
    """

    images: Images
    left_out: dict[str, str] = field(default_factory=dict)
    labels: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    digest: str | None = None
    hashes: np.ndarray | None = None
    report: Path | None = None
    draw: Callable[[np.ndarray], np.ndarray] = pictures.grid
    mixture: Mixture | None = None
    stacked: "Samples | None" = None

    @property
    def shape(self) -> tuple[int, ...]:
        """`(height, width, channels)` of an image, `(dimensions,)` of a vector."""
        return tuple(self.images.shape[1:])

    @property
    def kind(self) -> str:
        """A word for them, with their size."""
        if len(self.shape) == 1:
            return f"vectors of {self.shape[0]} numbers"
        height, width, channels = self.shape
        return f"images of {width}x{height}x{channels}"

    @property
    def count(self) -> int:
        """The number of images."""
        return len(self.images)

    def sha256(self) -> str:
        """A hash of every pixel, in order."""
        return self.digest or self._sha256

    @cached_property
    def _sha256(self) -> str:
        digest = hashlib.sha256(str(self.images.shape).encode())
        for start in range(0, self.count, 4096):
            block = np.ascontiguousarray(self.images[start : start + 4096])
            digest.update(block.data)
        return digest.hexdigest()

    def image_hashes(self) -> np.ndarray:
        """A hash of each image, `(count,)` of uint64."""
        if self.hashes is not None:
            return self.hashes
        images = (self.images[place] for place in range(self.count))
        return np.array([image_hash(image) for image in images], np.uint64)

    def classes_counted(self) -> dict[str, int]:
        """Class name -> how many images it has."""
        if self.labels is None:
            return {}
        counts = np.bincount(self.labels, minlength=len(self.classes))
        return dict(zip(self.classes, counts.tolist(), strict=True))

    def select(self, places: np.ndarray | Sequence[int]) -> "Samples":
        """The images of these places, in their order; no pixel is copied."""
        places = np.asarray(places)
        chosen = f"{self.sha256()} {hashlib.sha256(places.tobytes()).hexdigest()}"
        return replace(
            self,
            images=Selection(self.images, places),
            labels=None if self.labels is None else self.labels[places],
            digest=hashlib.sha256(chosen.encode()).hexdigest(),
            hashes=self.image_hashes()[places],
        )


class Selection:
    """Some rows of an array, which reads like an array of its own.

    Args:
        rows: `(count, ...)`.
        places: `(chosen,)`, of `rows`.
    """

    def __init__(self, rows: Images, places: np.ndarray):
        self._rows, self._places = rows, places
        self.shape, self.dtype = (len(places), *rows.shape[1:]), rows.dtype

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: Any) -> np.ndarray:
        return self._rows[self._places[index]]


def image_hash(image: np.ndarray) -> int:
    """64 bits that depend on every pixel of one image and on nothing else."""
    pixels = np.ascontiguousarray(image)
    return int.from_bytes(hashlib.sha256(pixels.data).digest()[:8], "little")
