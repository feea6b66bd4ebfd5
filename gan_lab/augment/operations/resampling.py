"""Images whose pixels come from other places, without aliasing.

An image is doubled by a wavelet filter, sampled between its pixels, and halved by the
same filter backwards: where nothing moves that is the image itself. It goes on beyond
its edges as its own reflection. All of it is linear, by products and gathers, whose
gradients are their adjoints.

Reference: Karras et al., 2020, arXiv:2006.06676, appendix B. Differences: there the
image is reflected before it is doubled, by as much as a batch needs; here the doubled
one is reflected, beyond what the filter reaches, so that shapes are known. Only beyond
edges that differs, and little: the filter is nearly its own reflection.
"""

import functools

import numpy as np
from keras import ops

# The low-pass filter of the symlet of order 6 (Daubechies, 1992), here of sum 1.
SYMLET = np.array(
    [
        0.015404109327027373,
        0.0034907120842174702,
        -0.11799011114819057,
        -0.048311742585633,
        0.4910559419267466,
        0.787641141030194,
        0.3379294217276218,
        -0.07263752278646252,
        -0.021060292512300564,
        0.04472490177066578,
        0.0017677118642428036,
        -0.007800708325034148,
    ]
) / np.sqrt(2.0)
REACH = 5  # pixels of the doubled image before the first that halving needs
MARGIN = 6  # pixels of the doubled image beyond each edge, which are not folded


def resampled(planes, origin):
    """Images whose pixels come from other places.

    Args:
        planes: `(channels, batch, height, width)`.
        origin: `(batch, 3, 3)`, from a place to where its pixel comes from, as
            `geometry` has places.
    """
    _, _, height, width = planes.shape
    doubled = _by_sides(planes, _doubling(height), _doubling(width))
    sampled = _sampled(doubled, origin, (height, width))
    return _by_sides(sampled, _halving(height), _halving(width))


def _by_sides(planes, down: np.ndarray, across: np.ndarray):
    """Each column times one matrix, and each row times another."""
    return ops.matmul(ops.matmul(down, planes), np.ascontiguousarray(across.T))


def _sampled(doubled, origin, size: tuple[int, int]):
    """Values of doubled images between pixels, linearly, at the places to be halved."""
    channels, _, tall, wide = doubled.shape
    rows, columns = _places(origin, size)
    (row, below), (column, right) = _cell(rows, size[0]), _cell(columns, size[1])
    first = ops.arange(ops.shape(doubled)[1], dtype="int32")[:, None, None]
    place = (first * tall + row) * wide + column
    weights = (
        (place, (1.0 - below) * (1.0 - right)),
        (place + 1, (1.0 - below) * right),
        (place + wide, below * (1.0 - right)),
        (place + wide + 1, below * right),
    )
    # A plane at a time: gathers of single numbers are the fastest, there and back.
    pixels = ops.unstack(ops.reshape(doubled, (channels, -1)), num=channels)
    return ops.stack(
        [sum(w * ops.take(p, i, axis=0) for i, w in weights) for p in pixels]
    )


def _places(origin, size: tuple[int, int]):
    """Where the pixels to be halved come from, in pixels of doubled images.

    Returns:
        Two of `(batch, 2 height + 10, 2 width + 10)`: rows and columns.
    """
    y, x = (
        (np.arange(2 * n + 2 * REACH, dtype="float32") - REACH - (n - 1)) for n in size
    )

    def along(axis: int, n: int):
        to_x, to_y, shift = ops.unstack(origin[:, axis, :, None], num=3, axis=1)
        across = to_x * x + (2.0 * shift + (n - 1))
        return across[:, None, :] + (to_y * y)[:, :, None]

    return along(1, size[0]), along(0, size[1])


def _cell(place, n: int):
    """The pixel of a doubled image before a place, and how far the place is behind it.

    Places beyond its margin are folded back.
    """
    last = 2.0 * (n - 1)
    folded = place - 2.0 * last * ops.floor(place / (2.0 * last))
    folded = last - ops.abs(last - folded)
    outside = ops.abs(place - last / 2) > last / 2 + MARGIN
    place = ops.where(outside, folded, place) + MARGIN
    before = ops.minimum(ops.floor(place), last + 2 * MARGIN - 1)
    return ops.cast(before, "int32"), place - before


@functools.cache
def _doubling(n: int) -> np.ndarray:
    """From n numbers to 2n - 1, of which every other is at one, and the margins."""
    matrix = np.zeros((2 * n - 1 + 2 * MARGIN, n))
    for k in range(len(matrix)):
        for tap, weight in enumerate(SYMLET):
            place, between = divmod(k - MARGIN + REACH - tap, 2)
            if not between:
                folded = n - 1 - abs(n - 1 - place % (2 * (n - 1)))
                matrix[k, folded] += 2.0 * weight
    return matrix.astype("float32")


@functools.cache
def _halving(n: int) -> np.ndarray:
    """From 2n + 10 numbers, of which five are before the first, to n."""
    matrix = np.zeros((n, 2 * n + 2 * REACH), "float32")
    for row in range(n):
        matrix[row, 2 * row : 2 * row + len(SYMLET)] = SYMLET
    return matrix
