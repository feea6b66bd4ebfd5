"""The judge: scores generated images against a data set, always in the same way."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile

import numpy as np

from gan_lab.data.preparation.cache import key_of
from gan_lab.data.samples import Samples
from gan_lab.errors import ParameterError, UsageError
from gan_lab.evaluation.catalogue import Family, families, full_name
from gan_lab.evaluation.sets import ABSENT, ImageSet, References
from gan_lab.features.extractor import Extractor
from gan_lab.metrics.classes import joint
from gan_lab.system import files

UNREADABLE = (OSError, ValueError, KeyError, EOFError, BadZipFile)
ORDER = 7  # of the draw of real images: apart from those of epochs and holdouts


class Judge:
    """Measures a generator's images.

    Args:
        training: the images that it was trained on.
        held_out: those that training has not seen, or None.
        metrics: names of families; None for all that can be measured.
        extractor: what features come from; none where not given.
        by_channel: what tells the class of a channel; none where not given.
        against: `train` or `holdout`, the real images to compare with.
        real_images: how many of these, at most.
        seed: of what is drawn in a score.
        cache: the folder in which features of real images are kept.

    Attributes:
        trained_on: hash of the training images.

    Raises:
        UsageError: a score cannot be measured on this data, or nothing is held out.
    """

    def __init__(
        self,
        training: Samples,
        held_out: Samples | None,
        metrics: list[str] | None,
        extractor: Extractor | None = None,
        *,
        by_channel: Extractor | None = None,
        against: str = "train",
        real_images: int = 10_000,
        seed: int = 0,
        cache: Path | None = None,
    ):
        if against == "holdout" and held_out is None:
            said = ": nothing is held out (see `data.holdout`)."
            raise ParameterError("against", said, value=against)
        self.families: dict[str, Family] = {}
        for name, family in families().items():
            reason = unfit(family, training, extractor)
            if metrics is None and not reason:
                self.families[name] = family
            elif name in (metrics or ()):
                if reason:
                    raise UsageError(f"`{name}` cannot be measured: {reason}.")
                self.families[name] = family
        self._extractor, self._cache = extractor, cache
        self._by_channel = by_channel
        self._against, self._seed = against, seed
        self.trained_on = training.sha256()
        source = training if against == "train" or held_out is None else held_out
        real, labels = some(source, real_images)
        self._real_facts = {
            "real": against,
            "real_images": len(real),
            "data": source.sha256(),
        }
        held = None if held_out is None else held_out.images
        views = self._real_views(real, labels)
        self._references = References(
            views, training.images, held, training.classes, training.mixture, seed
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """`(height, width, channels)` of the images that it compares."""
        return self._references.real.images.shape[1:]

    @property
    def names(self) -> list[str]:
        """The full names of the scores, without their parts."""
        return [
            self._full_name(family, name)
            for family in self.families.values()
            for name in family.names
            if self._references.held_out is not None or not name.startswith("nearest_")
        ]

    def __call__(self, images: np.ndarray) -> dict[str, float]:
        """The scores of generated images, by full name, parts included.

        Args:
            images: uint8 `(count, height, width, channels)`.

        Raises:
            UsageError: there are too few, or they have another shape than the real.
        """
        wanted = self._references.real.images.shape[1:]
        if images.shape[1:] != wanted or len(images) < 2:
            raise UsageError(
                f"At least 2 samples of {wanted} are needed. Received: "
                f"{len(images)} of {images.shape[1:]}."
            )
        fake = replace(self._views(images), stacks=self._stacks(images))
        return {
            self._full_name(family, name): float(value)
            for family in self.families.values()
            for name, value in family.metric.compute(self._references, fake).items()
        }

    def missing(self, found: Iterable[str]) -> dict[str, str]:
        """The lack of generated images that a score needs, by the score's full name.

        Args:
            found: the full names of the scores that they have.
        """
        absent = [name for name in self.names if name not in found]
        return {name: self._family(name).metric.needs for name in absent}

    def protocol(self, name: str, **facts: object) -> dict[str, Any]:
        """The protocol of a score: all that has to be equal where two are compared.

        Args:
            name: full, of a score.
            **facts: of the generated images; `samples`, their number, among them.
        """
        family = self._family(name)
        extractor = self._looking(family)
        known = family.metric.known
        return {
            "extractor": extractor and extractor.name,
            "weights": extractor and extractor.weights,
            "quality": _quality(extractor) if extractor else {},
            "resize": extractor.resize if extractor else "none",
            "precision": "float32",
            **self._real_facts,
            "seed": self._seed,
            "options": family.options,
            **(known(self._references, cast(int, facts["samples"])) if known else {}),
            **facts,
        }

    def _looking(self, family: Family) -> Extractor | None:
        """The extractor that a metric sees images through, if it does."""
        if family.metric.stacked:
            return self._by_channel
        return self._extractor if family.metric.features else None

    def _family(self, name: str) -> Family:
        base = "/".join(name.split("/")[:2])
        for family in self.families.values():
            names = [self._full_name(family, n) for n in family.names]
            if base in names or base.partition("/")[0] in names:
                return family
        raise KeyError(name)

    def _full_name(self, family: Family, name: str) -> str:
        extractor = self._extractor if family.metric.features else None
        return full_name(name, extractor.name if extractor else None)

    def _views(self, images: np.ndarray, labels: Any = ABSENT) -> ImageSet:
        seen: dict[str, Any] = {}
        asked = any(family.metric.features for family in self.families.values())
        if asked and self._extractor:
            seen["features"], seen["probabilities"] = self._extractor(images)
        return ImageSet(images, labels=labels, **seen)

    def _stacks(self, images: np.ndarray) -> Any:
        """The class of each image by its channels, where a metric asks for it."""
        asked = any(family.metric.stacked for family in self.families.values())
        if not asked or not self._by_channel:
            return ABSENT
        gray = np.moveaxis(images, -1, 1)
        _, found = self._by_channel(gray.reshape(-1, *images.shape[1:3], 1))
        probabilities = cast(np.ndarray, found)  # of a classifier
        labels = probabilities.argmax(1).reshape(gray.shape[:2])
        return joint(labels, probabilities.shape[1])

    def _real_views(self, images: np.ndarray, labels: Any) -> ImageSet:
        """The features of the real images, kept on the disk."""
        if not self._cache or not self._extractor:
            return self._views(images, labels)
        extractor = self._extractor
        asked = [ORDER, self._real_facts, extractor.weights, extractor.resize]
        place = self._cache / f"{key_of(asked)[:32]}.npz"
        try:
            with np.load(place, allow_pickle=False) as kept:
                seen = {name: kept[name] for name in kept}
        except UNREADABLE:
            features, probabilities = extractor(images)
            seen = {"features": features}
            if probabilities is not None:
                seen["probabilities"] = probabilities
            place.parent.mkdir(parents=True, exist_ok=True)
            files.produce(place, lambda beside: np.savez(beside, **seen))
        return ImageSet(images, labels=labels, **seen)


def _quality(extractor: Extractor) -> dict[str, Any]:
    """The quality of an extractor itself, where that was measured."""
    facts = extractor.facts
    return {name: facts[name] for name in ("accuracy", "rms_error") if name in facts}


def unfit(family: Family, samples: Samples, extractor: Extractor | None) -> str | None:
    """The reason why a metric cannot be measured on a data set, if it cannot."""
    metric = family.metric
    if metric.stacked and samples.stacked is None:
        return "it is of stacked digits (see `data=stacked_mnist`)"
    if metric.classes and samples.stacked is not None:
        return "stacked digits have classes by channel: see `stacked_modes`"
    if metric.mixture != (samples.mixture is not None):
        return "it is of points" if metric.mixture else "it is of images"
    if metric.mixture:
        return None
    if samples.count < 2:
        return "it needs at least 2 real images"
    side = min(samples.shape[:2])
    if side < metric.side:
        return f"it needs images of {metric.side}x{metric.side} pixels"
    if extractor is None:
        return "it needs an extractor" if metric.features else None
    if metric.classes and (samples.labels is None or extractor.name != "lab"):
        return "it needs labels (see `data.labels`) and the extractor `lab`"
    classifies = metric.classes or metric.probabilities
    if classifies and not extractor.facts.get("classes"):
        return "it needs labels of at least 2 classes"
    return None


def some(samples: Samples, count: int) -> tuple[np.ndarray, np.ndarray | None]:
    """At most so many images and labels, drawn at random once and for all.

    In an order of chance, too: a score that takes the first of them must not meet
    the one class that a folder begins with.
    """
    draw = np.random.Generator(np.random.Philox(ORDER))
    places = draw.permutation(samples.count)[:count]
    labels = None if samples.labels is None else samples.labels[places]
    return np.asarray(samples.images[places]), labels
