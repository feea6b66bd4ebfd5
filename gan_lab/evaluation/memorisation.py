"""Memorisation: does a generator give its training pictures back?"""

from typing import Any

import numpy as np

from gan_lab.data.samples import Images, Samples
from gan_lab.evaluation.nearest import nearest

SIDE = 32  # pixels across, at most, at which pictures are compared
NEIGHBOURS, RATIO = 50, 0.5
MOST = 10_000  # pictures of each kind that distances are compared to


class Shrunk:
    """Images averaged down to at most `side` pixels across as they are read.

    Args:
        images: uint8 `(count, height, width, channels)`, or what reads like one.
        side: pixels.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, images: Images, side: int = SIDE):
        self._images, self._step = images, -(-max(images.shape[1:3]) // side)
        height, width = (side // self._step for side in images.shape[1:3])
        self.shape = (len(images), height, width, images.shape[3])

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: Any) -> np.ndarray:
        _, height, width, channels = self.shape
        step, images = self._step, self._images[index]
        if step == 1:
            return images
        cut = images[:, : height * step, : width * step]
        blocks = cut.reshape(-1, height, step, width, step, channels)
        small: np.ndarray = np.rint(blocks.mean((2, 4))).astype(np.uint8)
        return small


def memorisation(
    generated: np.ndarray,
    training: Images,
    held_out: Images | None = None,
    *,
    neighbours: int = NEIGHBOURS,
    ratio: float = RATIO,
    side: int = SIDE,
) -> dict[str, float]:
    """Distances from generated pictures to the training pictures.

        nearest          mean distance to the nearest training picture
        copies           share of pictures whose nearest training picture is nearer
                         than half of the mean distance to the next 50
        nearest_train    mean distance to the nearest of some training pictures
        nearest_holdout  the same to as many that training has not seen

    All at 32 pixels, by the root of the mean squared difference in levels of 0 to
    255. A generator that has learnt the distribution is as near to the one as to the
    other; blurred pictures are near to many training pictures alike, and no copies.

    Args:
        generated: uint8 `(count, height, width, channels)`.
        training: all training images, or what reads like them.
        held_out: the images that training has not seen; without them there are only
            the first two.
        neighbours: training pictures that the nearest one is compared with.
        ratio: below which share of their mean distance the nearest one is copied.
        side: pixels across, at most, at which pictures are compared.

    Reference: Carlini et al., 2023, arXiv:2301.13188, for the ratio, and Meehan et al.,
    2020, arXiv:2004.05675, for the comparison with held-out pictures.
    """
    small = Shrunk(generated, side)[:]
    count = min(neighbours + 1, len(training))
    _, distances = nearest(small, Samples(Shrunk(training, side)), count)
    scores = {"nearest": float(distances[:, 0].mean()), "copies": 0.0}
    if count > 1:
        rest = distances[:, 1:].mean(1)
        scores["copies"] = float(np.mean(distances[:, 0] < ratio * rest))
    if held_out is not None:
        fewer = min(len(training), len(held_out), MOST)
        for name, images in (("train", training), ("holdout", held_out)):
            some = Shrunk(images[_some(len(images), fewer)], side)
            _, distances = nearest(small, Samples(some), 1)
            scores[f"nearest_{name}"] = float(distances.mean())
    return scores


def between(training: Images, at_most: int) -> float:
    """The mean distance from one of so many training pictures to the nearest other."""
    small = Shrunk(training)
    some = small[_some(len(training), min(at_most, len(training)))]
    _, distances = nearest(some, Samples(small), 2)
    return float(distances[:, -1].mean()) or 1.0


def _some(count: int, chosen: int) -> np.ndarray:
    draw = np.random.Generator(np.random.Philox(0))
    return np.sort(draw.choice(count, chosen, replace=False))
