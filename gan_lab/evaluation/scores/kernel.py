"""The kernel distance of features."""

from gan_lab.evaluation.metric import LOWER_AROUND_0, Metric
from gan_lab.evaluation.sets import ImageSet, References
from gan_lab.metrics.kernel import kernel_distance
from gan_lab.registry import register


@register("metric")
def kernel(*, subsets: int = 100, subset_size: int = 1000) -> Metric:
    """The unbiased cubic MMD of features, a mean over subsets.

    Args:
        subsets: how many are drawn.
        subset_size: images of each, where there are so many.

    Reference: Binkowski et al., 2018, arXiv:1801.01401.
    """

    def compute(references: References, fake: ImageSet) -> dict[str, float]:
        real = references.real.features
        size = min(subset_size, len(real), len(fake.features))
        mean, _ = kernel_distance(
            real,
            fake.features,
            subsets=subsets,
            subset_size=size,
            seed=references.seed,
        )
        return {"kernel": mean}

    scores = {"kernel": LOWER_AROUND_0}
    return Metric(compute, scores, place=2, features=True, plain="kid")
