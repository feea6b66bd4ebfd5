"""Structural similarity of images, and the diversity that it measures."""

import numpy as np

from gan_lab.metrics import checks

_WINDOW, _DEVIATION = 11, 1.5  # of the Gaussian, in pixels
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])  # finest first
_IMAGES = 64  # pairs taken into floating point at a time


def ms_ssim(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Multi-scale structural similarity of pairs of images; 1 for equal ones.

        l_M^w_M  prod_j cs_j^w_j,   l = (2 m_x m_y + c1) / (m_x^2 + m_y^2 + c1),
        cs = (2 s_xy + c2) / (s_x^2 + s_y^2 + c2)

    with means and variances in a Gaussian window of 11 pixels and deviation 1.5,
    averaged over places and channels (of the coarsest scale, l times cs), and scales
    that are the averages of 2x2 pixels of the one before. There are as many scales, up
    to the five of the paper, as have 11 pixels across, and their weights are divided by
    their sum: images of fewer than 176 pixels have fewer scales, and values that are
    not comparable to those of other sizes.

    Args:
        first: uint8 images (count, height, width, channels) of at least 11x11 pixels.
        second: as many of the same shape.

    Returns:
        float64 (count,) in [0, 1]; what is negative counts as 0.

    Raises:
        ValueError: of these bounds.

    Reference: Wang et al., 2003, Multi-scale structural similarity for image quality
    assessment.
    """
    first, second = checks.images("first", first), checks.images("second", second)
    checks.same("first", first, "second", second)
    checks.wide("first", first, _WINDOW)
    parts = range(0, len(first), _IMAGES)
    return np.concatenate(
        [_ms_ssim(first[s : s + _IMAGES], second[s : s + _IMAGES]) for s in parts]
    )


def diversity(images: np.ndarray, *, pairs: int = 1000, seed: int = 0) -> float:
    """The mean MS-SSIM of random pairs of different images; lower is more diverse.

    Where it is above that of real images, the generator makes less different ones.

    Args:
        images: uint8 (count, height, width, channels), at least 2 of 11x11 pixels.
        pairs: how many are drawn, with replacement, at least 1.
        seed: of the pairs.

    Raises:
        ValueError: of these bounds.

    Reference: Odena et al., 2017, arXiv:1610.09585, section 4.2.
    """
    checks.positive("pairs", pairs)
    images = checks.images("images", images, 2)
    draw = np.random.Generator(np.random.Philox(seed))
    first = draw.integers(len(images), size=pairs)
    second = (first + draw.integers(1, len(images), size=pairs)) % len(images)
    return float(ms_ssim(images[first], images[second]).mean())


def _ms_ssim(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    x, y = (np.moveaxis(part, 3, 1).astype(np.float64) for part in (first, second))
    weights = _WEIGHTS[: _scales(min(first.shape[1:3]))]
    weights = weights / weights.sum()
    product = np.ones(len(x))
    for weight in weights[:-1]:
        product *= np.maximum(_similarity(x, y)[1], 0) ** weight
        x, y = _halved(x), _halved(y)
    return product * np.maximum(_similarity(x, y)[0], 0) ** weights[-1]


def _similarity(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """SSIM, and its part of contrast and structure: each (count,)."""
    mean_x, mean_y, xx, yy, xy = _blurred(np.stack([x, y, x * x, y * y, x * y]))
    variances = xx - mean_x**2 + yy - mean_y**2
    structure = (2 * (xy - mean_x * mean_y) + _C2) / (variances + _C2)
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    places = (1, 2, 3)
    return (luminance * structure).mean(places), structure.mean(places)


def _blurred(images: np.ndarray) -> np.ndarray:
    """Means in the Gaussian window wherever it fits, over the last two axes."""
    return _band(images.shape[-2]) @ images @ _band(images.shape[-1]).T


def _band(size: int) -> np.ndarray:
    offsets = np.arange(size) - np.arange(size - _WINDOW + 1)[:, None] - _WINDOW // 2
    window = np.exp(-(offsets**2) / (2 * _DEVIATION**2))
    window[np.abs(offsets) > _WINDOW // 2] = 0
    return window / window.sum(axis=1, keepdims=True)


def _halved(images: np.ndarray) -> np.ndarray:
    height, width = (size // 2 * 2 for size in images.shape[2:])
    rows = images[:, :, 0:height:2, :width] + images[:, :, 1:height:2, :width]
    return (rows[..., 0::2] + rows[..., 1::2]) / 4


def _scales(side: int) -> int:
    scales = 1
    while scales < len(_WEIGHTS) and side // 2**scales >= _WINDOW:
        scales += 1
    return scales
