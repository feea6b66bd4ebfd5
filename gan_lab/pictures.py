"""Grids of pictures and clouds of points, as PNG and as a film."""

import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageDraw, UnidentifiedImageError

from gan_lab.errors import DamagedError
from gan_lab.system.damage import reading

PNG = b"\x89PNG\r\n\x1a\n"
MARGIN, TITLE = 2, 16
FRAMES = 100
FRAME_MILLISECONDS, LOOP_MILLISECONDS = 100, 50
SCATTER_PIXELS, SCATTER_REACH = 384, 1.25  # the square shown is [-1.25, 1.25]
BEHIND, FRONT = (190, 190, 190), (200, 30, 60)


def grid(images: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Pictures side by side, as near to a square as they go.

    Args:
        images: uint8 array `(count, height, width, channels)`.
        columns: pictures in a row, where there is to be no square.

    Returns:
        uint8 array `(height, width, channels)`, white between and around them.
    """
    count, height, width, channels = images.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    cell = (height + MARGIN, width + MARGIN)
    sheet = np.full(
        (rows * cell[0] + MARGIN, columns * cell[1] + MARGIN, channels), 255, np.uint8
    )
    for place, image in enumerate(images):
        top = MARGIN + place // columns * cell[0]
        left = MARGIN + place % columns * cell[1]
        sheet[top : top + height, left : left + width] = image
    return sheet


def cells(
    sheet: np.ndarray, height: int, width: int, total: int, count: int
) -> np.ndarray:
    """The first pictures of a square that `grid` made.

    Args:
        sheet: the grid, uint8 `(height, width, channels)`.
        height: of a picture.
        width: of a picture.
        total: pictures in the grid.
        count: how many are wanted.

    Returns:
        uint8 array `(count, height, width, channels)`.
    """
    columns = math.ceil(math.sqrt(total))
    places = [divmod(place, columns) for place in range(count)]
    corners = [
        (MARGIN + row * (height + MARGIN), MARGIN + column * (width + MARGIN))
        for row, column in places
    ]
    return np.stack([sheet[y : y + height, x : x + width] for y, x in corners])


def scatter(points: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """Points in the plane, in red before others in gray, on white.

    Points beyond the edge are drawn at it; what is not finite is not drawn.

    Args:
        points: float array `(count, dimensions)`; the first two are drawn.
        behind: the others, likewise.

    Returns:
        uint8 array `(SCATTER_PIXELS, SCATTER_PIXELS, 3)`.
    """
    sheet = np.full((SCATTER_PIXELS, SCATTER_PIXELS, 3), 255.0)
    for cloud, radius, colour in ((behind, 1.0, BEHIND), (points, 1.7, FRONT)):
        ink = _ink(cloud, radius)[..., None]
        sheet += ink * (np.array(colour) - sheet)
    levels: np.ndarray = np.rint(sheet).astype(np.uint8)
    return levels


def _ink(points: np.ndarray, radius: float) -> np.ndarray:
    """The share of each pixel that half transparent discs cover, in [0, 1]."""
    size = SCATTER_PIXELS
    points = points[np.isfinite(points).all(1), :2].astype(np.float64)
    x, y = (np.clip(points / SCATTER_REACH, -1, 1) * (1, -1) + 1).T * (size / 2)
    reach = math.ceil(radius) + 1
    steps = np.arange(-reach, reach + 1)
    columns = np.floor(x).astype(int)[:, None, None] + steps
    rows = np.floor(y).astype(int)[:, None, None] + steps[:, None]
    away = np.hypot(columns + 0.5 - x[:, None, None], rows + 0.5 - y[:, None, None])
    light = np.log1p(-0.6 * np.clip(radius + 0.5 - away, 0, 1))
    inside = (columns >= 0) & (columns < size) & (rows >= 0) & (rows < size)
    places = (rows * size + columns)[inside]
    passed = np.bincount(places, light[inside], minlength=size * size)
    covered: np.ndarray = 1 - np.exp(passed).reshape(size, size)
    return covered


def beside(sheets: dict[str, np.ndarray]) -> np.ndarray:
    """Pictures side by side, each below its title.

    Args:
        sheets: title -> uint8 `(height, width, channels)`.

    Returns:
        uint8 `(height, width, 3)`.
    """
    room = 3 * MARGIN
    width = sum(sheet.shape[1] + room for sheet in sheets.values())
    height = max(sheet.shape[0] for sheet in sheets.values()) + TITLE
    together = Image.new("RGB", (width, height), "white")
    pen, left = ImageDraw.Draw(together), 0
    for title, sheet in sheets.items():
        pen.text((left + MARGIN, MARGIN), title, "black")
        together.paste(_picture(sheet), (left, TITLE))
        left += sheet.shape[1] + room
    return np.asarray(together)


def write_png(path: Path | BinaryIO, sheet: np.ndarray) -> None:
    """Save a picture `(height, width, channels)` with 1 or 3 channels."""
    _picture(sheet).save(path, "PNG")


def read_png(path: Path | BinaryIO) -> np.ndarray:
    """A picture that `write_png` saved, `(height, width, channels)`.

    Raises:
        UsageError: the file is not such a picture.
    """
    sheet = np.asarray(_open(path))
    return sheet if sheet.ndim == 3 else sheet[..., None]


def require_png(path: Path) -> None:
    """Refuse a file that is not a PNG, whole and nothing else, by its checksums.

    Raises:
        DamagedError: it is damaged.
    """
    with reading(path):
        content = path.read_bytes()
        if not content.startswith(PNG):
            raise ValueError("it is not a PNG" if content else "it is empty")
        start, kind = len(PNG), b""
        while kind != b"IEND":
            (length,) = struct.unpack(">I", content[start : start + 4])
            chunk = content[start + 4 : start + 8 + length]
            start += 12 + length
            if content[start - 4 : start] != struct.pack(">I", zlib.crc32(chunk)):
                raise ValueError("it is not the PNG that was written")
            kind = chunk[:4]
        if start != len(content):
            raise ValueError("something follows its picture")


def write_film(path: Path, pngs: list[Path]) -> None:
    """Save pictures as an animated GIF of at most `FRAMES` frames, evenly picked.

    The last one is always among them, and stays for two seconds.

    Raises:
        UsageError: one of the files is not a picture that `write_png` saved.
    """
    step = max(1, math.ceil(len(pngs) / FRAMES))
    frames = [_open(png) for png in pngs[::-step][::-1]]
    _write_gif(path, frames, [*[FRAME_MILLISECONDS] * (len(frames) - 1), 2000])


def write_loop(path: Path, sheets: list[np.ndarray]) -> None:
    """Save pictures `(height, width, channels)` as an animated GIF that goes round."""
    _write_gif(path, [_picture(sheet) for sheet in sheets], LOOP_MILLISECONDS)


def _write_gif(
    path: Path, pictures: list[Image.Image], milliseconds: int | list[int]
) -> None:
    frames = [p.convert("P", palette=Image.Palette.ADAPTIVE) for p in pictures]
    frames[0].save(
        path,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=milliseconds,
        loop=0,
    )


def _open(path: Path | BinaryIO) -> Image.Image:
    """A picture that `write_png` saved, whole.

    A run's folder may be a stranger's, so it is a PNG or nothing: for some formats
    Pillow starts other programs.
    """
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            if picture.mode not in ("L", "RGB"):
                raise ValueError(f"its mode is {picture.mode}")
            picture.load()
            return picture
    except UnidentifiedImageError:
        raise DamagedError(path, "it is not a PNG") from None
    except Exception as error:  # decoders fail in many ways
        if getattr(error, "errno", None):  # of the disk or of rights, not of the file
            raise
        raise DamagedError(path, str(error).rstrip(".")) from None


def _picture(sheet: np.ndarray) -> Image.Image:
    return Image.fromarray(sheet[..., 0] if sheet.shape[-1] == 1 else sheet)
