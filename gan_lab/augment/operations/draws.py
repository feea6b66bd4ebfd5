"""Numbers that are drawn for each image of a batch."""

from keras import ops, random

from gan_lab import backend


def uniforms(count, numbers: int, seed) -> list:
    """Numbers of [0, 1), each of shape `(count,)`, by one draw.

    Args:
        count: images of this replica.
        numbers: how many for each of them.
        seed: a `keras.random` seed generator.
    """
    return _columns(random.uniform, count, numbers, seed)


def normals(count, numbers: int, seed) -> list:
    """Numbers of the normal distribution, each of shape `(count,)`, by one draw."""
    return _columns(random.normal, count, numbers, seed)


def each(numbers):
    """A number for each image, as it is multiplied with images."""
    return ops.reshape(numbers, (-1, 1, 1, 1))


def _columns(draw, count, numbers: int, seed) -> list:
    drawn = backend.share(
        lambda rows: draw((rows, numbers), dtype="float32", seed=seed), count
    )
    return ops.unstack(drawn, num=numbers, axis=1)
