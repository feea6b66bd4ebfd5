"""Metrics: scores that are computed together, and what each means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gan_lab.evaluation.sets import ImageSet, References


@dataclass(frozen=True)
class Meaning:
    """The meaning of the value of a score.

    Attributes:
        higher: whether higher is better.
        steady: whether twice the value is twice as bad, or as good. A score that lies
            around 0, or is not meant to be small or large, is not.
    """

    higher: bool = False
    steady: bool = True


LOWER, HIGHER = Meaning(), Meaning(higher=True)
LOWER_AROUND_0, HIGHER_UNSTEADY = Meaning(False, False), Meaning(True, False)


@dataclass(frozen=True)
class Metric:
    """Scores that are computed together; a builder of the group `metric` returns one.

    The keyword-only parameters of that builder are what the values depend on beside
    the images: they are the protocol of the scores, and stand in `scores.jsonl`.

    Attributes:
        compute: `(References, ImageSet) -> value by name`; a name after one of
            `scores` and a slash is a part of it.
        scores: the meaning of each score by name, the most telling first.
        place: where its columns stand among those of others, the lowest first.
        features: whether an extractor is needed.
        probabilities: whether it must classify.
        classes: whether it must know the data set's own classes.
        side: the fewest pixels across that it takes.
        mixture: whether it is of vectors from a mixture, and not of images.
        stacked: whether it is of images whose channels are looked at one by one.
        cheap: whether it is measured while training where nothing else is said.
        needs: what some generated images lack, which then have not all its scores.
        plain: what its first score is called on features of Inception, and there alone.
        known: `(References, number of samples) -> facts`, which the protocol has, too.
    """

    compute: "Callable[[References, ImageSet], Mapping[str, float]]"
    scores: Mapping[str, Meaning]
    place: int = 100
    features: bool = False
    probabilities: bool = False
    classes: bool = False
    side: int = 1
    mixture: bool = False
    stacked: bool = False
    cheap: bool = False
    needs: str = ""
    plain: str | None = None
    known: "Callable[[References, int], Mapping[str, object]] | None" = None
