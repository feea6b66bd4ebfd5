"""From a picture of any size to the pixels that a network sees."""

import enum
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from gan_lab.errors import UsageError

Box = tuple[int, int, int, int]


class Resize(enum.Enum):
    """The filter of a resize; all of them average when they shrink."""

    area = "area"
    bilinear = "bilinear"
    lanczos = "lanczos"


class Decode(enum.Enum):
    """The decoding of a JPEG: in full, or at the next power of two above its size."""

    full = "full"
    draft = "draft"


@dataclass(frozen=True)
class Geometry:
    """The crop and the size of every picture; all of it changes pixels.

    Attributes:
        image_size: side in pixels; None keeps the size, which must be one for all.
        channels: 1, 3, or None: 1 where every picture is gray, and 3 otherwise.
        crop: see `cropper`.
        resize: the filter.
        decode: `draft` is faster, and not pixel for pixel the same.
    """

    image_size: int | None = None
    channels: int | None = None
    crop: str = "center"
    resize: Resize = Resize.area
    decode: Decode = Decode.full

    def __post_init__(self) -> None:
        if self.image_size is not None and self.image_size < 1:
            raise UsageError(
                f"`data.image_size` must be at least 1. Received: {self.image_size}."
            )
        if self.channels not in (1, 3, None):
            raise UsageError(
                f"`data.channels` must be 1, 3 or null. Received: {self.channels}."
            )
        cropper(self.crop)

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        named = {"resize": self.resize.value, "decode": self.decode.value}
        return asdict(self) | named

    def plan(self) -> str:
        """A sentence on what is done to each picture."""
        crops = {
            "center": "the largest square in the middle is cut out",
            "none": "all of it is used, whatever its aspect",
            "pad": "it is laid into a black square",
        }
        crop = crops.get(self.crop, f"the part {self.crop} is cut out")
        size = self.image_size
        to = f"resized to {size}x{size} ({self.resize.value})" if size else "kept"
        channels = {1: " in gray", 3: " in colour", None: ""}[self.channels]
        return f"Of each picture {crop}, and {to}{channels}."


def cropper(crop: str) -> Callable[[int, int], Box]:
    """The part of a picture that is used, as a function of its width and height.

    Args:
        crop: `center`, the largest square; `none`, all of it; `pad`, the smallest
            square around it, which is black beside it; `WxH`, that many pixels around
            the middle; `WxH+X+Y`, that many from X to the right and Y down.

    Returns:
        A function to `(left, top, right, bottom)` in pixels.

    Raises:
        UsageError: `crop` is none of these.
    """
    if crop == "none":
        return lambda width, height: (0, 0, width, height)
    if crop == "center":
        return lambda width, height: _middle(width, height, *[min(width, height)] * 2)
    if crop == "pad":
        return lambda width, height: _middle(width, height, *[max(width, height)] * 2)
    found = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)(?:\+(\d+)\+(\d+))?", crop)
    if not found:
        raise UsageError(
            "`data.crop` must be center, none, pad, WIDTHxHEIGHT or WIDTHxHEIGHT+X+Y. "
            f"Received: {crop}."
        )
    w, h = int(found[1]), int(found[2])
    if found[3] is None:
        return lambda width, height: _middle(width, height, w, h)
    x, y = int(found[3]), int(found[4])
    return lambda width, height: (x, y, x + w, y + h)


def is_too_small(crop: str, width: int, height: int) -> bool:
    """Tell whether a picture has too few pixels for its crop."""
    left, top, right, bottom = cropper(crop)(width, height)
    inside = left >= 0 and top >= 0 and right <= width and bottom <= height
    return not inside and crop != "pad"


def _middle(width: int, height: int, w: int, h: int) -> Box:
    left, top = (width - w) // 2, (height - h) // 2
    return (left, top, left + w, top + h)
