"""Pipes: which of ADA's operations there are, and how often each happens."""

import enum
from collections.abc import Callable
from typing import Any

BLIT = ("xflip", "rotate90", "xint")
GEOM = ("scale", "rotate", "aniso", "xfrac")
COLOR = ("brightness", "contrast", "lumaflip", "hue", "saturation")


class Pipe(enum.Enum):
    """A choice of operations: `b`lit, `g`eom and `c`olor, or what R3GAN takes."""

    blit = "blit"
    geom = "geom"
    color = "color"
    bg = "bg"
    bgc = "bgc"
    r3gan = "r3gan"


# The chance of an operation is its weight times p.
WEIGHTS = {
    Pipe.blit: dict.fromkeys(BLIT, 1.0),
    Pipe.geom: dict.fromkeys(GEOM, 1.0),
    Pipe.color: dict.fromkeys(COLOR, 1.0),
    Pipe.bg: dict.fromkeys(BLIT + GEOM, 1.0),
    Pipe.bgc: dict.fromkeys(BLIT + GEOM + COLOR, 1.0),
    Pipe.r3gan: (
        dict.fromkeys((*BLIT, *GEOM, "cutout"), 1.0) | dict.fromkeys(COLOR, 0.5)
    ),
}


def piped(pipe: Pipe) -> Callable[..., Any]:
    """The operations of a pipe, as `(images, p, seed) -> images`.

    Geometry is one map of places and one resampling, colour one map of colours. `p`
    may be a tensor.

    Args:
        pipe: which operations.
    """
    from keras import ops

    from gan_lab.augment.operations import colour, geometry
    from gan_lab.augment.operations.cutout import CUTOUT, cut
    from gan_lab.augment.operations.draws import Draws
    from gan_lab.augment.operations.resampling import resampled

    weights = WEIGHTS[pipe]
    moved = [o for o in geometry.OPERATIONS if o.name in weights]
    coloured = [o for o in colour.OPERATIONS if o.name in weights]
    holed = [o for o in CUTOUT if o.name in weights]
    every = [*moved, *coloured, *holed]

    def apply(images, p, seed):
        images = ops.cast(images, "float32")
        p = ops.cast(p, "float32")
        draws = Draws(ops.shape(images)[0], every, seed)
        planes = ops.transpose(images, (3, 0, 1, 2))
        if moved:
            size = planes.shape[2:]
            planes = resampled(planes, geometry.origin(moved, weights, p, draws, size))
        if coloured:
            planes = colour.mapped(planes, colour.colours(coloured, weights, p, draws))
        for operation in holed:
            planes = cut(planes, *draws.deal(operation, weights, p))
        return ops.transpose(planes, (1, 2, 3, 0))

    return apply
