"""The modes of a mixture of Gaussians that samples hit."""

from typing import cast

import numpy as np

from gan_lab.data.samples import Mixture
from gan_lab.evaluation.metric import HIGHER, Metric
from gan_lab.evaluation.sets import ImageSet, References
from gan_lab.metrics.mixture import mode_scores
from gan_lab.registry import register

FAR = 1e3  # where the points of a broken generator are


@register("metric")
def mixture() -> Metric:
    """The modes that points hit, and the share of points near one.

    Reference: Srivastava et al., 2017, arXiv:1705.07761.
    """

    def compute(references: References, fake: ImageSet) -> dict[str, float]:
        centres, deviation = cast(Mixture, references.mixture)  # see `Metric.mixture`
        points = np.nan_to_num(fake.images, nan=FAR)
        found = mode_scores(points, centres, deviation)
        share = found.modes / len(centres)
        return {"mode_share": share, "modes": found.modes, "good": found.good}

    names = ("mode_share", "modes", "good")
    return Metric(
        compute, dict.fromkeys(names, HIGHER), place=11, mixture=True, cheap=True
    )
