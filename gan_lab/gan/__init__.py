"""The GAN as a `keras.Model`."""

from gan_lab.gan.model import GAN

__all__ = ["GAN"]
