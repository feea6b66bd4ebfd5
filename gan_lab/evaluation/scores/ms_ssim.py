"""The likeness of pairs of samples."""

from gan_lab.evaluation.metric import HIGHER, LOWER, Metric
from gan_lab.evaluation.sets import ImageSet, References
from gan_lab.metrics.pixels import diversity
from gan_lab.registry import register


@register("metric")
def ms_ssim(*, pairs: int = 500) -> Metric:
    """MS-SSIM of pairs of samples, and what it lacks to 1 as a share of real pairs'.

    Args:
        pairs: how many are compared.

    Reference: Odena et al., 2017, arXiv:1610.09585.
    """

    def compute(references: References, fake: ImageSet) -> dict[str, float]:
        seed = references.seed
        similarity = diversity(fake.images, pairs=pairs, seed=seed)
        real = diversity(references.real.images, pairs=pairs, seed=seed)
        share = (1 - similarity) / (1 - real) if real < 1 else float(similarity == real)
        return {"ms_ssim": similarity, "diversity": share}

    scores = {"diversity": HIGHER, "ms_ssim": LOWER}
    return Metric(compute, scores, place=8, side=11, cheap=True)
