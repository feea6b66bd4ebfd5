"""The Frechet distance between two sets of features, by their first two moments."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from gan_lab.metrics import checks

Moments = tuple[int, np.ndarray, np.ndarray]  # count, mean, scatter around it

_ROWS = 1024  # taken into float64 at a time


@dataclass(frozen=True, eq=False)
class Statistics:
    """Mean and covariance of features: all that the Frechet distance looks at.

    Attributes:
        mean: float64 (dimensions,).
        covariance: float64 (dimensions, dimensions), divided by count - 1.
        count: how many features, at least 2.
        root: float64 (count, dimensions) with root^T root = covariance, where there
            are no more features than dimensions; else None.
    """

    mean: np.ndarray
    covariance: np.ndarray
    count: int
    root: np.ndarray | None = None


def gather(features: np.ndarray | Iterable[np.ndarray]) -> Statistics:
    """The statistics of features that come at once or in batches.

    Batches are merged by Chan's update, so about as many features are held as there
    are dimensions, and a mean far from zero costs no accuracy.

    Args:
        features: a finite float array (count, dimensions), or an iterable of such
            arrays with any counts.

    Returns:
        The statistics of all of them.

    Raises:
        ValueError: fewer than two features, a value that is not finite, or batches
            of different dimensions.
    """
    held: list[np.ndarray] = []
    moments: Moments | None = None
    for rows in _pieces([features] if isinstance(features, np.ndarray) else features):
        if held and rows.shape[1] != held[0].shape[1]:
            raise ValueError(
                "`features` must have the same dimensions in all batches. "
                f"Received: {held[0].shape[1]} and {rows.shape[1]}."
            )
        held.append(rows)
        if sum(map(len, held)) > rows.shape[1]:
            moments = _merge(moments, _moments(np.concatenate(held)))
            held = [rows[:0]]
    rest = np.concatenate(held) if held else np.empty((0, 1))
    if moments is None:
        return _of_few(rest)
    if len(rest):
        moments = _merge(moments, _moments(rest))
    count, mean, scatter = moments
    return Statistics(mean, scatter / (count - 1), count)


def frechet_distance(real: Statistics, fake: Statistics) -> float:
    """The distance between two sets, as if each were a Gaussian; 0 is best.

        |m_r - m_f|^2 + tr(C_r + C_f - 2 (C_r C_f)^(1/2))

    On the features of Inception-v3 it is the FID; it falls as the number of samples
    grows, so only values of equal counts can be compared. The trace of the root is
    the sum of the roots of the eigenvalues of R C_f R^T, where R^T R = C_r, or the
    sum of the singular values of R_r R_f^T where both sets are small, which is exact
    at any rank.

    Args:
        real: of the real features.
        fake: of the generated ones.

    Returns:
        The distance, at least 0.

    Raises:
        ValueError: the two have different dimensions.

    Reference: Heusel et al., 2017, arXiv:1706.08500.
    """
    if real.mean.shape != fake.mean.shape:
        raise ValueError(
            "`real` and `fake` must have the same dimensions. "
            f"Received: {len(real.mean)} and {len(fake.mean)}."
        )
    apart = np.sum(np.square(real.mean - fake.mean))
    spread = np.trace(real.covariance) + np.trace(fake.covariance)
    return max(0.0, float(apart + spread - 2 * _trace_of_root(real, fake)))


def _trace_of_root(one: Statistics, other: Statistics) -> float:
    if one.root is not None and other.root is not None:
        values = np.linalg.svd(one.root @ other.root.T, compute_uv=False)
        return float(values.sum())
    if one.root is None and other.root is not None:
        one, other = other, one
    root = _root(one.covariance) if one.root is None else one.root
    eigenvalues = np.linalg.eigvalsh(root @ other.covariance @ root.T)
    return float(np.sqrt(np.maximum(eigenvalues, 0)).sum())


def _root(covariance: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.cholesky(covariance, upper=True)
    except np.linalg.LinAlgError:  # singular: a feature that never varies, say
        values, vectors = np.linalg.eigh(covariance)
        return (vectors * np.sqrt(np.maximum(values, 0))).T


def _pieces(batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for batch in batches:
        batch = checks.features("features", batch, least=0)
        for start in range(0, len(batch), _ROWS):
            yield batch[start : start + _ROWS].astype(np.float64)


def _moments(rows: np.ndarray) -> Moments:
    mean = rows.mean(axis=0)
    centred = rows - mean
    return len(rows), mean, centred.T @ centred


def _merge(some: Moments | None, more: Moments) -> Moments:
    if some is None:
        return more
    (n, mean, scatter), (m, its_mean, its_scatter) = some, more
    shift, share = its_mean - mean, m / (n + m)
    its_scatter += scatter
    its_scatter += np.outer(shift, n * share * shift)
    return n + m, mean + share * shift, its_scatter


def _of_few(rows: np.ndarray) -> Statistics:
    checks.enough("features", rows, 2)
    mean = rows.mean(axis=0)
    root = (rows - mean) / np.sqrt(len(rows) - 1)
    return Statistics(mean, root.T @ root, len(rows), root)
