"""The test of an exact gradient: <T x, y> = <x, T^T y> for a linear T."""

import keras
import numpy as np
from keras import ops

from gan_lab import backend


def require_adjoint(operation, shape, count=4):
    """Compare the gradient of a linear operation with the operation itself.

    Args:
        operation: from images to images.
        shape: of an image.
        count: images.
    """
    x = keras.random.normal((count, *shape), seed=1)
    y = keras.random.normal(ops.shape(operation(x)), seed=2)
    back = backend.input_gradient(lambda images: operation(images) * y, x)
    forth, back = (ops.convert_to_numpy(z) for z in (operation(x) * y, back * x))
    size = np.abs(forth).sum()
    assert abs(forth.sum(dtype="f8") - back.sum(dtype="f8")) < 1e-5 * size
