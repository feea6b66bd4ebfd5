"""An extractor: a network that tells of each image its features and its class."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

BATCH = 64


@dataclass(frozen=True)
class Extractor:
    """Features and class probabilities of images, by a network of known weights.

    Attributes:
        name: of the network.
        weights: SHA-256 of its weights: of the published file where there is one, of
            the arrays in order otherwise.
        resize: how an image is brought to the network, for a score's protocol.
        apply: from uint8 `(BATCH, height, width, channels)` to float32 features
            `(BATCH, dimensions)` and probabilities `(BATCH, classes)`, or None in
            their place.
        facts: what else is known of it, as JSON holds it.
    """

    name: str
    weights: str
    resize: str
    apply: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]]
    facts: dict = field(default_factory=dict)

    def __call__(self, images) -> tuple[np.ndarray, np.ndarray | None]:
        """Features and probabilities of all images, in their order.

        The network meets batches of one size only, so that what it says of an image
        does not hang on how many there are.

        Args:
            images: uint8 `(count, height, width, channels)`, at least one of them, or
                what slices like it.

        Raises:
            ValueError: of these bounds.
        """
        if images.dtype != np.uint8 or len(images.shape) != 4 or not len(images):
            raise ValueError(
                "`images` must be uint8 of the shape (count, height, width, channels), "
                f"with at least 1 image. Received: {images.dtype} {images.shape}."
            )
        starts = range(0, len(images), BATCH)
        parts = [self._part(images[start : start + BATCH]) for start in starts]
        features, probabilities = zip(*parts, strict=True)
        if probabilities[0] is None:
            return np.concatenate(features), None
        return np.concatenate(features), np.concatenate(probabilities)

    def _part(self, images):
        count = len(images)
        filling = np.repeat(images[-1:], BATCH - count, axis=0)
        features, probabilities = self.apply(np.concatenate([images, filling]))
        return features[:count], None if probabilities is None else probabilities[
            :count
        ]


def sha256(arrays: Iterable[np.ndarray]) -> str:
    """A hash of the shapes, types and values of arrays, in order."""
    digest = hashlib.sha256()
    for array in map(np.ascontiguousarray, arrays):
        digest.update(f"{array.dtype.str} {array.shape} ".encode())
        digest.update(array.data)
    return digest.hexdigest()


def rgb(images: np.ndarray) -> np.ndarray:
    """Images `(count, height, width, 3)` of gray ones, or of those that are so."""
    return np.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images
