"""Scores of nearest neighbours: which images lie among which, and next to which."""

from typing import NamedTuple

import numpy as np

from gan_lab.metrics import checks
from gan_lab.metrics.distances import beyond, nearest_of, nearest_others, points, tiles


class ManifoldScores(NamedTuple):
    """Scores of two sets of features among each other; see `manifold_scores`."""

    precision: float
    recall: float
    density: float
    coverage: float


def manifold_scores(
    real: np.ndarray, fake: np.ndarray, *, neighbours: int = 5
) -> ManifoldScores:
    """Precision, recall, density and coverage.

    Around each image is a ball that reaches to its k-th nearest neighbour in its own
    set, the image itself not counted. Then

        precision: share of fake images inside the ball of any real one
        recall:    share of real images inside the ball of any fake one
        density:   mean number of real balls that a fake image is inside of, over k
        coverage:  share of real balls with a fake image inside

    The density can be above 1; the others are in [0, 1]. All change with the counts,
    so only values of equal counts and k can be compared. The surface is inside for
    precision and recall, as in the paper's equation, and outside for density and
    coverage, as in the authors' code; so a set has density 1 of itself.

    Args:
        real: finite float array (count, dimensions), of more than k.
        fake: the same of generated images; its count may differ.
        neighbours: k, at least 1; 3 in the first paper, 5 in the second.

    Raises:
        ValueError: of these bounds, or sets of different dimensions.

    Reference: Kynkaanniemi et al., 2019, arXiv:1904.06991, and Naeem et al., 2020,
    arXiv:2002.09797.
    """
    checks.positive("neighbours", neighbours)
    real = checks.features("real", real, neighbours + 1)
    fake = checks.features("fake", fake, neighbours + 1)
    checks.alike("real", real, "fake", fake)
    precise, recalled = np.zeros(len(fake), bool), np.zeros(len(real), bool)
    covered, inside = np.zeros(len(real), bool), 0
    x, y = points(real, fake)
    real_radii = nearest_others(x, neighbours)[0][:, -1]
    fake_radii = nearest_others(y, neighbours)[0][:, -1]
    for rows, columns, squares in tiles(x, y):
        reach = beyond(squares, x, y, rows, columns, real_radii[rows, None])
        precise[columns] |= (reach <= 0).any(axis=0)
        covered[rows] |= (reach < 0).any(axis=1)
        inside += int(np.count_nonzero(reach < 0))
        reach = beyond(squares, x, y, rows, columns, fake_radii[None, columns])
        recalled[rows] |= (reach <= 0).any(axis=1)
    return ManifoldScores(
        precision=float(precise.mean()),
        recall=float(recalled.mean()),
        density=inside / (neighbours * len(fake)),
        coverage=float(covered.mean()),
    )


def nearest(
    queries: np.ndarray, references: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest of the references to each query.

    Args:
        queries: finite float array (count, dimensions).
        references: the same, among which is searched; None searches for each query
            among all the others, where an equal one is found too.

    Returns:
        Euclidean distances, float64 (count,), and indices, int (count,).

    Raises:
        ValueError: of these shapes, or nobody to be near to.
    """
    queries = checks.features("queries", queries, 2 if references is None else 1)
    if references is None:
        (x,) = points(queries)
        distances, indices = nearest_others(x, 1)
    else:
        references = checks.features("references", references, 1)
        checks.alike("queries", queries, "references", references)
        y, x = points(references, queries)
        distances, indices = nearest_of(x, y, 1)
    return distances[:, 0], indices[:, 0]
