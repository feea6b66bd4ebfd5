"""Maximum mean discrepancies: of features, and of pixels."""

from collections.abc import Callable, Iterator

import numpy as np

from gan_lab.metrics import checks

Kernel = Callable[[np.ndarray, np.ndarray], np.ndarray]

_TILE = 1024  # rows and columns of the kernel's matrix that are held at a time,
_VALUES = 2**23  # and values of the samples that make them


def kernel_distance(
    real: np.ndarray,
    fake: np.ndarray,
    *,
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """The squared MMD with a cubic kernel, unbiased; 0 on average for equal sets.

        E[k(r, r')] + E[k(f, f')] - 2 E[k(r, f)],   k(x, y) = (x.y / d + 1)^3

    with r != r' and f != f'. On the features of Inception-v3 it is the KID, which is
    often given times 1,000; unlike the FID its mean does not depend on the number of
    samples.

    Args:
        real: finite float array (count, dimensions d).
        fake: the same of generated images; its count may differ.
        subsets: random subsets over which is averaged, at least 1.
        subset_size: samples of each set in a subset, without replacement; at least 2
            and at most either count.
        seed: of the subsets.

    Returns:
        The mean over the subsets, and their standard deviation.

    Raises:
        ValueError: of these bounds, or sets of different dimensions.

    Reference: Binkowski et al., 2018, arXiv:1801.01401.
    """
    checks.positive("subsets", subsets)
    if subset_size < 2:
        raise ValueError(f"`subset_size` must be at least 2. Received: {subset_size}.")
    real = checks.features("real", real, subset_size)
    fake = checks.features("fake", fake, subset_size)
    checks.alike("real", real, "fake", fake)
    draw = np.random.Generator(np.random.Philox(seed))

    def subset(features: np.ndarray) -> np.ndarray:
        chosen = draw.choice(len(features), subset_size, replace=False)
        return features[chosen].astype(np.float64)

    values = [_unbiased(subset(real), subset(fake), _cubic) for _ in range(subsets)]
    return float(np.mean(values)), float(np.std(values))


def pixel_distance(
    real: np.ndarray,
    fake: np.ndarray,
    *,
    bandwidth: float | None = None,
    seed: int = 0,
) -> float:
    """The squared MMD of pixels with a Gaussian kernel, unbiased; it needs no network.

        E[k(r, r')] + E[k(f, f')] - 2 E[k(r, f)],   k(x, y) = exp(-|x - y|^2 / (2 s^2))

    with r != r' and f != f', over all pairs. It is 0 on average for equal
    distributions, and at most 2.

    Args:
        real: uint8 images (count, height, width, channels), at least 2.
        fake: generated ones of the same shape; their count may differ.
        bandwidth: s in gray values of 0 to 255; None is the median distance between
            different real images, of 1,000 drawn at random where there are more.
        seed: of that draw.

    Returns:
        The squared discrepancy; it can be slightly below 0.

    Raises:
        ValueError: of these shapes, or a bandwidth that is not above 0, as it is
            where most real images are the same.

    Reference: Gretton et al., 2012, JMLR 13, pages 723 to 773, lemma 6; section 8 for
    the median, which is there of both sets.
    """
    real, fake = checks.images("real", real, 2), checks.images("fake", fake, 2)
    checks.alike("real", real, "fake", fake)
    real, fake = real.reshape(len(real), -1), fake.reshape(len(fake), -1)
    if bandwidth is None:
        bandwidth = _median_distance(real, seed)
    if not bandwidth > 0:
        raise ValueError(f"`bandwidth` must be above 0. Received: {bandwidth}.")

    def gaussian(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.exp(_squared_distances(x, y) / (-2 * bandwidth**2))

    return _unbiased(real, fake, gaussian)


def _cubic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    base = x @ y.T
    base /= x.shape[1]
    base += 1
    return base * base * base


def _squared_distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    # Of bytes all of these are integers below 2^53, and exact.
    x, y = x.astype(np.float64), y.astype(np.float64)
    squares = np.einsum("ij,ij->i", x, x)[:, None] + np.einsum("ij,ij->i", y, y)
    return squares - 2 * (x @ y.T)


def _median_distance(images: np.ndarray, seed: int) -> float:
    if len(images) > 1000:
        draw = np.random.Generator(np.random.Philox(seed))
        images = images[draw.choice(len(images), 1000, replace=False)]
    squares = np.block(
        [[_squared_distances(a, b) for b in _tiles(images)] for a in _tiles(images)]
    )
    return float(np.median(np.sqrt(squares[np.triu_indices(len(images), 1)])))


def _unbiased(real: np.ndarray, fake: np.ndarray, kernel: Kernel) -> float:
    return float(
        _within(real, kernel) + _within(fake, kernel) - 2 * _between(real, fake, kernel)
    )


def _between(x: np.ndarray, y: np.ndarray, kernel: Kernel) -> float:
    total = sum(kernel(a, b).sum() for a in _tiles(x) for b in _tiles(y))
    return total / (len(x) * len(y))


def _within(x: np.ndarray, kernel: Kernel) -> float:
    total, tiles = 0.0, list(_tiles(x))
    for place, tile in enumerate(tiles):
        itself = kernel(tile, tile)
        np.fill_diagonal(itself, 0)
        total += itself.sum()
        total += 2 * sum(kernel(tile, other).sum() for other in tiles[place + 1 :])
    return total / (len(x) * (len(x) - 1))


def _tiles(x: np.ndarray) -> Iterator[np.ndarray]:
    rows = max(1, min(_TILE, _VALUES // x.shape[1]))
    return (x[start : start + rows] for start in range(0, len(x), rows))
