"""A first look at pictures: their sizes, and whether they have colour."""

from typing import cast

from gan_lab.data.preparation.decode import header, is_gray, upright_size
from gan_lab.data.preparation.geometry import Geometry, cropper
from gan_lab.data.source import Pictures
from gan_lab.errors import UsageError


def shape_of(pictures: Pictures, geometry: Geometry) -> tuple[int, int, int]:
    """`(height, width, channels)` of every prepared picture.

    Raises:
        UsageError: `geometry` keeps the sizes, and they differ.
    """
    if pictures.shape:
        height, width, channels = pictures.shape
        sizes, gray = {(width, height): "all"}, channels == 1
    elif geometry.image_size and geometry.channels:
        sizes, gray = {}, False
    else:
        sizes, gray = _survey(pictures)
    channels = geometry.channels or (1 if gray else 3)
    if side := geometry.image_size:
        return side, side, channels
    crop = cropper(geometry.crop)
    cropped: dict[tuple[int, int], str] = {}
    for size, name in sizes.items():
        left, top, right, bottom = crop(*size)
        cropped.setdefault((bottom - top, right - left), name)
    if len(cropped) > 1:
        (a, one), (b, another) = list(cropped.items())[:2]
        raise UsageError(
            "`data.image_size` must be given where pictures have different sizes: "
            f"{one} has {a[1]}x{a[0]} pixels, {another} has {b[1]}x{b[0]}."
        )
    if not cropped:
        raise UsageError("`data.path` has no picture that can be used.")
    return (*next(iter(cropped)), channels)


def _survey(pictures: Pictures) -> tuple[dict[tuple[int, int], str], bool]:
    """`sizes, gray`: a picture of each size, and whether none has colour."""
    sizes: dict[tuple[int, int], str] = {}
    gray = True
    for place, name in enumerate(pictures.names):
        try:
            # What `read` gives are no arrays: of these `pictures.shape` says it all.
            picture = header(cast(bytes, pictures.read(place)))
        except Exception:  # it will be left out, with its reason
            continue
        sizes.setdefault(upright_size(picture), name)
        gray = gray and is_gray(picture)
    return sizes, gray
