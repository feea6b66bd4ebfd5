"""The data that a configuration asks for, found and prepared."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from gan_lab import pictures
from gan_lab.data import holdout
from gan_lab.data.preparation.geometry import Geometry
from gan_lab.data.preparation.prepare import prepare
from gan_lab.data.samples import Samples
from gan_lab.data.source import Source
from gan_lab.data.sources.shared import DataConfig
from gan_lab.errors import UsageError
from gan_lab.registry import build
from gan_lab.system.console import Console


def find(data: DataConfig) -> Source | Samples:
    """Find what a `data` configuration asks for; mistakes in it cost no time.

    Raises:
        UsageError: an option has no meaning.
    """
    geometry(data)
    found: Source | Samples = build("data", _by_key(data))
    return found


def look(found: Source | Samples) -> None:
    """Refuse files that are not there, unless they are to be fetched.

    Raises:
        UsageError: there are none where the user said.
    """
    if isinstance(found, Source) and not found.fetch:
        found.files()


def geometry(data: DataConfig) -> Geometry:
    """The crop and the size that each picture gets."""
    return Geometry(data.image_size, data.channels, data.crop, data.resize, data.decode)


def load(data: DataConfig, found: Source | Samples, console: Console) -> Samples:
    """The images to train on.

    Args:
        data: the configuration.
        found: what `find` returned for it.
        console: where progress is shown.

    Raises:
        UsageError: there are none, or `data.strict` is set and some are left out.
    """
    samples = _prepared(data, found, console)
    if samples.left_out and data.strict:
        raise UsageError(f"`data.strict`: {left_out(samples)}")
    return holdout.split(samples, data.holdout)[0] if data.holdout else samples


def load_holdout(
    data: DataConfig, found: Source | Samples, console: Console
) -> Samples | None:
    """The images that training does not see: a share of all, or the data set's own.

    None where there are none.
    """
    if data.holdout:
        return holdout.split(_prepared(data, found, console), data.holdout)[1]
    own_split = getattr(found, "holdout", None)
    return _prepared(data, own_split, console) if own_split else None


def drawing(
    data: DataConfig, shape: tuple[int, ...]
) -> Callable[[np.ndarray], np.ndarray]:
    """The way to draw samples of a shape; that of images is known without the data."""
    if len(shape) == 3:
        return pictures.grid
    return cast(Samples, find(data)).draw  # vectors are made, not found


def left_out(samples: Samples) -> str:
    """A sentence on pictures left out: how many, one of them, where all are named."""
    name, reason = next(iter(samples.left_out.items()))
    count = len(samples.left_out)
    many = "1 picture is" if count == 1 else f"{count} pictures are"
    place = samples.report or "run.json"
    return f"{many} left out, {name} for one: {reason}. All are in {place}."


def _prepared(data: DataConfig, found: Source | Samples, console: Console) -> Samples:
    if isinstance(found, Source) and not found.ready:
        return prepare(
            found,
            geometry(data),
            cache=data.cache,
            limit=data.limit,
            console=console,
        )
    if isinstance(found, Source):
        found = _ready(found, console)
    if len(found.shape) == 1:
        _refuse_what_is_for_images(_by_key(data), found)
    else:
        _refuse_other_images(_by_key(data), found)
    if not data.limit:
        return found
    return found.select(range(min(data.limit, found.count)))


def _ready(source: Source, console: Console) -> Samples:
    """The samples of a source that needs no preparation."""
    if source.fetch:
        source.fetch(console)
    return cast(Callable[[], Samples], source.ready)()


def _by_key(data: DataConfig) -> Mapping[str, Any]:
    """The configuration by key: a composed one is read either way."""
    return cast(Mapping[str, Any], data)


def _refuse_what_is_for_images(data: Mapping[str, Any], found: Samples) -> None:
    for key in ("image_size", "channels", "flip"):
        if data[key]:
            raise UsageError(
                f"`data.{key}` is for images, and data={data['name']} has "
                f"{found.kind}. Received: {data[key]}."
            )


def _refuse_other_images(data: Mapping[str, Any], found: Samples) -> None:
    height, width, channels = found.shape
    for key, is_so in (
        ("image_size", data["image_size"] in (None, height) and height == width),
        ("channels", data["channels"] in (None, channels)),
    ):
        if data[key] is not None and not is_so:
            raise UsageError(
                f"`data.{key}` cannot change the images of data={data['name']}, which "
                f"are {height}x{width}x{channels}. Received: {data[key]}."
            )
