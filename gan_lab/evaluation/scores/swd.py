"""The sliced Wasserstein distance of patches."""

import numpy as np

from gan_lab.evaluation.metric import LOWER, Metric
from gan_lab.evaluation.sets import ImageSet, References
from gan_lab.metrics.pyramid import pyramid_distances
from gan_lab.registry import register


@register("metric")
def swd(*, patches: int = 32, directions: int = 128) -> Metric:
    """The sliced Wasserstein distance of patches, by scale, and its mean.

    Args:
        patches: of each image at each scale.
        directions: in which they are looked at.

    Reference: Karras et al., 2018, arXiv:1710.10196.
    """

    def compute(references: References, fake: ImageSet) -> dict[str, float]:
        count = min(len(references.real.images), len(fake.images))
        by_side = pyramid_distances(
            references.real.images[:count],
            fake.images[:count],
            patches=patches,
            directions=directions,
            seed=references.seed,
        )
        parts = {f"swd/{side}": value for side, value in by_side.items()}
        mean = float(np.mean(list(by_side.values())))
        return {"swd": mean, **(parts if len(parts) > 1 else {})}

    return Metric(compute, {"swd": LOWER}, place=7, side=7, cheap=True)
