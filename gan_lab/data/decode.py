"""Encoded pictures, whatever they are, as uint8 arrays of one shape."""

import enum
import io
import re
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError

MAX_PIXELS = 100_000_000


class Resize(enum.Enum):
    """The filter of a resize; all of them average when they shrink."""

    area = "area"
    bilinear = "bilinear"
    lanczos = "lanczos"


class LeftOutError(Exception):
    """A picture cannot be used; the message says why."""


def decode(
    encoded: bytes, *, size: int, channels: int, crop: str, resize: Resize
) -> np.ndarray:
    """One picture as a uint8 array `(size, size, channels)`.

    It is turned upright by its EXIF orientation. 16-bit gray is scaled to 8 bits,
    transparency is laid over white, and of an animation the first frame is used.

    Args:
        encoded: the file's bytes, in any format that Pillow reads.
        size: side of the result in pixels.
        channels: 1 or 3.
        crop: see `cropper`.
        resize: the filter.

    Raises:
        LeftOutError: the picture cannot be used.
    """
    from PIL import Image, ImageOps

    box = cropper(crop)
    filters = {
        Resize.area: Image.Resampling.BOX,
        Resize.bilinear: Image.Resampling.BILINEAR,
        Resize.lanczos: Image.Resampling.LANCZOS,
    }
    if not encoded:
        raise LeftOutError("the file is empty")
    try:
        picture = Image.open(io.BytesIO(encoded))
        if picture.width * picture.height > MAX_PIXELS:
            raise LeftOutError(
                f"it claims {picture.width}x{picture.height} pixels, more than "
                f"{MAX_PIXELS:,}"
            )
        picture.load()
        picture = _plain(ImageOps.exif_transpose(picture))
    except Image.UnidentifiedImageError:
        raise LeftOutError("its content is not a picture that Pillow reads") from None
    except Image.DecompressionBombError as error:
        raise LeftOutError(str(error)) from None
    except (OSError, SyntaxError, ValueError, IndexError, EOFError) as error:
        raise LeftOutError(f"its data is damaged ({error})") from None
    picture = picture.convert("L" if channels == 1 else "RGB")
    frame = box(*picture.size)
    if frame[2] > picture.width or frame[3] > picture.height:
        raise LeftOutError(
            f"it has {picture.width}x{picture.height} pixels, too few for {crop}"
        )
    picture = picture.crop(frame).resize((size, size), filters[resize])
    return np.asarray(picture).reshape(size, size, channels)


def cropper(crop: str) -> Callable[[int, int], tuple[int, int, int, int]]:
    """The part of a picture that is used, as a function of its width and height.

    Args:
        crop: `center`, the largest square; `none`, all of it; `WxH`, that many pixels
            around the middle; `WxH+X+Y`, that many from X to the right and Y down.

    Returns:
        A function to `(left, top, right, bottom)` in pixels.

    Raises:
        UsageError: `crop` is none of these.
    """
    if crop == "none":
        return lambda width, height: (0, 0, width, height)
    if crop == "center":
        return lambda width, height: _middle(width, height, *[min(width, height)] * 2)
    found = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)(?:\+(\d+)\+(\d+))?", crop)
    if not found:
        raise UsageError(
            "`data.crop` must be center, none, WIDTHxHEIGHT or WIDTHxHEIGHT+X+Y. "
            f"Received: {crop}."
        )
    w, h, x, y = (part and int(part) for part in found.groups())
    if x is None:
        return lambda width, height: _middle(width, height, w, h)
    return lambda width, height: (x, y, x + w, y + h)


def decode_all(
    names: Sequence[str],
    read: Callable[[str], bytes],
    *,
    size: int,
    channels: int,
    crop: str,
    resize: Resize,
) -> Samples:
    """Every picture that can be used, in the order of the names.

    Args:
        names: what to read, and what to call it.
        read: the bytes of a name; it is called from several threads.
        size: side in pixels, at least 1.
        channels: 1 or 3.
        crop: see `cropper`.
        resize: the filter.

    Raises:
        UsageError: none can be used, or an option has no meaning.
    """
    if size < 1:
        raise UsageError(f"`data.image_size` must be at least 1. Received: {size}.")
    if channels not in (1, 3):
        raise UsageError(f"`data.channels` must be 1 or 3. Received: {channels}.")
    cropper(crop)
    images = np.empty((len(names), size, size, channels), np.uint8)
    left_out = {}

    options = {"size": size, "channels": channels, "crop": crop, "resize": resize}

    def one(place: int) -> bool:
        try:
            images[place] = decode(read(names[place]), **options)
        except MemoryError:
            raise
        except LeftOutError as error:
            left_out[names[place]] = str(error)
        except Exception as error:  # archives and decoders fail in many ways
            left_out[names[place]] = f"it cannot be read ({error})"
        return names[place] not in left_out

    with warnings.catch_warnings(), ThreadPoolExecutor() as pool:
        warnings.simplefilter("ignore")  # Pillow warns of what is left out here
        used = np.fromiter(pool.map(one, range(len(names))), bool, len(names))
    if not used.any():
        reasons = "; ".join(f"{n}: {r}" for n, r in list(left_out.items())[:3])
        raise UsageError(f"`data.path` has no picture that can be used. {reasons}.")
    ordered = {name: left_out[name] for name in names if name in left_out}
    return Samples(images if used.all() else images[used], ordered)


def _middle(width, height, w, h) -> tuple:
    left, top = (width - w) // 2, (height - h) // 2
    if min(left, top) < 0:
        return (0, 0, w, h)
    return (left, top, left + w, top + h)


def _plain(picture):
    """8 bits a channel and no transparency."""
    from PIL import Image

    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        levels = np.asarray(picture, np.float64) * (255 / 65535)
        return Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, picture).convert("RGB")
    return picture
