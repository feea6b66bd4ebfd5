"""NumPy's arrays in a pickle, made of their bytes and by nothing of NumPy's.

NumPy lets a pickle say what a type is like: of one with objects in it, it takes the
bytes of an array for addresses.
"""

import io
import math
import re
from pickle import UnpicklingError
from typing import Any

import numpy as np

from gan_lab.system import pickles

DIMENSIONS = 2


def arrays(content: bytes) -> dict[str, np.ndarray]:
    """The arrays, and the lists of whole numbers, of a dictionary that is a pickle.

    Args:
        content: the pickle, of Python 2 or 3; nothing in it is trusted.

    Returns:
        Name -> array of whole numbers, read-only or int64. What else there is, like
        the names of files, is left out.

    Raises:
        UnpicklingError: it names or holds what no such dictionary does.
        Exception: whatever a damaged pickle leads to.
    """
    table = pickles.load(io.BytesIO(content), _KNOWN)
    if not isinstance(table, dict):
        raise UnpicklingError("it is not a dictionary")
    found = {}
    for name, value in table.items():
        if isinstance(value, _Array):
            found[_bytes(name).decode()] = value.values
        elif isinstance(value, list) and all(isinstance(n, int) for n in value):
            found[_bytes(name).decode()] = np.array(value, np.int64)
    return found


class _Type:
    """The type of whole numbers, of which a pickle says its code and then the rest."""

    def __init__(self, code: object, *_: object):
        self.code = _bytes(code).decode()
        if not re.fullmatch("[iu][1248]", self.code):
            raise UnpicklingError("its arrays are not of whole numbers")

    def __setstate__(self, state: Any) -> None:
        _, order, *described = state
        if _bytes(order) not in (b"<", b"|") or described[:3] != [None] * 3:
            raise UnpicklingError("its arrays are not of plain whole numbers")


class _Array:
    """An array, of which a pickle says everything after it is made."""

    values = np.empty(0, np.uint8)

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, by_columns, content = state
        content = _bytes(content)
        if not isinstance(kind, _Type) or len(shape) > DIMENSIONS:
            raise UnpicklingError("its arrays are not tables of whole numbers")
        size = math.prod(int(n) for n in shape) * np.dtype(kind.code).itemsize
        if size != len(content) or min(shape, default=0) < 0:
            raise UnpicklingError("an array has more or fewer bytes than its shape")
        flat = np.frombuffer(content, f"<{kind.code}")
        self.values = flat.reshape(shape, order="F" if by_columns else "C")


def _from_buffer(content: object, kind: object, shape: Any, order: object) -> _Array:
    made = _Array()
    made.__setstate__((1, shape, kind, order == "F", content))
    return made


def _bytes(value: object) -> bytes:
    """Bytes, which Python 2 wrote as a string."""
    if isinstance(value, str):
        return value.encode("latin-1")
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    raise UnpicklingError("it has something else where bytes belong")


_KNOWN: dict[str, object] = {
    "_codecs.encode": lambda text, _: _bytes(text),
    "numpy.ndarray": "ndarray",
    "numpy.dtype": lambda *arguments: _Type(*arguments),
}
for core in ("numpy.core", "numpy._core"):  # before and since NumPy 2
    _KNOWN[f"{core}.multiarray._reconstruct"] = lambda *_: _Array()
    _KNOWN[f"{core}.numeric._frombuffer"] = _from_buffer
