"""Checks of the arrays that scores are given."""

import numpy as np
from numpy.typing import ArrayLike


def features(name: str, value: ArrayLike, least: int = 2) -> np.ndarray:
    """A finite float array (count, dimensions) of at least so many rows.

    Args:
        name: what the sentence of an error calls it.
        value: an array; integers become the floats that hold them.
        least: fewest rows.

    Raises:
        ValueError: it is anything else.
    """
    array = np.asarray(value)
    if not np.issubdtype(array.dtype, np.floating):
        array = array.astype(np.float32 if array.itemsize <= 2 else np.float64)
    if array.ndim != 2 or not array.shape[1]:
        raise ValueError(
            f"`{name}` must have the shape (count, dimensions). "
            f"Received: {array.shape}."
        )
    enough(name, array, least)
    if not np.isfinite(array).all():
        raise ValueError(f"`{name}` must be finite, and holds a NaN or an infinity.")
    return array


def images(name: str, value: ArrayLike, least: int = 1) -> np.ndarray:
    """A uint8 array (count, height, width, channels) of at least so many images."""
    array = np.asarray(value)
    if array.dtype != np.uint8 or array.ndim != 4 or not all(array.shape[1:]):
        raise ValueError(
            f"`{name}` must be uint8 of the shape (count, height, width, channels). "
            f"Received: {array.dtype} {array.shape}."
        )
    enough(name, array, least)
    return array


def labels(name: str, value: ArrayLike, classes: int | None = None) -> np.ndarray:
    """An integer array (count,) of at least one label in [0, classes)."""
    array = np.asarray(value)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"`{name}` must be integers of the shape (count,). "
            f"Received: {array.dtype} {array.shape}."
        )
    enough(name, array, 1)
    if array.min() < 0:
        raise ValueError(f"`{name}` must be at least 0. Received: {array.min()}.")
    if classes is not None and array.max() >= classes:
        raise ValueError(f"`{name}` must be below {classes}. Received: {array.max()}.")
    return array


def enough(name: str, array: np.ndarray, least: int) -> None:
    """There are at least so many samples."""
    if len(array) < least:
        raise ValueError(
            f"`{name}` must hold at least {least} samples. Received: {len(array)}."
        )


def alike(name: str, array: np.ndarray, other_name: str, other: np.ndarray) -> None:
    """A sample of one set and one of the other have the same shape."""
    if array.shape[1:] != other.shape[1:]:
        raise ValueError(
            f"A sample of `{name}` and one of `{other_name}` must have the same shape. "
            f"Received: {array.shape[1:]} and {other.shape[1:]}."
        )


def same(name: str, array: np.ndarray, other_name: str, other: np.ndarray) -> None:
    """Two sets have the same shape, their counts included."""
    if array.shape != other.shape:
        raise ValueError(
            f"`{name}` and `{other_name}` must have the same shape. "
            f"Received: {array.shape} and {other.shape}."
        )


def wide(name: str, images: np.ndarray, least: int) -> None:
    """Images have at least so many pixels in height and in width."""
    if min(images.shape[1:3]) < least:
        raise ValueError(
            f"`{name}` must have at least {least}x{least} pixels. "
            f"Received: {images.shape[1]}x{images.shape[2]}."
        )


def positive(name: str, value: int) -> None:
    """A count is at least 1."""
    if value < 1:
        raise ValueError(f"`{name}` must be at least 1. Received: {value}.")
