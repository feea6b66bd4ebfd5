"""The scores by name: what each asks for, and what it says of generated images."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gan_lab.data.samples import Mixture
from gan_lab.errors import UsageError, suggest
from gan_lab.evaluation.memorisation import between, memorisation
from gan_lab.metrics import classes, frechet, inception_score, kernel, neighbours
from gan_lab.metrics.mixture import mode_scores
from gan_lab.metrics.pixels import diversity
from gan_lab.metrics.pyramid import pyramid_distances

PLAIN = {"fid": "frechet", "kid": "kernel", "is": "inception_score"}
UP = {
    "is",
    "inception_score",
    "precision",
    "recall",
    "density",
    "coverage",
    "diversity",
    "feature_spread",
    "modes",
    "good",
    "mode_share",
    "modes_effective",
    "nearest_train",
    "nearest_holdout",
}
# Around 0, where a ratio says nothing, or not meant to be small or large.
UNSTEADY = {
    "kid",
    "kernel",
    "mmd",
    "copies",
    "class_divergence",
    "strangeness",
    "nearest_train",
    "nearest_holdout",
}
PAIRS, SUBSET, NEAR, SPLITS = 500, 1000, 5, 10
PATCHES, DIRECTIONS = 32, 128
FAR = 1e3  # where the points of a broken generator are
COPIES = 1000  # generated images whose neighbours are looked for


@dataclass(frozen=True)
class Views:
    """An image set, and what an extractor sees in it.

    Attributes:
        images: uint8 `(count, height, width, channels)`.
        features: float32 `(count, dimensions)`, where there is an extractor.
        probabilities: float32 `(count, classes)`, where it classifies.
        labels: int `(count,)`, where the data set has them.
    """

    images: np.ndarray
    features: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    labels: np.ndarray | None = None

    @property
    def predicted(self) -> np.ndarray:
        """The class that each image most probably is of."""
        return self.probabilities.argmax(1)


@dataclass(frozen=True)
class Sets:
    """What scores compare.

    Attributes:
        real: the real images that scores are measured against.
        training: all training images, or what reads like them.
        held_out: the images that training has not seen, or None.
        classes: names of the data set's classes.
        mixture: what vectors were drawn from, where the data set is a toy.
        seed: of what is drawn in a score.
    """

    real: Views
    training: np.ndarray
    held_out: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    mixture: Mixture | None = None
    seed: int = 0

    @cached_property
    def between_training(self) -> float:
        """The mean distance from a training picture to the nearest other one."""
        return between(self.training, COPIES)


@dataclass(frozen=True)
class Family:
    """Scores that are computed together.

    Attributes:
        names: of the scores, the most telling first.
        compute: `Sets` and the `Views` of generated images -> value by name; a name
            after one of `names` and a slash is a part of it.
        options: what else the values depend on.
        features: whether an extractor is needed.
        probabilities: whether it must classify.
        classes: whether it must know the data set's own classes.
        side: the fewest pixels across that it takes.
        mixture: whether it is of vectors from a mixture, and not of images.
        needs: what some generated images lack, which then have not all its scores.
    """

    names: tuple[str, ...]
    compute: Callable[[Sets, Views], dict[str, float]]
    options: dict
    features: bool = False
    probabilities: bool = False
    classes: bool = False
    side: int = 1
    mixture: bool = False
    needs: str = ""


def _frechet(sets: Sets, fake: Views) -> dict:
    real = frechet.gather(sets.real.features)
    generated = frechet.gather(fake.features)
    wide, narrow = np.trace(real.covariance), np.trace(generated.covariance)
    return {
        "frechet": frechet.frechet_distance(real, generated),
        "feature_spread": float(np.sqrt(narrow / wide)) if wide else 1.0,
    }


def _kernel(sets: Sets, fake: Views) -> dict:
    size = min(SUBSET, len(sets.real.features), len(fake.features))
    mean, _ = kernel.kernel_distance(
        sets.real.features, fake.features, subset_size=size, seed=sets.seed
    )
    return {"kernel": mean}


def _inception_score(sets: Sets, fake: Views) -> dict:
    splits = min(SPLITS, len(fake.probabilities))
    mean, _ = inception_score.inception_score(
        fake.probabilities, splits=splits, seed=sets.seed
    )
    return {"inception_score": mean}


def _manifold(sets: Sets, fake: Views) -> dict:
    count = min(len(sets.real.features), len(fake.features))
    return neighbours.manifold_scores(
        sets.real.features[:count],
        fake.features[:count],
        neighbours=min(NEAR, count - 1),
    )._asdict()


def _sliced(sets: Sets, fake: Views) -> dict:
    count = min(len(sets.real.images), len(fake.images))
    by_side = pyramid_distances(
        sets.real.images[:count],
        fake.images[:count],
        patches=PATCHES,
        directions=DIRECTIONS,
        seed=sets.seed,
    )
    parts = {f"swd/{side}": value for side, value in by_side.items()}
    mean = float(np.mean(list(by_side.values())))
    return {"swd": mean, **(parts if len(parts) > 1 else {})}


def _diversity(sets: Sets, fake: Views) -> dict:
    similarity = diversity(fake.images, pairs=PAIRS, seed=sets.seed)
    real = diversity(sets.real.images, pairs=PAIRS, seed=sets.seed)
    share = (1 - similarity) / (1 - real) if real < 1 else float(similarity == real)
    return {"ms_ssim": similarity, "diversity": share}


def _pixels(sets: Sets, fake: Views) -> dict:
    count = min(len(sets.real.images), len(fake.images), 2 * SUBSET)
    real, generated = sets.real.images[:count], fake.images[:count]
    return {"mmd": kernel.pixel_distance(real, generated, seed=sets.seed)}


def _classes(sets: Sets, fake: Views) -> dict:
    count = len(sets.classes)
    uniform = classes.divergence(fake.predicted, count)
    real = classes.divergence(sets.real.predicted, count)
    return {
        "mode_share": float(np.exp(real - uniform)),
        "modes": classes.modes(fake.predicted, count),
        "modes_effective": count * float(np.exp(-uniform)),
        "class_divergence": uniform,
    }


def _class_frechet(sets: Sets, fake: Views) -> dict:
    """Of each class that there are at least two of, generated and real.

    The mean is that of all classes or of none: a generator of one class alone would
    have no worse a mean than one of all of them.
    """
    labels, count = fake.predicted, len(sets.classes)
    known = np.bincount(sets.real.labels, minlength=count) > 1
    hit = np.flatnonzero((np.bincount(labels, minlength=count) > 1) & known)
    if not len(hit):
        return {}
    real, generated = np.isin(sets.real.labels, hit), np.isin(labels, hit)
    found = classes.frechet_by_class(
        sets.real.features[real],
        sets.real.labels[real],
        fake.features[generated],
        labels[generated],
    )
    parts = {f"class_frechet/{sets.classes[k]}": value for k, value in found.items()}
    if len(hit) < np.count_nonzero(known):
        return parts
    return {"class_frechet": float(np.mean(list(found.values()))), **parts}


def _memorisation(sets: Sets, fake: Views) -> dict:
    found = memorisation(fake.images[:COPIES], sets.training, sets.held_out)
    nearest = found.pop("nearest")
    return {**found, "strangeness": nearest / sets.between_training}


def _mixture(sets: Sets, fake: Views) -> dict:
    found = mode_scores(np.nan_to_num(fake.images, nan=FAR), *sets.mixture)
    share = found.modes / len(sets.mixture.centres)
    return {"mode_share": share, "modes": found.modes, "good": found.good}


FAMILIES = {
    "frechet": Family(("frechet", "feature_spread"), _frechet, {}, features=True),
    "kernel": Family(
        ("kernel",), _kernel, {"subsets": 100, "subset_size": SUBSET}, features=True
    ),
    "inception_score": Family(
        ("inception_score",),
        _inception_score,
        {"splits": SPLITS},
        features=True,
        probabilities=True,
    ),
    "prdc": Family(
        ("precision", "recall", "density", "coverage"),
        _manifold,
        {"neighbours": NEAR},
        features=True,
    ),
    "classes": Family(
        ("mode_share", "modes", "modes_effective", "class_divergence"),
        _classes,
        {},
        features=True,
        classes=True,
    ),
    "class_frechet": Family(
        ("class_frechet",),
        _class_frechet,
        {"mean": "of all classes"},
        features=True,
        classes=True,
        needs="at least 2 samples of each class",
    ),
    "swd": Family(
        ("swd",), _sliced, {"patches": PATCHES, "directions": DIRECTIONS}, side=7
    ),
    "ms_ssim": Family(("diversity", "ms_ssim"), _diversity, {"pairs": PAIRS}, side=11),
    "mmd": Family(("mmd",), _pixels, {"at_most": 2 * SUBSET}),
    "memorisation": Family(
        ("copies", "strangeness", "nearest_train", "nearest_holdout"),
        _memorisation,
        {"at_most": COPIES, "neighbours": 50, "ratio": 0.5, "side": 32},
    ),
    "mixture": Family(("mode_share", "modes", "good"), _mixture, {}, mixture=True),
}


def family(metric: str) -> str:
    """The family that a user means by `fid`, `frechet`, `prdc`, ...

    Raises:
        UsageError: there is none.
    """
    name = PLAIN.get(metric, metric)
    if name not in FAMILIES:
        known = [*PLAIN, *FAMILIES]
        raise UsageError(
            f"`{metric}` is no score.{suggest(metric, known)} Known: "
            f"{', '.join(known)}."
        )
    return name


def require(key: str, name: str, *others: str) -> None:
    """Refuse a name that no score has.

    Args:
        key: what the user set.
        name: to what, with or without its extractor.
        *others: what would do as well.

    Raises:
        UsageError: there is no such score.
    """
    names = (n for family in FAMILIES.values() for n in family.names)
    known = list(dict.fromkeys([*others, *PLAIN, *names]))
    if name.partition("/")[0] not in known:
        raise UsageError(
            f"`{key}`: {name} is no score.{suggest(name, known)} Known: "
            f"{', '.join(known)}."
        )


def full_name(name: str, extractor: str | None) -> str:
    """What a score is called: `fid`, `kid` and `is` from Inception alone.

    Args:
        name: within its family; may have a part after a slash.
        extractor: whose features it is measured on, if on any.
    """
    base, slash, part = name.partition("/")
    if not extractor:
        return name
    plain = {long: short for short, long in PLAIN.items()}
    if extractor == "inception" and base in plain:
        return plain[base] + slash + part
    return f"{base}/{extractor}{slash}{part}"


def higher_is_better(name: str) -> bool:
    """Which way is up, of a score's full name."""
    return name.partition("/")[0] in UP


def is_steady(name: str) -> bool:
    """Whether twice the value of a score is twice as bad, or as good."""
    return name.partition("/")[0] not in UNSTEADY
