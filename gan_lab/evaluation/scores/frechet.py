"""The Frechet distance of features, and how far they are spread."""

import numpy as np

from gan_lab.evaluation.metric import HIGHER, LOWER, Metric
from gan_lab.evaluation.sets import ImageSet, References
from gan_lab.metrics.frechet import frechet_distance, gather
from gan_lab.registry import register


@register("metric")
def frechet() -> Metric:
    """The Frechet distance, and the spread of features as a share of the real ones'.

    Reference: Heusel et al., 2017, arXiv:1706.08500.
    """

    def compute(references: References, fake: ImageSet) -> dict[str, float]:
        real, generated = gather(references.real.features), gather(fake.features)
        wide, narrow = np.trace(real.covariance), np.trace(generated.covariance)
        return {
            "frechet": frechet_distance(real, generated),
            "feature_spread": float(np.sqrt(narrow / wide)) if wide else 1.0,
        }

    scores = {"frechet": LOWER, "feature_spread": HIGHER}
    return Metric(compute, scores, place=1, features=True, plain="fid")
