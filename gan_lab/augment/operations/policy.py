"""The operations of DiffAugment, as functions of images and numbers u of [0, 1).

Reference: Zhao et al., 2020, arXiv:2006.10738; the ranges are those of its program.
"""

from collections.abc import Callable
from typing import Any

from keras import ops

from gan_lab.augment.operations.draws import each

SHIFT, CUTOUT = 0.125, 0.5  # of a side


def color(images, u, v, w):
    """Brightness, saturation and contrast, one after the other, as one map.

    x + b, b of [-0.5, 0.5)
    (x - m) s + m, s of [0, 2), m the mean of a pixel: grey stays as it is
    (x - m) c + m, c of [0.5, 1.5), m the mean of an image
    """
    b, s, c = each(u) - 0.5, 2.0 * each(v), each(w) + 0.5
    pixel = ops.mean(images, axis=3, keepdims=True)
    image = ops.mean(pixel, axis=(1, 2), keepdims=True)
    return images * (s * c) + (pixel * (c - s * c) + (image - c * image + b))


def translation(images, u, v):
    """A shift by whole pixels, an eighth of a side at most; zeros come in."""
    _, height, width, _ = images.shape
    return shifted(images, _shift(u, height), _shift(v, width))


def cutout(images, u, v):
    """Zeros in a square of half a side, a part of which may lie outside."""
    _, height, width, _ = images.shape
    inside = ops.logical_and(
        ops.reshape(_hole(u, height), (-1, height, 1, 1)),
        ops.reshape(_hole(v, width), (-1, 1, width, 1)),
    )
    return images * (1.0 - ops.cast(inside, "float32"))  # faster than a choice


# Each with how many numbers it takes for an image.
POLICY: dict[str, tuple[Callable[..., Any], int]] = {
    "color": (color, 3),
    "translation": (translation, 2),
    "cutout": (cutout, 2),
}


def shifted(images, down, right):
    """Images moved by whole pixels, with zeros where nothing was.

    Args:
        images: `(batch, height, width, channels)`.
        down: int32 `(batch,)`, an eighth of the height at most, upwards if negative.
        right: the same, of the width.
    """
    count, (height, width, channels) = ops.shape(images)[0], images.shape[1:]
    tall, wide = _reach(height), _reach(width)
    padded = ops.pad(images, ((0, 0), (tall, tall), (wide, wide), (0, 0)))
    pixels = ops.reshape(padded, (-1, channels))
    rows = _places(tall - down, height)
    columns = _places(wide - right, width)
    first = ops.arange(count, dtype="int32")[:, None] * (height + 2 * tall)
    places = (first + rows)[:, :, None] * (width + 2 * wide) + columns[:, None, :]
    return ops.take(pixels, places, axis=0)


def _reach(size: int) -> int:
    """The largest shift of a side."""
    return int(size * SHIFT + 0.5)


def _shift(u, size: int):
    """A whole number of -reach to reach, both included."""
    reach = _reach(size)
    return _whole(u, 2 * reach + 1) - reach


def _hole(u, size: int):
    """Tell which pixels of a side are within the hole: bool `(batch, size)`."""
    side = int(size * CUTOUT + 0.5)
    first = _whole(u, size + (side + 1) % 2) - side // 2
    place = ops.arange(size, dtype="int32") - first[:, None]
    return ops.logical_and(place >= 0, place < side)


def _places(first, size: int):
    """int32 `(batch, size)`: one after the other."""
    return first[:, None] + ops.arange(size, dtype="int32")


def _whole(u, count: int):
    """A whole number of 0 to count - 1."""
    return ops.cast(ops.floor(u * count), "int32")
