"""The inception score, of the probabilities that a classifier gives to images."""

import numpy as np

from gan_lab.metrics import checks


def inception_score(
    probabilities: np.ndarray, *, splits: int = 10, seed: int = 0
) -> tuple[float, float]:
    """A score of images that are surely of one class, of all classes; more is better.

        exp(E_x KL(p(y|x) || p(y))),   p(y) = E_x p(y|x)

    It is 1 where the classifier says the same of every image, and the number of
    classes where it is sure and finds them equally often. It never looks at real
    images, and does not see whether each class shows one image only.

    Args:
        probabilities: finite float array (count, classes); rows at least 0 with the
            sum 1, within 0.001.
        splits: parts over which is averaged, at least 1 and at most count.
        seed: of the order in which the images are dealt to the parts, since a
            generator's samples may come class by class.

    Returns:
        The mean over the splits, and their standard deviation.

    Raises:
        ValueError: of these bounds.

    Reference: Salimans et al., 2016, arXiv:1606.03498, section 4.
    """
    checks.positive("splits", splits)
    p = checks.features("probabilities", probabilities, splits).astype(np.float64)
    sums = p.sum(axis=1)
    if p.min() < 0 or np.abs(sums - 1).max() > 1e-3:
        raise ValueError(
            "`probabilities` must be at least 0, with rows of the sum 1. "
            f"Received: at least {p.min():.3g}, with sums from {sums.min():.3g} "
            f"to {sums.max():.3g}."
        )
    p /= sums[:, None]
    order = np.random.Generator(np.random.Philox(seed)).permutation(len(p))
    scores = [
        np.exp(_entropy(part.mean(axis=0)) - _entropy(part).mean())
        for part in np.array_split(p[order], splits)
    ]
    return float(np.mean(scores)), float(np.std(scores))


def _entropy(p: np.ndarray) -> np.ndarray:
    logarithms = np.log(p, out=np.zeros_like(p), where=p > 0)  # 0 log 0 is 0
    return -np.sum(p * logarithms, axis=-1)
