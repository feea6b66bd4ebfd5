"""Pictures made up here, for tests and first tries."""

import numpy as np

from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError
from gan_lab.registry import register


@register("data")
def synthetic(*, count: int = 512, image_size: int = 28, channels: int = 1) -> Samples:
    """Soft discs of random place, size and colour on a dark ground.

    Args:
        count: how many, at least 1.
        image_size: side in pixels, at least 1.
        channels: at least 1.
    """
    for name, value in (
        ("count", count),
        ("image_size", image_size),
        ("channels", channels),
    ):
        if value < 1:
            raise UsageError(f"`data.{name}` must be at least 1. Received: {value}.")
    draw = np.random.Generator(np.random.Philox(0))
    y, x = np.mgrid[:image_size, :image_size] / image_size
    x, y = x[None, ..., None], y[None, ..., None]
    left, top = draw.uniform(0.3, 0.7, (2, count, 1, 1, 1))
    radius = draw.uniform(0.1, 0.3, (count, 1, 1, 1))
    colour = draw.uniform(0.4, 1.0, (count, 1, 1, channels))
    distance = np.sqrt((x - left) ** 2 + (y - top) ** 2)
    inside = np.clip((radius - distance) * 10 + 0.5, 0, 1)
    return Samples(np.rint(255 * inside * colour).astype(np.uint8))
