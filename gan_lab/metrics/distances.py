"""Distances between many points, fast, and exact wherever an answer hangs on it.

They come from single-precision products of centred points, in tiles. Where rounding
could change an answer, as it could for copies, the distance is taken again in float64
from the points as they are.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

_ROWS, _COLUMNS = 1024, 4096  # of the matrix of distances that are held at a time
_VALUES = 2**21  # numbers that are subtracted at a time in float64
_SPARE = 3  # candidates beyond the neighbours asked for, against rounding


class Points(NamedTuple):
    """A set of points, and what of it goes through products.

    Attributes:
        exact: float (count, dimensions), as they came.
        single: float32 of the same shape, centred and scaled.
        squares: float32 (count,), of the norms of `single`.
        scale: by which `single` was divided.
    """

    exact: np.ndarray
    single: np.ndarray
    squares: np.ndarray
    scale: float


def points(*sets: np.ndarray) -> list[Points]:
    """Sets of points on one scale, with the first one's mean as the centre."""
    centre = sets[0].mean(axis=0, dtype=np.float64)
    ends = [end for each in sets for end in (each.min(axis=0), each.max(axis=0))]
    scale = float(np.max(np.abs(np.subtract(ends, centre)))) or 1.0
    return [Points(each, *_single(each, centre, scale), scale) for each in sets]


def tiles(
    x: Points, y: Points, *, half: bool = False
) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Rows, columns and float32 values of parts of the squared distances.

    Args:
        x: the rows.
        y: the columns.
        half: only what is on the diagonal and to the right of it, in tiles that begin
            on it.
    """
    for top in range(0, len(x.single), _ROWS):
        rows = slice(top, min(top + _ROWS, len(x.single)))
        for left in range(top if half else 0, len(y.single), _COLUMNS):
            columns = slice(left, min(left + _COLUMNS, len(y.single)))
            squares = x.single[rows] @ y.single[columns].T
            squares *= -2
            squares += x.squares[rows, None]
            squares += y.squares[columns]
            yield rows, columns, squares


def beyond(
    squares: np.ndarray,
    x: Points,
    y: Points,
    rows: slice,
    columns: slice,
    radii: np.ndarray,
) -> np.ndarray:
    """Below 0 within these radii, 0 at them and above 0 beyond, with the right sign.

    Args:
        squares: a tile.
        x: its rows.
        y: its columns.
        rows: which of x.
        columns: which of y.
        radii: float64 (rows, 1) or (1, columns), on the points' own scale.
    """
    found = squares - np.square(radii / x.scale).astype(np.float32)
    # Four times the likely error of a sum of so many rounded products.
    error = 4 * (4 + x.single.shape[1] ** 0.5) * np.finfo(np.float32).epsneg
    error = np.float32(error) * (x.squares[rows, None] + y.squares[columns])
    i, j = np.nonzero(np.abs(found) <= error)
    exact = _between(x, i + rows.start, y, j + columns.start)
    found[i, j] = np.sign(exact - np.broadcast_to(radii, found.shape)[i, j])
    return found


def nearest_of(x: Points, y: Points, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances to the nearest of y from each of x, and their indices.

    Returns:
        float64 and int, both (count of x, count), nearest first.
    """
    found = _Candidates(x, y, min(count + _SPARE, len(y.exact)))
    for rows, columns, squares in tiles(x, y):
        found.offer(rows, columns, squares)
    return found.best(count)


def nearest_others(x: Points, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The same among the other points of one set, at half the cost."""
    found = _Candidates(x, x, min(count + _SPARE, len(x.exact) - 1))
    for rows, columns, squares in tiles(x, x, half=True):
        if columns.start == rows.start:
            np.fill_diagonal(squares, np.inf)
        found.offer(rows, columns, squares)
        later = slice(max(columns.start, rows.stop), columns.stop)
        if later.start < later.stop:
            found.offer(later, rows, squares[:, later.start - columns.start :].T)
    return found.best(count)


class _Candidates:
    """The few points of y nearest to each of x, as far as singles can tell."""

    def __init__(self, x: Points, y: Points, count: int):
        self.x, self.y = x, y
        self.squares = np.full((len(x.exact), count), np.inf, np.float32)
        self.indices = np.zeros(self.squares.shape, np.intp)

    def offer(self, rows: slice, columns: slice, squares: np.ndarray) -> None:
        """Take what is nearer than what is held."""
        near, squares = _smallest(squares, self.squares.shape[1])
        indices = np.concatenate([self.indices[rows], near + columns.start], axis=1)
        squares = np.concatenate([self.squares[rows], squares], axis=1)
        near, self.squares[rows] = _smallest(squares, self.squares.shape[1])
        self.indices[rows] = np.take_along_axis(indices, near, axis=1)

    def best(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Exact distances and indices, nearest first, the lower index of equals."""
        rows = np.repeat(np.arange(len(self.indices)), self.indices.shape[1])
        exact = _between(self.x, rows, self.y, self.indices.ravel())
        exact = exact.reshape(self.indices.shape)
        order = np.lexsort((self.indices, exact), axis=1)[:, :count]
        return (
            np.take_along_axis(exact, order, axis=1),
            np.take_along_axis(self.indices, order, axis=1),
        )


def _single(
    features: np.ndarray, centre: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    single = np.empty(features.shape, np.float32)
    for start in range(0, len(features), _ROWS):
        part = slice(start, start + _ROWS)
        single[part] = (features[part] - centre) / scale
    squares = np.einsum("ij,ij->i", single, single, dtype=np.float64)
    return single, squares.astype(np.float32)


def _between(x: Points, rows: np.ndarray, y: Points, columns: np.ndarray) -> np.ndarray:
    """Distances of pairs of indices, in float64 from the points as they came."""
    found = np.empty(len(rows))
    pairs = max(1, _VALUES // x.exact.shape[1])
    for start in range(0, len(rows), pairs):
        part = slice(start, start + pairs)
        apart = x.exact[rows[part]].astype(np.float64) - y.exact[columns[part]]
        found[part] = np.sqrt(np.einsum("ij,ij->i", apart, apart))
    return found


def _smallest(values: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices and values of the smallest of each row, in no order."""
    if count < values.shape[1]:
        near = np.argpartition(values, count - 1, axis=1)[:, :count]
        return near, np.take_along_axis(values, near, axis=1)
    return np.broadcast_to(np.arange(values.shape[1]), values.shape), values
