"""ADA's hole in an image."""

from keras import ops

from gan_lab.augment.operations.draws import Operation

SIDE = 0.5  # of the image's


def cut(planes, happens, u, v):
    """Zeros in a rectangle of half the sides, a part of which may lie outside.

    Args:
        planes: `(channels, batch, height, width)`.
        happens: bool `(batch,)`.
        u: where its middle is across the image, of [0, 1).
        v: the same, down the image.
    """
    _, _, height, width = planes.shape
    inside = ops.logical_and(
        _within(v, height)[:, :, None], _within(u, width)[:, None, :]
    )
    return ops.where(ops.logical_and(happens[:, None, None], inside), 0.0, planes)


CUTOUT = (Operation("cutout", cut, 2),)


def _within(middle, size: int):
    """Tell which pixels of a side are in the hole: bool `(batch, size)`."""
    place = (ops.arange(size, dtype="float32") + 0.5) / size
    return ops.abs(place - middle[:, None]) < SIDE / 2
