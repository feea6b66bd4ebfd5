"""Distances from samples to training pictures."""

from gan_lab.evaluation.memorisation import NEIGHBOURS, RATIO, SIDE
from gan_lab.evaluation.memorisation import memorisation as measure
from gan_lab.evaluation.metric import HIGHER_UNSTEADY, LOWER_AROUND_0, Metric
from gan_lab.evaluation.sets import COPIES, ImageSet, References
from gan_lab.registry import register


@register("metric")
def memorisation(
    *,
    at_most: int = COPIES,
    neighbours: int = NEIGHBOURS,
    ratio: float = RATIO,
    side: int = SIDE,
) -> Metric:
    """The share of near-copies of training pictures, and how near the others are.

    Args:
        at_most: samples that are looked at.
        neighbours: training pictures that the nearest one is compared with.
        ratio: below which share of their mean distance the nearest one is copied.
        side: pixels across, at most, at which pictures are compared.

    Reference: Carlini et al., 2023, arXiv:2301.13188; Meehan et al., 2020,
    arXiv:2004.05675.
    """

    def compute(references: References, fake: ImageSet) -> dict[str, float]:
        found = measure(
            fake.images[:at_most],
            references.training,
            references.held_out,
            neighbours=neighbours,
            ratio=ratio,
            side=side,
        )
        nearest = found.pop("nearest")
        return {**found, "strangeness": nearest / references.between_training}

    scores = {
        "copies": LOWER_AROUND_0,
        "strangeness": LOWER_AROUND_0,
        "nearest_train": HIGHER_UNSTEADY,
        "nearest_holdout": HIGHER_UNSTEADY,
    }
    return Metric(compute, scores, place=10)
