"""Samples as a run keeps them, drawn so many at a time as fit into memory."""

from collections.abc import Callable

import numpy as np
from keras import ops

BATCH = 64  # drawn at a time, of images of at most 64x64


def drawn(draw: Callable, latents: np.ndarray, shape: tuple) -> np.ndarray:
    """The samples of some latents.

    Args:
        draw: from a batch of latents to samples.
        latents: any number of them.
        shape: of a sample.
    """
    pixels = int(np.prod(shape[:2]))
    size = max(1, BATCH * min(64 * 64, pixels) // pixels)
    batches = range(0, len(latents), size)
    return np.concatenate([_seen(draw(latents[i : i + size])) for i in batches])


def _seen(samples) -> np.ndarray:
    """Images as uint8, vectors as they are."""
    samples = ops.convert_to_numpy(samples)
    if samples.ndim == 2:
        return samples
    samples = np.nan_to_num(samples, nan=-1.0)  # a broken generator draws black
    return np.clip(np.rint((samples + 1.0) * 127.5), 0, 255).astype(np.uint8)
