"""gan_lab's training step on the networks of digits_28, as the trainer runs it."""

import keras
import numpy as np

from gan_lab import GAN, backend
from gan_lab.data.pipeline import Batches, ReadAhead
from gan_lab.data.samples import Samples
from gan_lab.losses.adversarial import bce
from gan_lab.models.digits_28 import digits_28


def images() -> np.ndarray:
    """As many pictures as a test needs; their content costs no time."""
    draw = np.random.default_rng(0)
    return draw.integers(0, 256, (10_000, 28, 28, 1), np.uint8)


def rounds(step, batch: int):
    """A function that plays so many rounds of `step` at a batch size."""
    keras.utils.set_random_seed(0)
    gan = GAN(digits_28((28, 28, 1)), bce(None), step=step)
    gan.compile(backend.Adam(1e-4), backend.Adam(1e-4))
    batches = Batches(Samples(images()), batch, seed=0)
    return backend.Rounds(gan, ReadAhead(batches, 0), batches(0), jit=False).play
