"""Precision, recall, density and coverage of features."""

from gan_lab.evaluation.metric import HIGHER, Metric
from gan_lab.evaluation.sets import ImageSet, References
from gan_lab.metrics.neighbours import manifold_scores
from gan_lab.registry import register


@register("metric")
def prdc(*, neighbours: int = 5) -> Metric:
    """Measure how good and how varied samples are, by balls around features.

    Args:
        neighbours: that a ball reaches to, where there are so many images.

    Reference: Naeem et al., 2020, arXiv:2002.09797.
    """

    def compute(references: References, fake: ImageSet) -> dict[str, float]:
        real = references.real.features
        count = min(len(real), len(fake.features))
        return manifold_scores(
            real[:count], fake.features[:count], neighbours=min(neighbours, count - 1)
        )._asdict()

    names = ("precision", "recall", "density", "coverage")
    return Metric(compute, dict.fromkeys(names, HIGHER), place=4, features=True)
