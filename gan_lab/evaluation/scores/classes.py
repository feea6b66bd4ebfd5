"""The classes that samples are of."""

import numpy as np

from gan_lab.evaluation.metric import HIGHER, LOWER_AROUND_0, Metric
from gan_lab.evaluation.sets import ImageSet, References
from gan_lab.metrics.classes import divergence, modes
from gan_lab.registry import register


@register("metric")
def classes() -> Metric:
    """Count the classes of samples, and their evenness, by the data set's classifier.

    Reference: Metz et al., 2017, arXiv:1611.02163, for counting modes.
    """

    def compute(references: References, fake: ImageSet) -> dict[str, float]:
        count = len(references.classes)
        uniform = divergence(fake.predicted, count)
        real = divergence(references.real.predicted, count)
        return {
            "mode_share": float(np.exp(real - uniform)),
            "modes": modes(fake.predicted, count),
            "modes_effective": count * float(np.exp(-uniform)),
            "class_divergence": uniform,
        }

    scores = {
        "mode_share": HIGHER,
        "modes": HIGHER,
        "modes_effective": HIGHER,
        "class_divergence": LOWER_AROUND_0,
    }
    return Metric(compute, scores, place=5, features=True, classes=True)
