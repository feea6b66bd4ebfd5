"""The inception score, of any classifier."""

from gan_lab.evaluation.metric import HIGHER, Metric
from gan_lab.evaluation.sets import ImageSet, References
from gan_lab.metrics import inception_score as formula
from gan_lab.registry import register


@register("metric")
def inception_score(*, splits: int = 10) -> Metric:
    """The exponential of the mean divergence of a class from the classes of all.

    Args:
        splits: parts whose scores are averaged, where there are so many images.

    Reference: Salimans et al., 2016, arXiv:1606.03498.
    """

    def compute(references: References, fake: ImageSet) -> dict[str, float]:
        mean, _ = formula.inception_score(
            fake.probabilities,
            splits=min(splits, len(fake.probabilities)),
            seed=references.seed,
        )
        return {"inception_score": mean}

    scores = {"inception_score": HIGHER}
    return Metric(
        compute, scores, place=3, features=True, probabilities=True, plain="is"
    )
