"""Where each pixel of an augmented image comes from: ADA's changes of place.

Places are `(x, y, 1)` in pixels from the middle of an image, x to the right, y down.
An operation is the matrix of the way back, from where a pixel is to where it was.

Reference: Karras et al., 2020, arXiv:2006.06676, appendix B.
"""

import math

from keras import ops

from gan_lab.augment.operations.draws import Draws, Operation, matrices

SHIFT = 0.125  # of a side: the reach of whole shifts, the deviation of others
LOG_SCALE = 0.2  # deviation of the logarithm to base 2


def origin(operations, weights: dict[str, float], p, draws: Draws, size):
    """The way back through all operations: `(batch, 3, 3)`.

    Args:
        operations: some of `OPERATIONS`, in their order.
        weights: of each.
        p: probability of an operation of weight 1.
        draws: what was drawn for them.
        size: `(height, width)`.
    """
    back = None
    for operation in operations:
        happens, *numbers = draws.deal(operation, weights, p)
        one = operation.make(happens, size, *numbers)
        back = one if back is None else ops.matmul(back, one)
    return back


def xflip(happens, size, u):
    """Left to right, half of the time."""
    return _scaled(1.0 - 2.0 * _if(happens, ops.floor(2.0 * u), 0.0), 1.0)


def rotate90(happens, size, u):
    """No to three quarters of a turn."""
    return _turned(_if(happens, math.pi / 2 * ops.floor(4.0 * u), 0.0))


def xint(happens, size, u, v):
    """A shift by whole pixels."""
    height, width = size
    return _shifted(
        _if(happens, ops.round((2.0 * u - 1.0) * SHIFT * width), 0.0),
        _if(happens, ops.round((2.0 * v - 1.0) * SHIFT * height), 0.0),
    )


def scale(happens, size, n):
    """Larger or smaller."""
    size = _if(happens, _power(LOG_SCALE * n), 1.0)
    return _scaled(size, size)


def rotate(happens, size, u):
    """Any turn."""
    return _turned(_if(happens, math.pi * (2.0 * u - 1.0), 0.0))


def aniso(happens, size, n):
    """Wider and lower, or narrower and higher."""
    wider = _if(happens, _power(LOG_SCALE * n), 1.0)
    return _scaled(wider, 1.0 / wider)


def xfrac(happens, size, n, m):
    """Any shift."""
    height, width = size
    return _shifted(
        _if(happens, SHIFT * width * n, 0.0), _if(happens, SHIFT * height * m, 0.0)
    )


def half(p):
    """The chance of each of two turns, of which at least one happens with chance p."""
    return 1.0 - ops.sqrt(1.0 - ops.clip(p, 0.0, 1.0))


OPERATIONS = (
    Operation("xflip", xflip, 1),
    Operation("rotate90", rotate90, 1),
    Operation("xint", xint, 2),
    Operation("scale", scale, 0, 1),
    Operation("rotate", rotate, 1, chance=half),
    Operation("aniso", aniso, 0, 1),
    Operation("rotate", rotate, 1, chance=half),
    Operation("xfrac", xfrac, 0, 2),
)


def _scaled(x, y):
    """The way back from x and y times the size."""
    return matrices((1.0 / x, 0, 0), (0, 1.0 / y, 0), (0, 0, 1))


def _turned(angle):
    """The way back from a turn, clockwise as y goes down."""
    cosine, sine = ops.cos(angle), ops.sin(angle)
    return matrices((cosine, sine, 0), (-sine, cosine, 0), (0, 0, 1))


def _shifted(x, y):
    """The way back from a shift."""
    return matrices((1, 0, -x), (0, 1, -y), (0, 0, 1))


def _if(happens, value, neutral: float):
    return ops.where(happens, value, neutral)


def _power(exponent):
    return ops.exp(math.log(2.0) * exponent)
