"""gan_lab's training step, as the trainer runs it, on networks that others have too."""

import keras
import numpy as np

from gan_lab import GAN, backend
from gan_lab.data.batches import Batches, ReadAhead
from gan_lab.data.samples import Samples
from gan_lab.losses.adversarial import bce
from gan_lab.models.dcgan import Norm, dcgan
from gan_lab.models.digits_28 import digits_28

SHAPES = {"digits_28": (28, 28, 1), "dcgan_64": (64, 64, 3)}


def networks(name: str):
    """Those of digits_28, or of PyTorch's DCGAN example: `dcgan_64`.

    The latter are the same but for three biases, of the first and of the last
    convolution and of the logit.
    """
    if name == "digits_28":
        return digits_28(SHAPES[name])
    return dcgan(SHAPES[name], width=64, kernel=4, discriminator_norm=Norm.batch)


def images(shape: tuple[int, int, int] = SHAPES["digits_28"]) -> np.ndarray:
    """As many pictures as a test needs; their content costs no time."""
    draw = np.random.default_rng(0)
    return draw.integers(0, 256, (10_000, *shape), np.uint8)


def trained(step, name: str = "digits_28") -> GAN:
    """A GAN that is ready to be trained."""
    keras.utils.set_random_seed(0)
    gan = GAN(networks(name), bce(None), step=step)
    gan.compile(backend.Adam(2e-4, beta_1=0.5), backend.Adam(2e-4, beta_1=0.5))
    return gan


def rounds(gan: GAN, batch: int):
    """A function that plays so many rounds of a GAN at a batch size."""
    batches = Batches(Samples(images(gan.discriminator.input_shape[1:])), batch, seed=0)
    return backend.Rounds(gan, ReadAhead(batches, 0), batches(0), jit=False).play
