"""A look at a pile of pictures, before anything is trained on it."""

import re
from collections import Counter, defaultdict
from dataclasses import replace
from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from gan_lab.data.inspection.findings import Inspection
from gan_lab.data.inspection.lookalikes import alike
from gan_lab.data.inspection.looks import (
    ARRAY,
    SHEET_PIXELS,
    THUMB_PIXELS,
    Look,
    Seen,
    see,
)
from gan_lab.data.preparation.geometry import Geometry, cropper
from gan_lab.data.preparation.survey import shape_of
from gan_lab.data.source import Pictures, Source
from gan_lab.data.sources.archives import is_picture
from gan_lab.errors import UsageError
from gan_lab.pictures import grid
from gan_lab.system.console import Console


def inspect(
    source: Source, geometry: Geometry, console: Console
) -> tuple[Inspection, np.ndarray]:
    """Look at every picture of a source once; nothing is fetched, nothing written.

    Args:
        source: where they are.
        geometry: what a run would make of each.
        console: where progress is shown.

    Returns:
        What there is; and a sheet of what a run would see, evenly picked: uint8
        `(height, width, 3)`, blank where none can be used.

    Raises:
        UsageError: the source is not there, or has no file that counts as a picture.
    """
    pictures = source.open()
    fitted, shape, problem = _fit(pictures, geometry)
    with console.progress("Inspecting", len(pictures.names)) as advance:
        seen = see(pictures, fitted, shape, advance)
    channels = shape[-1]
    if not (geometry.channels or pictures.shape):
        channels = 1 if all(look.is_gray for look in seen.looks.values()) else 3
    names = [str(pictures.names[place]) for place in seen.used]
    looks = [seen.looks[place] for place in seen.used]
    inspection = Inspection(
        _files(pictures, seen),
        _sizes(looks),
        _aspects(looks),
        _content(names, looks),
        _duplicates(names, looks, seen.thumbs[seen.used]),
        _classes(pictures, seen.used),
        _prepared(geometry, looks, [*shape[:2], channels], problem, not source.ready),
    )
    blank = np.full((THUMB_PIXELS, THUMB_PIXELS, 3), 255, np.uint8)
    return inspection, grid(np.stack([*seen.sheet.values()] or [blank]))


def _fit(
    pictures: Pictures, geometry: Geometry
) -> tuple[Geometry, tuple[int, int, int], str | None]:
    """The fit of each for a look at it, be it that a run could not begin.

    Returns:
        `geometry, shape, problem`: three channels, where they are for the pictures to
        decide; the shape of each; why a run could not begin, or None.
    """
    channels = geometry.channels or (None if pictures.shape else 3)
    fitted, problem = replace(geometry, channels=channels), None
    try:
        shape = shape_of(pictures, fitted)
    except UsageError as error:
        fitted, problem = replace(fitted, image_size=SHEET_PIXELS), str(error)
        shape = shape_of(pictures, fitted)
    return replace(fitted, channels=shape[-1]), shape, problem


def _files(pictures: Pictures, seen: Seen) -> dict[str, Any]:
    parts = (pictures.names, pictures.ignored, pictures.left_out)
    ignored = Counter(map(_why_ignored, pictures.ignored))
    return {
        "found": sum(map(len, parts)),
        "used": len(seen.used),
        "ignored": dict(sorted(ignored.items())),
        # What libraries say names objects by their addresses.
        "left_out": {n: re.sub(r" at 0x\w+", "", w) for n, w in seen.left_out.items()},
    }


def _why_ignored(name: str) -> str:
    path = PurePosixPath(name)
    if is_picture(name):
        return "in subfolders"
    if any(part.startswith((".", "__MACOSX")) for part in path.parts):
        return "hidden"
    return path.suffix.lower() or "without suffix"


def _sizes(looks: list[Look]) -> dict[str, Any]:
    if not looks:
        return {}
    sizes = sorted((w * h, w, h) for w, h in (look.size for look in looks))
    return {
        "smallest": list(sizes[0][1:]),
        "median": list(sizes[len(sizes) // 2][1:]),
        "largest": list(sizes[-1][1:]),
        "different": len(set(sizes)),
    }


def _aspects(looks: list[Look]) -> dict[str, Any]:
    if not looks:
        return {}
    aspects = np.array([look.size[0] / look.size[1] for look in looks])
    return {
        "smallest": float(aspects.min()),
        "median": float(np.median(aspects)),
        "largest": float(aspects.max()),
        "landscape": int((aspects > 1).sum()),
        "square": int((aspects == 1).sum()),
        "portrait": int((aspects < 1).sum()),
    }


def _content(names: list[str], looks: list[Look]) -> dict[str, Any]:
    from PIL import Image

    said = Image.registered_extensions()
    return {
        "modes": dict(Counter(look.mode for look in looks).most_common()),
        "formats": dict(Counter(look.format for look in looks).most_common()),
        "misnamed": {
            name: look.format
            for name, look in zip(names, looks, strict=True)
            if look.format not in (ARRAY, said.get(PurePosixPath(name).suffix.lower()))
        },
        "turned": sum(look.turned for look in looks),
        "animated": sum(look.animated for look in looks),
    }


def _classes(pictures: Pictures, used: list[int]) -> dict[str, Any]:
    if pictures.labels is None:
        return {"counts": {}, "balance": None}
    counts = np.bincount(pictures.labels[used], minlength=len(pictures.classes))
    return {
        "counts": dict(zip(pictures.classes, counts.tolist(), strict=True)),
        "balance": float(counts.min() / max(counts.max(), 1)),
    }


def _prepared(
    geometry: Geometry,
    looks: list[Look],
    shape: list[int],
    problem: str | None,
    is_kept: bool,
) -> dict[str, Any]:
    crop, size = cropper(geometry.crop), geometry.image_size or 0
    boxes = (crop(*look.size) for look in looks)
    row = int(np.prod(shape)) + 8 if is_kept else 0  # with its hash
    return {
        "plan": geometry.plan(),
        "enlarged": sum(min(b[2] - b[0], b[3] - b[1]) < size for b in boxes),
        "shape": None if problem else shape,
        "bytes": None if problem else len(looks) * row,
        "problem": problem,
    }


def _duplicates(
    names: list[str], looks: list[Look], thumbs: np.ndarray
) -> dict[str, Any]:
    by_content: dict[bytes, list[int]] = defaultdict(list)
    for place, look in enumerate(looks):
        by_content[look.digest].append(place)
    firsts = [places[0] for places in by_content.values()]
    near = alike(thumbs[firsts]) if find_spec("imagehash") else None
    return {
        "exact": [[names[p] for p in ps] for ps in by_content.values() if len(ps) > 1],
        "near": near and [[names[firsts[i]] for i in group] for group in near],
    }
