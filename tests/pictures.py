"""Small pictures that tests encode and look at."""

import io

import numpy as np
from PIL import Image

PHOTO = np.random.default_rng(0).integers(0, 256, (30, 50, 3), np.uint8)


def encoded(array, format="PNG", **options) -> bytes:
    """An array as the bytes of a picture file."""
    file = io.BytesIO()
    Image.fromarray(array).save(file, format, **options)
    return file.getvalue()


def smooth(height=40, width=60, shift=0) -> np.ndarray:
    """A picture without noise, which JPEG keeps nearly as it is."""
    y, x = np.mgrid[:height, :width]
    planes = [x * 4, y * 5, (x + y) * 2 + shift]
    return np.stack([np.clip(p, 0, 255) for p in planes], -1).astype(np.uint8)


def write_digits(folder, train=40, test=20) -> None:
    """MNIST's four files, with a bright row for each digit in place of strokes."""
    for part, count in (("train", train), ("t10k", test)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = np.zeros((count, 28, 28), np.uint8)
        images[np.arange(count), 2 * labels + 4] = 255
        images[:, 0, 0] = np.arange(count)  # tells them apart
        images[:, 0, 1] = part == "t10k"
        (folder / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))


def idx(array) -> bytes:
    """An array as an IDX file of bytes."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()
