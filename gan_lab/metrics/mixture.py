"""Scores of samples from a mixture of Gaussians: which modes there are, how good."""

from typing import NamedTuple

import numpy as np

from gan_lab.metrics import checks
from gan_lab.metrics.neighbours import nearest


class ModeScores(NamedTuple):
    """Modes of a mixture that a generator has found; see `mode_scores`."""

    modes: int
    good: float


def mode_scores(
    samples: np.ndarray, centres: np.ndarray, deviation: float
) -> ModeScores:
    """The number of modes that are hit, and the share of good samples.

    A sample is good where it lies within three deviations of the nearest centre, in
    Euclidean distance; then

        modes: number of centres that are nearest to at least one good sample
        good:  good samples over all samples

    Of the mixture itself in the plane, 1 - exp(-9/2), or 0.9889, are good. One sample
    hits a mode, so `modes` grows with the count; 2,500 samples are usual.

    Args:
        samples: finite float array `(count, dimensions)`.
        centres: finite float array `(modes, dimensions)`.
        deviation: of each mode, above 0.

    Raises:
        ValueError: of these bounds.

    Reference: Srivastava et al., 2017, arXiv:1705.07761, and Lin et al., 2018,
    arXiv:1712.04086.
    """
    centres = checks.features("centres", centres, 1)
    if deviation <= 0:
        raise ValueError(f"`deviation` must be above 0. Received: {deviation}.")
    distances, places = nearest(samples, centres)
    good = distances <= 3 * deviation
    return ModeScores(modes=len(np.unique(places[good])), good=float(good.mean()))
