"""Scores as they are asked for: which, by what, and of how much."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_lab.artifacts.scores_jsonl import Score
from gan_lab.data import dataset
from gan_lab.data.preparation.cache import default_root
from gan_lab.data.samples import Samples
from gan_lab.data.source import Source
from gan_lab.data.sources.shared import DataConfig
from gan_lab.errors import ParameterError
from gan_lab.evaluation import chosen
from gan_lab.evaluation.extractors import extractor_of
from gan_lab.evaluation.judge import Judge
from gan_lab.evaluation.measure import measure
from gan_lab.features import Features
from gan_lab.system.console import Console
from gan_lab.system.listing import Listing
from gan_lab.system.parameters import require_least, require_one_of

GENERATORS, AGAINST = ("average", "last"), ("train", "holdout")
EXTRACTORS = [features.value for features in Features]


@dataclass(frozen=True)
class Scoring:
    """The scores that are wanted; attributes as `evaluate` has its parameters.

    Raises:
        UsageError: a number is too small, or a name unknown.
    """

    generator: str = "average"
    metrics: Iterable[str] | None = None
    extractor: str = "lab"
    weights: str | None = None
    download: bool = False
    samples: int = 10_000
    real_images: int = 10_000
    against: str = "train"
    repeats: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        require_least(2, samples=self.samples, real_images=self.real_images)
        require_least(1, repeats=self.repeats)
        require_least(0, seed=self.seed)
        require_one_of(GENERATORS, generator=self.generator)
        require_one_of(EXTRACTORS, extractor=self.extractor)
        require_one_of(AGAINST, against=self.against)

    def judge(
        self,
        data: DataConfig,
        found: Source | Samples,
        weights: str | None,
        console: Console,
    ) -> Judge:
        """The judge that measures them.

        Args:
            data: the configuration of the real images.
            found: what `dataset.find` returned for it.
            weights: of the extractor, where none were asked for.
            console: where it is said what is under way.

        Raises:
            UsageError: a score cannot be measured on this data.
        """
        metrics = None
        if self.metrics is not None:
            metrics = chosen.families(list(self.metrics), self.extractor)
        training, held_out = dataset.load(data, found, console), None
        if self.against == "holdout" or metrics is None or "memorisation" in metrics:
            held_out = dataset.load_holdout(data, found, console)
        extractor = None
        if chosen.needs_extractor(metrics, training):
            given = self.weights or weights
            extractor = extractor_of(
                self.extractor, training, console, given, self.download
            )
        return Judge(
            training,
            held_out,
            metrics,
            extractor,
            by_channel=chosen.by_channel(metrics, training, console),
            against=self.against,
            real_images=self.real_images,
            cache=default_root() / "features",
        )

    def measured(
        self,
        judge: Judge,
        draw: Callable[[int], np.ndarray],
        console: Console,
        **facts: Any,
    ) -> list[Score]:
        """The scores of what is drawn; those that it lacks something for are named.

        Args:
            judge: what measures them.
            draw: seed -> uint8 images `(count, height, width, channels)`.
            console: where they are named.
            **facts: as `measure` takes them.

        Raises:
            UsageError: nothing could be measured.
        """
        scores = measure(judge, draw, seed=self.seed, **facts)
        lacks = judge.missing({score.name for score in scores})
        said = [f"{name} is not measured: it needs {n}." for name, n in lacks.items()]
        if not scores:
            before = f"{' '.join(said)} Received: "
            raise ParameterError("samples", ".", value=self.samples, before=before)
        for line in said:
            console.say(line)
        return scores


def listing(scores: list[Score]) -> Listing:
    """Scores of one checkpoint, or of pictures, as a table; its notes say of what."""
    cells = [
        [score.name, value(score), "higher" if score.higher_is_better else "lower"]
        for score in scores
    ]
    first = scores[0]
    of = "pictures" if first.round is None else f"round {first.round}"
    compared = (
        f"{first.protocol['samples']:,} samples of {of} against "
        f"{first.protocol['real_images']:,} real images ({first.protocol['real']})"
    )
    seen = sorted({_features(score.protocol) for score in scores} - {""})
    return Listing(["score", "value", "better is"], cells, scores, [compared, *seen])


def value(score: Score) -> str:
    """Four figures, and the deviation of the repeats where there are any."""
    deviation = "" if score.deviation is None else f" ± {score.deviation:.2g}"
    return f"{score.value:.4g}{deviation}"


def _features(protocol: dict[str, Any]) -> str:
    """Whose features were compared, in a line; nothing where there are none."""
    if not protocol["extractor"]:
        return ""
    quality = "".join(f", {k} {v:.4g}" for k, v in protocol["quality"].items())
    return (
        f"Features by {protocol['extractor']}, weights {protocol['weights'][:12]}"
        f"{quality}; resize: {protocol['resize']}"
    )
