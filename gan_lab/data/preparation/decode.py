"""Encoded pictures, whatever they are, as uint8 arrays."""

import functools
import importlib
import io
import re
from typing import TYPE_CHECKING

import numpy as np

from gan_lab.data.preparation import jpeg
from gan_lab.data.preparation.geometry import (
    Decode,
    Geometry,
    Resize,
    cropper,
    is_too_small,
)

if TYPE_CHECKING:
    import PIL.Image

MAX_PIXELS = 100_000_000
# By content, not by name. Pillow reads more, some of it with programs of others.
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF", "HEIF")
PLUGINS = ("Jpeg", "Png", "Gif", "WebP", "Bmp", "Tiff", "Ppm", "Avif")
ORIENTATION = 0x0112
BROKEN = (OSError, SyntaxError, ValueError, IndexError, EOFError, KeyError)


class LeftOutError(Exception):
    """A picture cannot be used; the message says why."""


def decode(encoded: bytes, geometry: Geometry) -> np.ndarray:
    """One picture as a uint8 array `(height, width, channels)`.

    It is turned upright by its EXIF orientation. 16-bit gray is scaled to 8 bits,
    transparency is laid over white, and of an animation the first frame is used.

    Args:
        encoded: the file's bytes.
        geometry: what becomes of it; `channels` None keeps gray gray.

    Raises:
        LeftOutError: the picture cannot be used.
    """
    plain = jpeg.frame(encoded)
    if plain and plain.width * plain.height <= MAX_PIXELS:
        shrink = _shrink(plain.width, plain.height, geometry)
        picture = jpeg.decode(encoded, plain, shrink)
        if picture:
            return fit(picture, geometry, (plain.width, plain.height))
    picture = header(encoded)
    (width, height), size = picture.size, upright_size(picture)
    try:
        if (shrink := _shrink(width, height, geometry)) > 1:
            picture.draft(None, (width // shrink, height // shrink))
        picture.load()
        return fit(_plain(_upright(picture)), geometry, size)
    except BROKEN as error:
        said = re.sub(r" at 0x\w+", "", str(error))
        raise LeftOutError(f"its data is damaged ({said})") from None


def header(encoded: bytes) -> "PIL.Image.Image":
    """The picture with nothing but its header read.

    Raises:
        LeftOutError: it is not a picture, or claims too many pixels.
    """
    from PIL import Image, UnidentifiedImageError

    if not encoded:
        raise LeftOutError("the file is empty")
    try:
        picture = Image.open(io.BytesIO(encoded), formats=formats())
    except UnidentifiedImageError:
        raise LeftOutError(_unidentified(encoded)) from None
    except Image.DecompressionBombError as error:
        raise LeftOutError(str(error).rstrip(".")) from None
    except BROKEN as error:
        raise LeftOutError(f"its header is damaged ({error})") from None
    if picture.width * picture.height > MAX_PIXELS:
        raise LeftOutError(
            f"it claims {picture.width}x{picture.height} pixels, more than "
            f"{MAX_PIXELS:,}"
        )
    return picture


def orientation(picture: "PIL.Image.Image") -> int | None:
    """The turn that EXIF asks for, by a picture's header; None if unreadable.

    1 is upright; from 2 on it is mirrored or turned, from 5 to 8 it lies on its side.
    """
    from PIL import Image

    try:
        # PNG's own getexif decodes all pixels, for what could stand behind them.
        turn: int = Image.Image.getexif(picture).get(ORIENTATION, 1)
    except Exception:
        return None
    return turn


def upright_size(picture: "PIL.Image.Image") -> tuple[int, int]:
    """`(width, height)` of a picture once it is upright, by its header."""
    # The size of a TIFF is upright already.
    sideways = orientation(picture) in range(5, 9) and picture.format != "TIFF"
    width, height = picture.size
    return (height, width) if sideways else (width, height)


def is_gray(picture: "PIL.Image.Image") -> bool:
    """Tell whether a picture has no colour, by its mode."""
    return picture.mode in ("1", "L", "LA", "I") or picture.mode.startswith("I;16")


def fit_array(image: np.ndarray, geometry: Geometry) -> np.ndarray:
    """A picture that is an array `(height, width, channels)` already, fitted."""
    from PIL import Image

    height, width, channels = image.shape
    size = geometry.image_size
    whole = cropper(geometry.crop)(width, height) == (0, 0, width, height)
    kept = size is None or (width, height) == (size, size)
    if whole and kept and channels == (geometry.channels or channels):
        return image
    plane = image[..., 0] if channels == 1 else image
    return fit(_plain(Image.fromarray(plane)), geometry)


def fit(
    picture: "PIL.Image.Image",
    geometry: Geometry,
    size: tuple[int, int] | None = None,
) -> np.ndarray:
    """A Pillow picture, cropped and resized, as an array.

    Args:
        picture: upright, of 8 bits, without transparency.
        geometry: what becomes of it.
        size: its width and height before it was shrunk, which `geometry.crop` means.

    Raises:
        LeftOutError: it has too few pixels for the crop.
    """
    width, height = size or picture.size
    if is_too_small(geometry.crop, width, height):
        raise LeftOutError(
            f"it has {width}x{height} pixels, too few for {geometry.crop}"
        )
    modes = {1: "L", 3: "RGB", None: "L" if is_gray(picture) else "RGB"}
    mode = modes[geometry.channels]
    if picture.mode != mode:
        picture = picture.convert(mode)
    across, down = picture.width / width, picture.height / height
    left, top, right, bottom = cropper(geometry.crop)(width, height)
    frame = (
        round(left * across),
        round(top * down),
        round(right * across),
        round(bottom * down),
    )
    # Cropped first: a resize with a box would read the pixels beside it.
    if frame != (0, 0, *picture.size):
        picture = picture.crop(frame)
    if side := geometry.image_size:
        picture = picture.resize((side, side), _filters()[geometry.resize])
    pixels = np.asarray(picture)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _shrink(width: int, height: int, geometry: Geometry) -> int:
    """To which part of its size a JPEG is decoded: 1, 2, 4 or 8."""
    if geometry.decode is Decode.full or not geometry.image_size:
        return 1
    left, top, right, bottom = cropper(geometry.crop)(width, height)
    most = min(right - left, bottom - top, width, height) / geometry.image_size
    return max(shrink for shrink in (1, 2, 4, 8) if shrink <= max(most, 1))


def _upright(picture: "PIL.Image.Image") -> "PIL.Image.Image":
    from PIL import ImageOps

    if picture.getexif().get(ORIENTATION, 1) == 1:
        return picture
    return ImageOps.exif_transpose(picture)


def _plain(picture: "PIL.Image.Image") -> "PIL.Image.Image":
    """8 bits a channel and no transparency."""
    from PIL import Image

    if picture.mode == "F":
        raise LeftOutError("its pixels are floats, whose range is not known")
    if picture.mode == "I" or picture.mode.startswith("I;16"):
        levels = np.asarray(picture, np.float64) * (255 / 65535)
        return Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, picture).convert("RGB")
    return picture


@functools.cache
def _filters() -> dict[Resize, "PIL.Image.Resampling"]:
    from PIL import Image

    return {
        Resize.area: Image.Resampling.BOX,
        Resize.bilinear: Image.Resampling.BILINEAR,
        Resize.lanczos: Image.Resampling.LANCZOS,
    }


@functools.cache
def formats() -> tuple[str, ...]:
    """The formats that are read with what is installed here."""
    from PIL import Image

    try:
        import pillow_heif

        pillow_heif.register_heif_opener()
    except ImportError:
        pass
    for plugin in PLUGINS:  # Pillow's own way to have them loads forty more
        importlib.import_module(f"PIL.{plugin}ImagePlugin")
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _unidentified(encoded: bytes) -> str:
    """The reason why Pillow does not know this content."""
    kind = encoded[8:12] if encoded[4:8] == b"ftyp" else b""
    if kind in (b"heic", b"heix", b"hevc", b"mif1", b"msf1"):
        return "it is HEIC, which another package reads: pip install pillow-heif"
    if kind in (b"avif", b"avis"):
        return "it is AVIF, which a newer Pillow reads: pip install -U pillow"
    return "its content is not a picture that is read here"
