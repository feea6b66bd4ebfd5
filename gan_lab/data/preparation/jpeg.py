"""The plain JPEG, decoded without the half of the time that goes into its metadata.

Most files of a large data set hold pixels and nothing else. Pillow's own decoder reads
these by itself; whatever has more in it takes Pillow's usual way, with the same pixels.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import PIL.Image

START, SCAN = 0xD8, 0xDA
BASELINE, PROGRESSIVE = (0xC0, 0xC1), 0xC2
METADATA = (0xE1, 0xE2)  # EXIF, and further pictures
MODES = {1: "L", 3: "RGB"}


@dataclass(frozen=True)
class Frame:
    """The header of a plain JPEG."""

    mode: str
    width: int
    height: int


def frame(encoded: bytes) -> Frame | None:
    """The frame of a JPEG of 8 bits without metadata; None for anything else."""
    if encoded[:2] != bytes([0xFF, START]):
        return None
    place = 2
    while len(encoded) > place + 9 and encoded[place] == 0xFF:
        kind = encoded[place + 1]
        if kind in (*BASELINE, PROGRESSIVE):
            height, width = _number(encoded, place + 5), _number(encoded, place + 7)
            mode = MODES.get(encoded[place + 9])
            plain = encoded[place + 4] == 8 and width and height
            return Frame(mode, width, height) if mode and plain else None
        if kind in (SCAN, *METADATA):
            return None
        place += 2 + _number(encoded, place + 2)
    return None


def decode(encoded: bytes, header: Frame, shrink: int = 1) -> "PIL.Image.Image | None":
    """The Pillow picture of a plain JPEG, or None where its data is not whole.

    Args:
        encoded: the file's bytes.
        header: its frame.
        shrink: 1, 2, 4 or 8: to which part of its size it is decoded.
    """
    from PIL import Image

    size = (-(-header.width // shrink), -(-header.height // shrink))
    try:
        return Image.frombytes(
            header.mode, size, encoded, "jpeg", header.mode, "", shrink, 0
        )
    except (ValueError, TypeError, OSError):
        return None  # the usual way says what is wrong with it


def _number(encoded: bytes, place: int) -> int:
    return encoded[place] << 8 | encoded[place + 1]
