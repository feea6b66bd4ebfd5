"""Images that stay in the memory of the device."""

from keras import ops


def gather(images, places):
    """A batch of images.

    Args:
        images: `(count, height, width, channels)`, or vectors.
        places: int32 `(batch,)`; of an image that is mirrored left to right, `~place`.
    """
    mirrored = places < 0
    taken = ops.take(images, ops.where(mirrored, -1 - places, places), axis=0)
    if len(images.shape) < 4:
        return taken
    mirrored = ops.reshape(mirrored, (-1, 1, 1, 1))
    return ops.where(mirrored, ops.flip(taken, axis=2), taken)
