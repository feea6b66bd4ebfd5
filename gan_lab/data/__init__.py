"""Data: sources of pictures, their preparation, and the order in which a run sees
them."""

from gan_lab.data.sources import (
    array,
    celeba,
    cifar,
    digits,
    folder,
    idx,
    mixtures,
    synthetic,
)

__all__ = [
    "array",
    "celeba",
    "cifar",
    "digits",
    "folder",
    "idx",
    "mixtures",
    "synthetic",
]
