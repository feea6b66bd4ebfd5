"""Pictures inside a page: as data, and as the frames of a film."""

import base64
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gan_lab import pictures

FRAMES = 60
FILM_BYTES = 4_500_000  # a third more in the page, as base64


@dataclass(frozen=True)
class Frame:
    """The grid of a round, as a data URI."""

    round: int
    uri: str


def frames(grids: list[Path]) -> list[Frame]:
    """The last grid and evenly picked ones before it, as many as a page can hold."""
    step = max(1, math.ceil(len(grids) / FRAMES))
    sizes = [grid.stat().st_size for grid in grids]
    while step < len(grids) and sum(sizes[::-step]) > FILM_BYTES:
        step += 1
    return [Frame(int(g.stem), uri(g.read_bytes())) for g in grids[::-step][::-1]]


def embed(sheet: np.ndarray) -> str:
    """A picture `(height, width, channels)` as a data URI."""
    png = io.BytesIO()
    pictures.write_png(png, sheet)
    return uri(png.getvalue())


def uri(png: bytes) -> str:
    """The content of a PNG file as a data URI."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
