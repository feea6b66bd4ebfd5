"""The modes of stacked digits that samples hit, and how evenly."""

from collections.abc import Callable

from gan_lab.evaluation.metric import HIGHER, LOWER, Metric
from gan_lab.evaluation.sets import ImageSet, References
from gan_lab.metrics.classes import divergence, divergence_floor, modes
from gan_lab.registry import register

PAPER = 26_000  # samples


@register("metric")
def stacked_modes(*, at_most: int = PAPER) -> Metric:
    """Count the different stacks of digits among samples, by the digits' classifier.

    Args:
        at_most: samples that are looked at.

    Reference: Metz et al., 2017, arXiv:1611.02163; Srivastava et al., 2017,
    arXiv:1705.07761, for the number of samples.
    """

    def compute(references: References, fake: ImageSet) -> dict[str, float]:
        count = len(references.classes)
        return {"stacked_modes": modes(fake.stacks[:at_most], count)}

    known = _known(at_most)
    scores = {"stacked_modes": HIGHER}
    return Metric(compute, scores, place=12, stacked=True, known=known)


@register("metric")
def stacked_kl(*, at_most: int = PAPER) -> Metric:
    """The divergence of the shares of stacks of digits from uniform ones, in nats.

    It is not 0 of the real images either: chance adds what the protocol calls its
    floor, and digits that are not equally frequent add 0.004 to that.

    Args:
        at_most: samples that are looked at.

    Reference: Metz et al., 2017, arXiv:1611.02163.
    """

    def compute(references: References, fake: ImageSet) -> dict[str, float]:
        count = len(references.classes)
        return {"stacked_kl": divergence(fake.stacks[:at_most], count)}

    known = _known(at_most)
    scores = {"stacked_kl": LOWER}
    return Metric(compute, scores, place=13, stacked=True, known=known)


def _known(at_most: int) -> Callable[[References, int], dict[str, object]]:
    """The facts of the protocol, as a function of what is measured."""

    def facts(references: References, samples: int) -> dict[str, object]:
        count = len(references.classes)
        channels = references.real.images.shape[-1]
        return {
            "digits": round(count ** (1 / channels)),
            "modes": count,
            "to": "uniform",
            "floor": divergence_floor(count, min(samples, at_most)),
        }

    return facts
