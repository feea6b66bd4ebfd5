"""Generated pictures beside the training pictures that are nearest to them."""

import numpy as np

from gan_lab.data.samples import Samples

BLOCK = 1024


def nearest(
    generated: np.ndarray, samples: Samples, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest images of a data set, by the root of the mean squared difference.

    Args:
        generated: uint8 `(queries, height, width, channels)`.
        samples: where neighbours are looked for; any number, block by block.
        count: neighbours of each, at least 1.

    Returns:
        `places, distances`: `(queries, count)` each, nearest first; distances in
        levels of 0 to 255.
    """
    flat = generated.reshape(len(generated), -1).astype(np.float32)
    squares = np.square(flat).sum(1)[:, None]
    places = np.zeros((len(flat), 0), np.int64)
    found = np.zeros((len(flat), 0), np.float32)
    for start in range(0, samples.count, BLOCK):
        block = np.arange(start, min(start + BLOCK, samples.count))
        rows = samples.images[block].reshape(len(block), -1).astype(np.float32)
        between = squares - 2 * flat @ rows.T + np.square(rows).sum(1)
        places = np.hstack([places, np.broadcast_to(block, between.shape)])
        found = np.hstack([found, between])
        best = np.argsort(found, 1, kind="stable")[:, :count]
        places = np.take_along_axis(places, best, 1)
        found = np.take_along_axis(found, best, 1)
    return places, np.sqrt(np.maximum(found, 0) / flat.shape[1])


def sheet(generated: np.ndarray, samples: Samples, places: np.ndarray) -> np.ndarray:
    """Rows of a generated picture and its neighbours, as images of one grid.

    Returns:
        uint8 `(queries * (1 + count), height, width, channels)`, row by row.
    """
    rows = [
        [picture, *samples.images[near]]
        for picture, near in zip(generated, places, strict=True)
    ]
    return np.array([image for row in rows for image in row])
