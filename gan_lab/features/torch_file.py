"""The tensors of a PyTorch file, read without PyTorch and without running any of it.

Such a file is a pickle, which is taken apart by `gan_lab.system.pickles`. It finds
nothing but makers of dictionaries and arrays: the worst that it can do is be refused.
"""

import io
import math
import zipfile
from pathlib import Path, PurePosixPath
from pickle import UnpicklingError

import numpy as np

from gan_lab.errors import UsageError
from gan_lab.system import pickles

_MAGIC = 0x1950A86A20F9469CFC6C  # opens the format that came before the archive
_PROTOCOL = 1001
_TYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "?",
}


def read_state(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a state dict that `torch.save` wrote, in either of its formats.

    Args:
        path: a `.pth` or `.pt` file; nothing in it is trusted.

    Returns:
        Name -> array, read-only, in the file's order.

    Raises:
        UsageError: the file is not there, is cut off, or holds anything but tensors.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}).") from None
    read = _archive if content.startswith(b"PK") else _stream
    try:
        return _arrays(*read(content))
    except Exception as error:  # of a pickle: whatever its operations raise
        raise UsageError(
            f"{path} is not a whole file of PyTorch tensors "
            f"({str(error) or 'cut off'})."
        ) from None


class _Storage:
    """The place of a tensor's values, which are known once all of the file is read."""

    def __init__(self, kind: str, key: str, count: int):
        self.type, self.key, self.count = np.dtype(kind), key, int(count)


class _View:
    """The layout of a tensor in a storage, in elements."""

    def __init__(self, storage, offset, shape, strides, *_):
        if not isinstance(storage, _Storage):
            raise UnpicklingError("a tensor without a storage")
        self.storage, self.offset = storage, int(offset)
        self.shape, self.strides = (tuple(map(int, t)) for t in (shape, strides))


class _Dictionary(dict):
    """A dictionary that leaves out the attributes that PyTorch gives it."""

    def __setstate__(self, state):
        pass


_KNOWN = {
    **{f"torch.{name}": kind for name, kind in _TYPES.items()},
    "collections.OrderedDict": lambda: _Dictionary(),  # of nothing: it is filled then
    "torch._utils._rebuild_tensor_v2": _View,
    "torch._utils._rebuild_parameter": lambda data, *_: data,
}


def _load(stream: io.BytesIO):
    """The next pickle of a stream, which is left at its end."""
    return pickles.load(stream, _KNOWN, _refer)


def _refer(saved: tuple) -> _Storage:
    """The storage that a tensor refers to."""
    word, kind, key, _, count, *_ = saved
    if word != "storage" or kind not in _TYPES.values() or not isinstance(key, str):
        raise UnpicklingError("it refers to something that is not a storage")
    return _Storage(kind, key, count)


def _archive(content: bytes) -> tuple[dict, dict]:
    """The pickle and the storages' bytes of an archive: today's format."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > len(content):
            raise ValueError("its entries are larger than the file")
        (folder,) = {PurePosixPath(entry.filename).parts[0] for entry in entries}
        if f"{folder}/data.pkl" not in archive.namelist():
            raise ValueError("it has no data.pkl")
        inside = {
            e.filename.removeprefix(f"{folder}/"): archive.read(e) for e in entries
        }
    if inside.get("byteorder", b"little") != b"little":
        raise ValueError("it is not little-endian")
    tensors = _load(io.BytesIO(inside["data.pkl"]))
    return tensors, {
        name.removeprefix("data/"): values for name, values in inside.items()
    }


def _stream(content: bytes) -> tuple[dict, dict]:
    """The same of pickles one after the other: the format of PyTorch before 1.6."""
    stream = io.BytesIO(content)
    if _load(stream) != _MAGIC or _load(stream) != _PROTOCOL:
        raise ValueError("it does not begin like one")
    if not _load(stream)["little_endian"]:
        raise ValueError("it is not little-endian")
    tensors, keys = _load(stream), _load(stream)
    sizes = {v.storage.key: v.storage.type.itemsize for v in _views(tensors).values()}
    values = {}
    for key in keys:
        if not isinstance(key, str):
            raise ValueError("it refers to something that is not a storage")
        count = int.from_bytes(stream.read(8), "little")
        values[key] = stream.read(count * sizes[key])
    return tensors, values


def _views(tensors) -> dict[str, _View]:
    if not isinstance(tensors, dict) or not all(
        isinstance(name, str) and isinstance(view, _View)
        for name, view in tensors.items()
    ):
        raise ValueError("it holds more than tensors by name")
    return tensors


def _arrays(tensors, values: dict[str, bytes]) -> dict[str, np.ndarray]:
    return {
        name: _array(name, view, values.get(view.storage.key, b""))
        for name, view in _views(tensors).items()
    }


def _array(name: str, view: _View, values: bytes) -> np.ndarray:
    """The view that a tensor has of a storage's values, within their bounds."""
    kind, count = view.storage.type, view.storage.count
    if count < 0 or len(values) != count * kind.itemsize:
        raise ValueError(f"the values of {name} are not all there")
    shape, strides = view.shape, view.strides
    size = math.prod(shape)
    if len(shape) != len(strides) or min((view.offset, *shape, *strides)) < 0:
        raise ValueError(f"{name} has no possible shape")
    last = view.offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    if size > count or (size and last >= count):
        raise ValueError(f"{name} is larger than its values")
    return np.lib.stride_tricks.as_strided(
        np.frombuffer(values, kind)[view.offset :],
        shape,
        [stride * kind.itemsize for stride in strides],
        writeable=False,
    )
