"""A look at every picture of a pile, each decoded once and kept no longer."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gan_lab.data.preparation.blocks import blocks
from gan_lab.data.preparation.decode import header, is_gray, orientation, upright_size
from gan_lab.data.preparation.geometry import Geometry
from gan_lab.data.source import Pictures

if TYPE_CHECKING:
    import PIL.Image

SHEET_PICTURES, SHEET_PIXELS, THUMB_PIXELS = 64, 128, 16
ARRAY = "array"  # the format of what is in no file of its own


class Look(NamedTuple):
    """Facts about a picture before its pixels are decoded."""

    digest: bytes
    size: tuple[int, int]
    mode: str
    format: str
    is_gray: bool
    turned: bool = False
    animated: bool = False


class Seen(NamedTuple):
    """All pictures: `looks` and `thumbs` by place, `used` the places of these."""

    looks: dict[int, Look]
    thumbs: np.ndarray
    used: list[int]
    left_out: dict[str, str]
    sheet: dict[int, np.ndarray]


def see(
    pictures: Pictures,
    geometry: Geometry,
    shape: tuple[int, int, int],
    advance: Callable[[int], None],
) -> Seen:
    """Look at all pictures.

    Args:
        pictures: where they are.
        geometry: what each is fitted to.
        shape: `(height, width, channels)` of each then.
        advance: is called with how many more are done.
    """
    total, begun = len(pictures.names), 0
    thumbs = np.empty((total, THUMB_PIXELS, THUMB_PIXELS), np.uint8)
    seen = Seen({}, thumbs, [], dict(pictures.left_out), {})

    def read(place: int) -> bytes | np.ndarray:
        content = pictures.read(place)
        seen.looks[place] = _look(content)
        return content

    for images, used, left_out in blocks(replace(pictures, read=read), geometry, shape):
        places = (begun + np.flatnonzero(used)).tolist()
        for place, image in zip(places, images, strict=True):
            thumbs[place] = _thumb(image)
            if (slot := place * SHEET_PICTURES // total) not in seen.sheet:
                seen.sheet[slot] = _cell(image)
        seen.used.extend(places)
        seen.left_out.update(left_out)
        begun += len(used)
        advance(len(used))
    return seen


def _look(content: bytes | np.ndarray) -> Look:
    if isinstance(content, np.ndarray):
        digest = _digest(np.ascontiguousarray(content).data)
        height, width, channels = content.shape
        mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
        return Look(digest, (width, height), mode, ARRAY, channels == 1)
    picture = header(content)
    # MPO is a JPEG beside which there are others; a damaged second frame is one too.
    is_jpeg = picture.format in ("JPEG", "MPO")
    animated = _is_animated(picture)
    return Look(
        _digest(content),
        upright_size(picture),
        picture.mode,
        "JPEG" if is_jpeg else str(picture.format),
        is_gray(picture),
        orientation(picture) in range(2, 9),
        animated and not is_jpeg,
    )


def _digest(content: bytes | memoryview) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _is_animated(picture: "PIL.Image.Image") -> bool:
    try:
        return getattr(picture, "is_animated", False)
    except Exception:  # a frame behind the first is damaged, so there is one
        return True


def _picture(image: np.ndarray, mode: str) -> "PIL.Image.Image":
    from PIL import Image

    plane = image[..., 0] if image.shape[-1] == 1 else image
    return Image.fromarray(plane).convert(mode)


def _thumb(image: np.ndarray) -> np.ndarray:
    """Gray, `(THUMB_PIXELS, THUMB_PIXELS)`."""
    from PIL import Image

    size = (THUMB_PIXELS, THUMB_PIXELS)
    return np.asarray(_picture(image, "L").resize(size, Image.Resampling.BOX))


def _cell(image: np.ndarray) -> np.ndarray:
    """In colour, and no larger than the sheet has room for."""
    picture = _picture(image, "RGB")
    picture.thumbnail((SHEET_PIXELS, SHEET_PIXELS))
    return np.array(picture)
