"""Scores by class: which classes are hit, how evenly, and how well each is met."""

import numpy as np

from gan_lab.metrics import checks
from gan_lab.metrics.frechet import Statistics, frechet_distance, gather


def modes(labels: np.ndarray, classes: int) -> int:
    """The number of classes that a generator hits at least once.

    Args:
        labels: integers (count,) in [0, classes), which a classifier gave to
            generated images; for images of several digits, one number for all.
        classes: how many there are.

    Raises:
        ValueError: of these bounds.

    Reference: Metz et al., 2017, arXiv:1611.02163.
    """
    return int(np.count_nonzero(_counts("labels", labels, classes)))


def divergence(
    labels: np.ndarray, classes: int, real_labels: np.ndarray | None = None
) -> float:
    """The divergence of the shares of classes from the real ones; 0 is best.

        KL(p || q) = sum_c p_c log(p_c / q_c)

    where p are the shares among `labels`, and q among `real_labels`.

    Args:
        labels: integers (count,) in [0, classes), of generated images.
        classes: how many there are.
        real_labels: the same of real images; None is the uniform distribution.

    Returns:
        In nats; at most log(classes) from uniform, and infinite where a class is
        generated that no real image has.

    Raises:
        ValueError: of these bounds.

    Reference: Metz et al., 2017, arXiv:1611.02163.
    """
    counts = _counts("labels", labels, classes)
    if real_labels is None:
        shares = np.full(classes, 1 / classes)
    else:
        real = _counts("real_labels", real_labels, classes)
        shares = real / real.sum()
    hit = counts > 0
    p, q = counts[hit] / counts.sum(), shares[hit]
    return float(np.sum(p * np.log(p / q))) if q.all() else float("inf")


def divergence_floor(classes: int, count: int) -> float:
    """The divergence from uniform that so many samples have where all is well.

        (K - 1) / (2 N)

    for K classes that are equally likely, and N samples: what chance alone leads to,
    to the first order in 1 / N. It is 0.0192 for 1,000 classes and 26,000 samples.

    Args:
        classes: how many there are.
        count: of samples.

    Raises:
        ValueError: one of them is below 1.

    Reference: Miller, Note on the bias of information estimates, 1955.
    """
    checks.positive("classes", classes)
    checks.positive("count", count)
    return (classes - 1) / (2 * count)


def joint(labels: np.ndarray, classes: int) -> np.ndarray:
    """One label for several of the same image: the number of which they are the digits.

    Args:
        labels: integers (count, places) in [0, classes), the first the highest.
        classes: how many there are at each place.

    Returns:
        Integers (count,) in [0, classes ** places): of three a, b, c with ten classes
        100 a + 10 b + c.

    Raises:
        ValueError: of these bounds.
    """
    labels = np.asarray(labels)
    if labels.ndim != 2 or not labels.shape[1]:
        raise ValueError(
            f"`labels` must have the shape (count, places). Received: {labels.shape}."
        )
    checks.positive("classes", classes)
    checks.labels("labels", labels.ravel(), classes)
    weights = classes ** np.arange(labels.shape[1])[::-1]
    return np.sum(labels * weights, axis=1)


def frechet_by_class(
    real: np.ndarray,
    real_labels: np.ndarray,
    fake: np.ndarray,
    fake_labels: np.ndarray,
) -> dict[int, float]:
    """The Frechet distance between real and generated images of each class.

    Their mean is the intra-class FID, which sees what the overall distance does not:
    a conditional generator that ignores its label.

    Args:
        real: finite float features (count, dimensions).
        real_labels: integers (count,), at least 0, of the real images.
        fake: features of generated images.
        fake_labels: the labels that they were asked for, each of them one of a real
            image.

    Returns:
        The distance by label, for all labels of real images.

    Raises:
        ValueError: of these bounds, or fewer than two images of a class in a set.

    Reference: Miyato and Koyama, 2018, arXiv:1802.05637.
    """
    real, fake = checks.features("real", real), checks.features("fake", fake)
    checks.alike("real", real, "fake", fake)
    real_labels = _labels_of("real", real, real_labels)
    fake_labels = _labels_of("fake", fake, fake_labels)
    known = np.unique(real_labels)
    strange = np.setdiff1d(fake_labels, known)
    if strange.size:
        raise ValueError(f"`fake_labels` holds {strange[0]}, which no real image has.")
    return {
        int(label): frechet_distance(
            _statistics("real", real, real_labels, label),
            _statistics("fake", fake, fake_labels, label),
        )
        for label in known
    }


def _counts(name: str, labels: np.ndarray, classes: int) -> np.ndarray:
    checks.positive("classes", classes)
    return np.bincount(checks.labels(name, labels, classes), minlength=classes)


def _labels_of(name: str, features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    labels = checks.labels(f"{name}_labels", labels)
    if len(labels) != len(features):
        raise ValueError(
            f"`{name}_labels` must be as many as `{name}`. "
            f"Received: {len(labels)} and {len(features)}."
        )
    return labels


def _statistics(
    name: str, features: np.ndarray, labels: np.ndarray, label: int
) -> Statistics:
    chosen = features[labels == label]
    if len(chosen) < 2:
        raise ValueError(
            f"`{name}` must hold at least 2 images of each class. "
            f"Received: {len(chosen)} of class {label}."
        )
    return gather(chosen)
