"""The kernel distance of pixels."""

from gan_lab.evaluation.metric import LOWER_AROUND_0, Metric
from gan_lab.evaluation.sets import ImageSet, References
from gan_lab.metrics.kernel import pixel_distance
from gan_lab.registry import register


@register("metric")
def mmd(*, at_most: int = 2000) -> Metric:
    """The Gaussian MMD of pixels.

    Args:
        at_most: images of each kind that are compared.

    Reference: Gretton et al., 2012, Journal of Machine Learning Research 13.
    """

    def compute(references: References, fake: ImageSet) -> dict[str, float]:
        count = min(len(references.real.images), len(fake.images), at_most)
        real, generated = references.real.images[:count], fake.images[:count]
        return {"mmd": pixel_distance(real, generated, seed=references.seed)}

    return Metric(compute, {"mmd": LOWER_AROUND_0}, place=9)
