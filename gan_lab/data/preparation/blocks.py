"""Pictures decoded by every core, a block after the other."""

import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from gan_lab.data.preparation.decode import LeftOutError, decode, fit_array
from gan_lab.data.preparation.geometry import Geometry
from gan_lab.data.source import Pictures
from gan_lab.errors import StorageError
from gan_lab.system import cores

BLOCK_BYTES, BLOCK_PICTURES, TASK_PICTURES = 2**24, 512, 32


def blocks(
    pictures: Pictures, geometry: Geometry, shape: tuple[int, int, int], first: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray, dict[str, str]]]:
    """Decoded pictures; while who asks for a block deals with it the next is decoded.

    Args:
        pictures: what to decode.
        geometry: what becomes of each.
        shape: `(height, width, channels)` of each result.
        first: the place to begin at.

    Yields:
        `images, used, left_out`: the pictures that can be used, uint8; whether each of
        the block can; and name -> why not.
    """
    size = int(np.clip(BLOCK_BYTES // np.prod(shape), TASK_PICTURES, BLOCK_PICTURES))
    total = len(pictures.names)
    starts = range(first, total, size)
    with warnings.catch_warnings(), ThreadPoolExecutor(cores.count()) as pool:
        warnings.simplefilter("ignore")  # Pillow warns of what is left out here
        decoding = None
        try:
            for start in starts:
                count = min(size, total - start)
                following = _Block(pool, pictures, geometry, shape, start, count)
                if decoding:
                    yield decoding.result()
                decoding = following
            if decoding:
                yield decoding.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


class UnreachableError(StorageError):
    """The pictures cannot be read now, whatever is in them."""


class _Block:
    """Neighbouring pictures that the threads of a pool decode."""

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        pictures: Pictures,
        geometry: Geometry,
        shape: tuple[int, int, int],
        start: int,
        count: int,
    ):
        self._pictures, self._geometry, self._start = pictures, geometry, start
        self._images = np.empty((count, *shape), np.uint8)
        self._used = np.zeros(count, bool)
        self._left_out: dict[int, str] = {}
        # What can only be read in order is asked for nearly in order.
        self._size = 1 if pictures.sequential else TASK_PICTURES
        starts = range(0, count, self._size)
        self._tasks = [pool.submit(self._some, start) for start in starts]

    def result(self) -> tuple[np.ndarray, np.ndarray, dict[str, str]]:
        """The results, once every one of them is dealt with."""
        for task in self._tasks:
            task.result()
        names = self._pictures.names
        reasons = {
            str(names[self._start + i]): self._left_out[i]
            for i in sorted(self._left_out)
        }
        images = self._images if self._used.all() else self._images[self._used]
        return images, self._used, reasons

    def _some(self, start: int) -> None:
        for place in range(start, min(start + self._size, len(self._used))):
            try:
                self._images[place] = self._one(self._start + place)
                self._used[place] = True
            except (MemoryError, UnreachableError):
                raise
            except LeftOutError as error:
                self._left_out[place] = str(error)
            except Exception as error:  # archives and decoders fail in many ways
                self._left_out[place] = f"it cannot be read ({error})"

    def _one(self, place: int) -> np.ndarray:
        content = self._read(place)
        if isinstance(content, bytes):
            return decode(content, self._geometry)
        return fit_array(content, self._geometry)

    def _read(self, place: int) -> bytes | np.ndarray:
        try:
            return self._pictures.read(place)
        except (FileNotFoundError, PermissionError):
            raise
        except OSError as error:  # a drive that is gone is no fault of the picture's
            raise UnreachableError(
                f"{self._pictures.names[place]} cannot be read now ({error}). What is "
                "prepared already is kept: start again."
            ) from error
