"""Samples sorted by the classes of a data set."""

import re
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np

from gan_lab.data import dataset
from gan_lab.data.sources.shared import DataConfig
from gan_lab.errors import ParameterError
from gan_lab.evaluation.extractors import extractor_of
from gan_lab.system.console import Console

TRIES = 100  # times as many samples as are wanted of each class, at most

ByClass = dict[str, tuple[list[int], np.ndarray]]


def by_class(
    draw: Callable[[Sequence[int]], np.ndarray],
    data: DataConfig,
    count: int,
    seed: int,
    console: Console,
) -> ByClass:
    """Class -> seeds and images, as the classifier of the data set sorts them.

    Args:
        draw: seeds -> uint8 images `(count, height, width, channels)`.
        data: the configuration of the data set.
        count: how many of each class.
        seed: the first one that is tried.
        console: where the training of the classifier is shown.

    Raises:
        UsageError: the data has no labels, or a class is too rare.
    """
    training = dataset.load(data, dataset.find(data), console)
    if training.labels is None or len(training.shape) != 3:
        raise ParameterError(
            "per_class", "needs images with labels (see `data.labels`)."
        )
    extractor = extractor_of("lab", training, console)
    found: dict[str, tuple[list[int], list[np.ndarray]]]
    found = {name: ([], []) for name in training.classes}
    size = count * len(found)
    for start in range(seed, seed + TRIES * size, size):
        seeds = range(start, start + size)
        images = draw(seeds)
        _, told = extractor(images)
        probabilities = cast(np.ndarray, told)  # of a classifier
        for number, image, place in zip(
            seeds, images, probabilities.argmax(1), strict=True
        ):
            kept, its = found[training.classes[place]]
            if len(kept) < count:
                kept.append(number)
                its.append(image)
        if all(len(kept) == count for kept, _ in found.values()):
            return {name: (kept, np.array(its)) for name, (kept, its) in found.items()}
    rare = [name for name, (kept, _) in found.items() if len(kept) < count]
    raise ParameterError(
        "per_class",
        f": of {TRIES * size:,} samples too few are {', '.join(rare)}.",
        value=count,
    )


def joined(found: ByClass) -> tuple[np.ndarray, list[str]]:
    """All images, class by class, and a name of each: its class, a slash, its seed."""
    images = np.concatenate([images for _, images in found.values()])
    names = []
    for name, (seeds, _) in found.items():
        safe = re.sub(r"[^\w-]+", "_", name)  # a class is named by whoever made it
        names += [f"{safe}/{seed:06d}" for seed in seeds]
    return images, names
