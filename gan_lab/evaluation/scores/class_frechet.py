"""The Frechet distance by class."""

import numpy as np

from gan_lab.evaluation.metric import LOWER, Metric
from gan_lab.evaluation.sets import ImageSet, References
from gan_lab.metrics.classes import frechet_by_class
from gan_lab.registry import register


@register("metric")
def class_frechet(*, mean: str = "of all classes") -> Metric:
    """The Frechet distance of each class with two images, generated and real; its mean.

    The mean is that of all classes or of none: a generator of one class alone would
    have no worse a mean than one of all of them.

    Reference: Miyato and Koyama, 2018, arXiv:1802.05637.

    Args:
        mean: what it is the mean of; nothing else can be said.
    """

    def compute(references: References, fake: ImageSet) -> dict[str, float]:
        labels, names, real = fake.predicted, references.classes, references.real
        known = np.bincount(real.labels, minlength=len(names)) > 1
        hit = np.flatnonzero((np.bincount(labels, minlength=len(names)) > 1) & known)
        if not len(hit):
            return {}
        ours, generated = np.isin(real.labels, hit), np.isin(labels, hit)
        found = frechet_by_class(
            real.features[ours],
            real.labels[ours],
            fake.features[generated],
            labels[generated],
        )
        parts = {f"class_frechet/{names[k]}": value for k, value in found.items()}
        if len(hit) < np.count_nonzero(known):
            return parts
        return {"class_frechet": float(np.mean(list(found.values()))), **parts}

    return Metric(
        compute,
        {"class_frechet": LOWER},
        place=6,
        features=True,
        classes=True,
        needs="at least 2 samples of each class",
    )
