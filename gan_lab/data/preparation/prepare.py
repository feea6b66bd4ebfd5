"""Preparation: every picture decoded, cropped and resized once, into the cache."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gan_lab.data.preparation.blocks import blocks
from gan_lab.data.preparation.cache import (
    PARTIAL,
    Cache,
    key_of,
    open_prepared,
    remove,
    seal,
)
from gan_lab.data.preparation.decode import formats
from gan_lab.data.preparation.geometry import Geometry
from gan_lab.data.preparation.journal import JOURNAL, Journal
from gan_lab.data.preparation.survey import shape_of
from gan_lab.data.samples import Samples
from gan_lab.data.source import Pictures, Source
from gan_lab.errors import StorageError, UsageError
from gan_lab.system.console import Console
from gan_lab.system.locks import alone

UNREADABLE = "unreadable"


def prepare(
    source: Source,
    geometry: Geometry,
    *,
    cache: Path | str | None = None,
    limit: int | None = None,
    console: Console | None = None,
) -> Samples:
    """The samples of a source, from the cache, where they are put first if need be.

    A preparation that is killed goes on where it was, and of two that begin at once
    one waits for the other.

    Args:
        source: where the pictures are.
        geometry: what becomes of each.
        cache: the cache's folder; see `Cache`.
        limit: how many pictures to use, the first in order; all where not given.
        console: where progress is shown.

    Raises:
        UsageError: the source is not there, or holds nothing that can be used.
        StorageError: the cache has no room.
    """
    console, place = console or Console(), Cache(cache)
    if source.fetch:
        source.fetch(console)
    settings = {
        **geometry.as_dict(),
        "limit": limit,
        "choice": source.choice,
        "formats": formats(),
    }
    try:
        request, files = _request(source, settings)
        key = place.known_key(request) or _key(place, source, settings, request, files)
        folder = place.folder(source.name, key)
        samples, _ = open_prepared(folder)
        if samples:
            return samples
        said = "Another process prepares the same pictures: waiting for it."
        with alone(folder, lambda: console.say(said)):
            return _make(folder, source, geometry, settings, request, console)
    except OSError as error:
        error.filename = error.filename or str(place.root)
        raise


def _make(
    folder: Path,
    source: Source,
    geometry: Geometry,
    settings: dict[str, Any],
    request: str,
    console: Console,
) -> Samples:
    """Make a prepared data set, unless another process just has."""
    samples, reason = open_prepared(folder)
    if samples:
        return samples
    if folder.exists():
        console.say(f"{folder} is {reason}: it is made anew.")
        remove(folder)
    partial = folder.with_name(folder.name + PARTIAL)
    if not open_prepared(partial)[0]:
        report = _fill(partial, source, geometry, settings, console)
        if _request(source, settings)[0] != request:
            shutil.rmtree(partial)
            raise StorageError(
                f"The files of {source.place} changed while they were prepared. Start "
                "again once they are complete."
            )
        seal(partial, report)
    (partial / JOURNAL).unlink(missing_ok=True)
    partial.replace(folder)
    samples, reason = open_prepared(folder)
    if not samples:
        raise StorageError(f"{folder} is {reason} although it was just made.")
    return samples


def _request(source: Source, settings: dict[str, Any]) -> tuple[str, Mapping[str, str]]:
    """`request, files`: a hash of all settings and of what the file system tells of
    the source, and the source's files.
    """
    files = source.files()
    states = [(name, path, *_state(path)) for name, path in files.items()]
    return key_of([source.name, settings, states]), files


def _key(
    cache: Cache,
    source: Source,
    settings: dict[str, Any],
    request: str,
    files: Mapping[str, str],
) -> str:
    """A hash of the source's content and of all settings."""
    content = {name: _sha256(path) for name, path in files.items()}
    key = key_of([source.name, settings, list(content.items())])
    if UNREADABLE not in content.values():  # which may change, and not its time
        with contextlib.suppress(OSError):  # of a cache that is not ours to write
            cache.remember_key(request, key)
    return key


def _fill(
    partial: Path,
    source: Source,
    geometry: Geometry,
    settings: dict[str, Any],
    console: Console,
) -> dict[str, Any]:
    """Fill the folder of a data set, from where it was left; the report on it."""
    pictures = _first(source.open(), settings["limit"])
    shape = shape_of(pictures, geometry)
    geometry = replace(geometry, channels=shape[-1])
    total = len(pictures.names)
    partial.mkdir(parents=True, exist_ok=True)
    with Journal(partial, shape) as journal:
        _check_room(partial, (total - journal.done) * bytes_of(shape))
        begun = f", from {journal.done:,} on" if journal.done else ""
        label = f"Preparing {total:,} pictures of {source.place}{begun}"
        with console.progress(label, total) as advance:
            _decode(pictures, geometry, shape, journal, advance)
        if not journal.count:
            shutil.rmtree(partial)
            first = list(journal.left_out.items())[:3]
            reasons = "; ".join(f"{name}: {reason}" for name, reason in first)
            raise UsageError(f"`data.path` has no picture that can be used. {reasons}.")
        places = journal.places()
        journal.finish(None if pictures.labels is None else pictures.labels[places])
    return {
        "source": source.place,
        "settings": settings,
        "count": journal.count,
        "shape": shape,
        "classes": pictures.classes,
        "left_out": {**pictures.left_out, **journal.left_out},
    }


def _decode(
    pictures: Pictures,
    geometry: Geometry,
    shape: tuple[int, int, int],
    journal: Journal,
    advance: Callable[[int], None],
) -> None:
    """Add to a journal what it does not have yet."""
    advance(journal.done)
    for images, used, left_out in blocks(pictures, geometry, shape, journal.done):
        journal.add(images, used, left_out)
        advance(len(used))


def bytes_of(shape: tuple[int, int, int]) -> int:
    """The bytes that a picture takes in the cache, with its hash."""
    return int(np.prod(shape)) + 8


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StorageError(
            f"The prepared pictures need {needed / 1e6:,.2f} MB more, and "
            f"{folder.parent} has {free / 1e6:,.2f} MB free. `data.cache` moves them."
        )


def _first(pictures: Pictures, limit: int | None) -> Pictures:
    if limit is None:
        return pictures
    labels = None if pictures.labels is None else pictures.labels[:limit]
    return replace(pictures, names=pictures.names[:limit], labels=labels)


def _state(path: str) -> tuple[int, int]:
    try:
        state = os.stat(path)  # noqa: PTH116 a third of what `Path.stat` takes
    except OSError:  # a broken link, for one; it will be left out, with its reason
        return -1, -1
    return state.st_size, state.st_mtime_ns


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    try:
        # The shortest way: `hashlib.file_digest` takes twice as long for a picture.
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            while block := file.read(2**18):
                digest.update(block)
    except OSError:
        return UNREADABLE
    return digest.hexdigest()
