"""Models: pairs of a generator and a discriminator, one family a file."""

from gan_lab.models import (
    dcgan,
    digits_28,
    faces_28,
    faces_64,
    faces_128,
    mlp,
    roses_64,
)

__all__ = ["dcgan", "digits_28", "faces_28", "faces_64", "faces_128", "mlp", "roses_64"]
