"""The sliced Wasserstein distance of image patches, scale by scale."""

from collections.abc import Iterator

import numpy as np

from gan_lab.metrics import checks

_PATCH = 7
_FEWEST = 16  # pixels across, of the coarsest level of the pyramid
_TAPS = np.array([1, 4, 6, 4, 1], np.float32) / 16
_IMAGES = 128  # taken into floating point at a time
_PROJECTED = 2**22  # projections that are sorted at a time


def sliced_wasserstein(
    real: np.ndarray, fake: np.ndarray, *, directions: int = 512, seed: int = 0
) -> float:
    """The Wasserstein distance of two point sets, averaged over directions.

        E_u mean_i |sort(real u)_i - sort(fake u)_i|,   |u| = 1

    Args:
        real: finite float array (count, dimensions).
        fake: the same, of the same shape.
        directions: how many are drawn, uniformly on the sphere; at least 1.
        seed: of the directions.

    Raises:
        ValueError: of these bounds.

    Reference: Rabin et al., 2011, Wasserstein barycenter and its application to
    texture mixing.
    """
    checks.positive("directions", directions)
    real, fake = checks.features("real", real, 1), checks.features("fake", fake, 1)
    checks.same("real", real, "fake", fake)
    draw = np.random.Generator(np.random.Philox(seed))
    lines = draw.standard_normal((directions, real.shape[1]))
    lines /= np.linalg.norm(lines, axis=1, keepdims=True)
    lines = lines.astype(np.result_type(real, fake))
    together, total = max(1, _PROJECTED // len(real)), 0.0
    for start in range(0, directions, together):
        some = lines[start : start + together]
        apart = np.sort(some @ real.T, axis=1) - np.sort(some @ fake.T, axis=1)
        total += np.abs(apart).sum(dtype=np.float64)
    return float(total / (directions * len(real)))


def pyramid_distances(
    real: np.ndarray,
    fake: np.ndarray,
    *,
    patches: int = 128,
    directions: int = 512,
    seed: int = 0,
) -> dict[int, float]:
    """The distance between the 7x7 patches of two sets, scale by scale; 0 is best.

    Each level of the images' Laplacian pyramids, of half the size of the one before
    while that is at least 16 pixels, gives patches at random places. They are brought
    to mean 0 and deviation 1 in each channel, for each set on its own, and compared by
    their sliced Wasserstein distance, times 1,000 as it is published. A change of
    brightness or contrast of a whole set is therefore not seen.

    Args:
        real: uint8 images (count, height, width, channels) of at least 7x7 pixels.
        fake: generated ones, as many and of the same shape.
        patches: per image and level; both sets have them at the same places.
        directions: of the projections.
        seed: of places and directions.

    Returns:
        The distance by the shorter side of its level, finest first; the published
        average is their mean.

    Raises:
        ValueError: of these bounds.

    Reference: Karras et al., 2018, arXiv:1710.10196, section 5. There 16,384 images,
    and places drawn anew for each set, so that a set differs from itself.
    """
    checks.positive("patches", patches)
    real, fake = checks.images("real", real), checks.images("fake", fake)
    checks.same("real", real, "fake", fake)
    checks.wide("real", real, _PATCH)
    levels = zip(
        _descriptors(real, patches, seed),
        _descriptors(fake, patches, seed),
        strict=True,
    )
    side = min(real.shape[1:3])
    return {
        -(-side // 2**level): 1000
        * sliced_wasserstein(a, b, directions=directions, seed=seed)
        for level, (a, b) in enumerate(levels)
    }


def _descriptors(images: np.ndarray, patches: int, seed: int) -> Iterator[np.ndarray]:
    """The standardised patches of all images, for each level."""
    draw = np.random.Generator(np.random.Philox(seed))
    parts = [
        [_patches(level, patches, draw) for level in _pyramid(images[s : s + _IMAGES])]
        for s in range(0, len(images), _IMAGES)
    ]
    while parts[0]:  # a level's parts are let go when they are joined
        yield _standardised(np.concatenate([part.pop(0) for part in parts]))


def _pyramid(images: np.ndarray) -> list[np.ndarray]:
    levels, level = [], images.astype(np.float32)
    while min(level.shape[1:3]) >= 2 * _FEWEST:
        smaller = _smooth(level)[:, ::2, ::2]
        larger = np.zeros_like(level)
        larger[:, ::2, ::2] = 4 * smaller
        levels.append(level - _smooth(larger))
        level = smaller
    return [*levels, level]


def _smooth(images: np.ndarray) -> np.ndarray:
    """Binomial blur of heights and widths, mirrored at the edges."""
    for axis in (1, 2):
        margin = [(2, 2) if each == axis else (0, 0) for each in range(4)]
        wide = np.moveaxis(np.pad(images, margin, mode="reflect"), axis, 0)
        size = images.shape[axis]
        blurred = sum(tap * wide[k : k + size] for k, tap in enumerate(_TAPS))
        images = np.moveaxis(blurred, 0, axis)
    return images


def _patches(images: np.ndarray, count: int, draw: np.random.Generator) -> np.ndarray:
    """Patches (images x count, channels, 7, 7) at random places."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (_PATCH,) * 2, (1, 2))
    image = np.repeat(np.arange(len(images)), count)
    y, x = (draw.integers(size, size=len(image)) for size in windows.shape[1:3])
    return windows[image, y, x]


def _standardised(patches: np.ndarray) -> np.ndarray:
    """Brought to mean 0 and deviation 1 in each channel, in place, and flat."""
    every = (0, 2, 3)
    patches -= patches.mean(every, keepdims=True, dtype=np.float64)
    squares = np.einsum("nchw,nchw->c", patches, patches, dtype=np.float64)
    deviation = np.sqrt(squares * patches.shape[1] / patches.size)[:, None, None]
    patches /= np.where(deviation > 0, deviation, 1)  # a set of one gray stays 0
    return patches.reshape(len(patches), -1)
