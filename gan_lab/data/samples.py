"""What a data source gives: images by index, and what it left out."""

import hashlib
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Samples:
    """The images of a data set.

    Attributes:
        images: uint8 array `(count, height, width, channels)`, or what reads like one.
        left_out: file name -> why it is not among the images.
    """

    images: np.ndarray
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int, int]:
        """`(height, width, channels)` of an image."""
        return tuple(self.images.shape[1:])

    @property
    def count(self) -> int:
        """How many images there are."""
        return len(self.images)

    def sha256(self) -> str:
        """A hash of every pixel, in order."""
        digest = hashlib.sha256(str(self.images.shape).encode())
        for start in range(0, self.count, 4096):
            block = np.ascontiguousarray(self.images[start : start + 4096])
            digest.update(block)
        return digest.hexdigest()
