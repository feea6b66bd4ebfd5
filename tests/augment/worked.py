"""What augmentations make of given images and given draws, by either backend."""

import sys

import keras
import numpy as np
from keras import ops

from gan_lab import backend
from gan_lab.augment.operations import colour, geometry, policy
from gan_lab.augment.operations.cutout import cut
from gan_lab.augment.operations.draws import Draws
from gan_lab.augment.operations.resampling import resampled
from gan_lab.augment.pipe import WEIGHTS, Pipe

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(-1, 1, (4, 20, 16, 3)).astype("float32")
UNIFORMS = RANDOM.uniform(0, 1, (30, 4)).astype("float32")
NORMALS = RANDOM.normal(0, 1, (10, 4)).astype("float32")


class Given(Draws):
    """Draws that are the same everywhere."""

    def __init__(self):
        self._uniforms, self._normals = iter(UNIFORMS), iter(NORMALS)


def adas(images):
    """All operations of ADA."""
    draws, weights = Given(), WEIGHTS[Pipe.bgc]
    planes = ops.transpose(images, (3, 0, 1, 2))
    p = ops.convert_to_tensor(0.9)
    size = planes.shape[2:]
    origin = geometry.origin(geometry.OPERATIONS, weights, p, draws, size)
    planes = resampled(planes, origin)
    planes = colour.mapped(planes, colour.colours(colour.OPERATIONS, weights, p, draws))
    return cut(planes, UNIFORMS[0] < 0.5, UNIFORMS[1], UNIFORMS[2])


def diffaugments(images):
    """All operations of DiffAugment."""
    drawn = iter(UNIFORMS)
    for operation, count in policy.POLICY.values():
        images = operation(images, *(next(drawn) for _ in range(count)))
    return images


class Worked(keras.layers.Layer):
    """A change of images, and the slope of its squares."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def call(self, images):
        slope = backend.input_gradient(lambda x: ops.square(self.change(x)), images)
        return self.change(images), slope


def work() -> dict[str, np.ndarray]:
    """Images and slopes, by name."""
    found = {}
    for change in (adas, diffaugments):
        images = keras.Input(IMAGES.shape[1:], batch_size=len(IMAGES))
        network = keras.Model(images, Worked(change)(images))
        for place, made in enumerate(backend.compile_model(network)(IMAGES)):
            found[f"{change.__name__} {place}"] = ops.convert_to_numpy(made)
    return found


if __name__ == "__main__":
    np.savez(sys.argv[1], **work())
