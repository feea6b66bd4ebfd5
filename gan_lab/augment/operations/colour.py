"""ADA's changes of colour: one map of colours for each image.

A colour is `(red, green, blue, 1)`, and the grey axis is `(1, 1, 1) / sqrt(3)`. A grey
picture has its mean of the three.

Reference: Karras et al., 2020, arXiv:2006.06676, appendix B.
"""

import math

import numpy as np
from keras import ops

from gan_lab.augment.operations.draws import Draws, Operation, matrices

BRIGHTNESS, LOG_CONTRAST, LOG_SATURATION = 0.2, 0.5, 1.0  # deviations, base 2

_I = np.diag([1.0, 1.0, 1.0, 0.0]).astype("float32")
_W = np.diag([0.0, 0.0, 0.0, 1.0]).astype("float32")  # what makes the map affine
_GREY = np.pad(np.full((3, 3), 1 / 3, "float32"), (0, 1))  # onto the grey axis
_TURN = np.zeros((4, 4), "float32")  # a quarter turn about it, of what is across
_TURN[:3, :3] = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)


def colours(operations, weights: dict[str, float], p, draws: Draws):
    """The map through all operations: `(batch, 4, 4)`.

    Args:
        operations: some of `OPERATIONS`, in their order.
        weights: of each.
        p: probability of an operation of weight 1.
        draws: what was drawn for them.
    """
    through = None
    for operation in operations:
        one = operation.make(*draws.deal(operation, weights, p))
        through = one if through is None else ops.matmul(one, through)
    return through


def mapped(planes, colours):
    """Images whose colours were mapped.

    Args:
        planes: `(channels, batch, height, width)`, 1 or 3 channels.
        colours: `(batch, 4, 4)`.
    """
    channels = planes.shape[0]
    linear, shift = colours[:, :3, :3], colours[:, :3, 3]
    if channels == 1:
        linear = ops.mean(ops.sum(linear, axis=2), axis=1)[:, None, None]
        shift = ops.mean(shift, axis=1)[:, None]
    linear, shift = linear[..., None, None], shift[..., None, None]
    return ops.stack(
        [
            sum(linear[:, row, column] * planes[column] for column in range(channels))
            + shift[:, row]
            for row in range(channels)
        ]
    )


def brightness(happens, n):
    """All three raised by the same."""
    more = ops.where(happens, BRIGHTNESS * n, 0.0)
    return matrices((1, 0, 0, more), (0, 1, 0, more), (0, 0, 1, more), (0, 0, 0, 1))


def contrast(happens, n):
    """All three times the same."""
    return _factor(happens, LOG_CONTRAST * n) * _I + _W


def lumaflip(happens, u):
    """Light is dark, at the same hue, half of the time."""
    flips = _wide(ops.where(happens, ops.floor(2.0 * u), 0.0))
    return _I + _W - 2.0 * flips * _GREY


def hue(happens, u):
    """A turn about the grey axis."""
    angle = _wide(ops.where(happens, math.pi * (2.0 * u - 1.0), 0.0))
    across = _I - _GREY
    return _GREY + _W + ops.cos(angle) * across + ops.sin(angle) * _TURN


def saturation(happens, n):
    """Farther from the grey axis, or nearer to it."""
    return _GREY + _W + _factor(happens, LOG_SATURATION * n) * (_I - _GREY)


OPERATIONS = (
    Operation("brightness", brightness, 0, 1),
    Operation("contrast", contrast, 0, 1),
    Operation("lumaflip", lumaflip, 1),
    Operation("hue", hue, 1),
    Operation("saturation", saturation, 0, 1),
)


def _factor(happens, exponent):
    """Two to the power of that, where it happens: `(batch, 1, 1)`."""
    return _wide(ops.where(happens, ops.exp(math.log(2.0) * exponent), 1.0))


def _wide(numbers):
    return ops.reshape(numbers, (-1, 1, 1))
