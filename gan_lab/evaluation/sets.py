"""Image sets that scores compare, and what is seen in them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gan_lab.data.samples import Images, Mixture
from gan_lab.evaluation.memorisation import between

COPIES = 1000  # pictures whose nearest neighbours are looked for
# In place of what is not there: no metric is asked that would look at it.
ABSENT: Any = None


@dataclass(frozen=True)
class ImageSet:
    """Images, and what an extractor sees in them.

    Attributes:
        images: uint8 `(count, height, width, channels)`.
        features: float32 `(count, dimensions)`, where there is an extractor.
        probabilities: float32 `(count, classes)`, where it classifies.
        labels: int `(count,)`, where the data set has them.
        stacks: int `(count,)`, the class that each image is of by its channels, where
            these are looked at one by one.
    """

    images: np.ndarray
    features: np.ndarray = ABSENT
    probabilities: np.ndarray = ABSENT
    labels: np.ndarray = ABSENT
    stacks: np.ndarray = ABSENT

    @property
    def predicted(self) -> np.ndarray:
        """The class that each image most probably is of."""
        best: np.ndarray = self.probabilities.argmax(1)
        return best


@dataclass(frozen=True)
class References:
    """References that generated images are compared with.

    Attributes:
        real: the real images that scores are measured against.
        training: all training images, or what reads like them.
        held_out: the images that training has not seen, or None.
        classes: names of the data set's classes.
        mixture: what vectors were drawn from, where the data set is a toy.
        seed: of what is drawn in a score.
    """

    real: ImageSet
    training: Images
    held_out: Images | None = None
    classes: tuple[str, ...] = ()
    mixture: Mixture | None = None
    seed: int = 0

    @cached_property
    def between_training(self) -> float:
        """The mean distance from a training picture to the nearest other one."""
        return between(self.training, COPIES)
