"""Grids of pictures, as PNG and as a film."""

import math
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

MARGIN = 2
FRAMES = 100
FRAME_MILLISECONDS, LOOP_MILLISECONDS = 100, 50


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


def write_png(path: Path | BinaryIO, sheet: np.ndarray) -> None:
    """Save a picture `(height, width, channels)` with 1 or 3 channels."""
    _picture(sheet).save(path, "PNG")


def write_film(path: Path, pngs: list[Path]) -> None:
    """Save pictures as an animated GIF of at most `FRAMES` frames, evenly picked.

    The last one is always among them, and stays for two seconds.
    """
    step = max(1, math.ceil(len(pngs) / FRAMES))
    frames = []
    for png in pngs[::-step][::-1]:
        with Image.open(png) as picture:
            frames.append(picture.copy())
    _write_gif(path, frames, [*[FRAME_MILLISECONDS] * (len(frames) - 1), 2000])


def write_loop(path: Path, sheets: list[np.ndarray]) -> None:
    """Save pictures `(height, width, channels)` as an animated GIF that goes round."""
    _write_gif(path, [_picture(sheet) for sheet in sheets], LOOP_MILLISECONDS)


def _write_gif(path: Path, pictures: list, milliseconds) -> None:
    frames = [p.convert("P", palette=Image.Palette.ADAPTIVE) for p in pictures]
    frames[0].save(
        path,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=milliseconds,
        loop=0,
    )


def _picture(sheet: np.ndarray):
    return Image.fromarray(sheet[..., 0] if sheet.shape[-1] == 1 else sheet)
