"""Scores of generated images: pure NumPy functions of features, pixels and labels."""

from gan_lab.metrics import (
    classes,
    frechet,
    inception_score,
    kernel,
    mixture,
    neighbours,
    pixels,
    pyramid,
)

__all__ = [
    "classes",
    "frechet",
    "inception_score",
    "kernel",
    "mixture",
    "neighbours",
    "pixels",
    "pyramid",
]
