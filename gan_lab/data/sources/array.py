"""Arrays of images in NumPy's own files, or in an IDX file."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gan_lab.data.source import Pictures, Source, from_array
from gan_lab.data.sources.idx import read_idx
from gan_lab.errors import UsageError
from gan_lab.registry import register

# Of images, and of labels beside them, in the order in which they are looked for.
KEYS = (("images", "labels"), ("x_train", "y_train"), ("x", "y"), ("arr_0", "arr_1"))


@register("data")
def array(*, path: str, key: str | None = None, labels: str | None = None) -> Source:
    """Images that are one uint8 array, of whatever size.

    The array is `(count, height, width)`, or `(count, height, width, channels)`, or has
    its channels, 1, 3 or 4, before the height.

    Args:
        path: a `.npy`, `.npz` or IDX file.
        key: the array in a `.npz` file; where not given, the first there is of
            `images`, `x_train`, `x` and `arr_0`.
        labels: the array of labels in a `.npz` file; where not given, what belongs to
            the images by its name, if it is there.
    """
    file = Path(path).expanduser()

    def files() -> dict[str, str]:
        if not file.is_file():
            raise UsageError(
                f"`data.path`: there is no {path}. Give a .npy, .npz or IDX file."
            )
        return {file.name: str(file)}

    choice = {"key": key, "labels": labels}
    return Source("array", path, files, partial(_open, file, key, labels), choice)


def _open(file: Path, key: str | None, labels_key: str | None) -> Pictures:
    try:
        if file.suffix.lower() == ".npz":
            with np.load(file, allow_pickle=False) as arrays:
                images, labels = _choose(file, arrays, key, labels_key)
        elif file.suffix.lower() == ".npy":
            images, labels = np.load(file, mmap_mode="r", allow_pickle=False), None
        else:
            images, labels = read_idx(file), None
    except UsageError:
        raise
    except Exception as error:  # NumPy's files fail in many ways
        raise UsageError(
            f"`data.path`: {file} cannot be read ({str(error) or 'cut off'})."
        ) from None
    images = _channels_last(file, images)
    if labels is None:
        return from_array(images)
    if labels.ndim == 0 or labels.size != len(images) or labels.dtype.kind not in "iu":
        raise UsageError(
            f"`data.labels` must be {len(images):,} whole numbers. Received: an array "
            f"{labels.shape} of {labels.dtype}."
        )
    known, numbers = np.unique(labels.ravel(), return_inverse=True)
    return from_array(images, numbers.astype(np.int32), tuple(map(str, known)))


def _choose(
    file: Path, arrays: Any, key: str | None, labels_key: str | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """`images, labels` of a `.npz` file."""
    known = arrays.files
    pairs = KEYS if key is None else ((key, dict(KEYS).get(key)),)
    found = [pair for pair in pairs if pair[0] in known]
    for name in (labels_key,) if labels_key else ():
        if name not in known:
            raise UsageError(f"`data.labels`: {file} has {known}. Received: {name}.")
    if not found:
        raise UsageError(
            f"`data.key` must name the images in {file}, which has {', '.join(known)}. "
            f"Received: {key}."
        )
    images, beside = found[0]
    labels = labels_key or (beside if beside in known else None)
    return arrays[images], arrays[labels] if labels else None


def _channels_last(file: Path, images: np.ndarray) -> np.ndarray:
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim == 4 and images.shape[-1] not in (1, 3, 4):
        images = np.moveaxis(images, 1, -1)
    if images.ndim != 4 or images.shape[-1] not in (1, 3, 4) or not images.size:
        raise UsageError(
            f"`data.path`: {file} must hold images (count, height, width) or (count, "
            f"height, width, channels). Received: an array {images.shape}."
        )
    if images.dtype != np.uint8:
        raise UsageError(
            f"`data.path`: {file} must hold uint8 levels from 0 to 255. "
            f"Received: {images.dtype}."
        )
    return images
