"""Data: sources of images by index, and the order in which a run sees them."""

from gan_lab.data import celeba, cifar, digits, folder, idx, synthetic

__all__ = ["celeba", "cifar", "digits", "folder", "idx", "synthetic"]
