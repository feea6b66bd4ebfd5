"""PyTorch's files written by hand, as `torch.save` writes them, for tests."""

import io
import pickle
import sys
import zipfile
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from unittest import mock

import numpy as np

NAMES = {
    np.dtype("f4"): "FloatStorage",
    np.dtype("f2"): "HalfStorage",
    np.dtype("i8"): "LongStorage",
}


@dataclass
class Storage:
    values: np.ndarray
    key: str
    count: int | None = None  # that it claims to have


@dataclass
class Tensor:
    storage: Storage
    offset: int
    shape: tuple
    strides: tuple

    def __reduce__(self):
        made = sys.modules["torch._utils"]._rebuild_tensor_v2
        place = (self.storage, self.offset, self.shape, self.strides)
        return made, (*place, False, OrderedDict())


def tensor(array, key) -> Tensor:
    """All of an array, as a tensor with a storage of its own."""
    array = np.ascontiguousarray(array)
    strides = tuple(stride // array.itemsize for stride in array.strides)
    return Tensor(Storage(array.ravel(), key), 0, array.shape, strides)


def state(arrays: dict) -> OrderedDict:
    """A state dict, with the attribute that PyTorch gives it."""
    made = OrderedDict(
        (n, tensor(a, str(i))) for i, (n, a) in enumerate(arrays.items())
    )
    made._metadata = OrderedDict(version=1)
    return made


def archive(content, storages=None) -> bytes:
    """Today's format, with the values of these storages or of all that there are."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("state/data.pkl", pickled(content))
        made.writestr("state/byteorder", "little")
        for storage in _storages(content) if storages is None else storages:
            made.writestr(f"state/data/{storage.key}", storage.values.tobytes())
        made.writestr("state/version", "3\n")
    return file.getvalue()


def stream(content) -> bytes:
    """The format before PyTorch 1.6."""
    storages = _storages(content)
    facts = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
    parts = [pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, facts)]
    parts += [pickled(content), pickle.dumps([s.key for s in storages], 2)]
    for storage in storages:
        parts += [len(storage.values).to_bytes(8, "little"), storage.values.tobytes()]
    return b"".join(parts)


def pickled(content) -> bytes:
    """A pickle in which storages are referred to."""
    file = io.BytesIO()
    with _torch() as torch:
        pickler = pickle.Pickler(file, 2)
        pickler.persistent_id = lambda x: _reference(torch, x)
        pickler.dump(content)
    return file.getvalue()


def _reference(torch, storage):
    if not isinstance(storage, Storage):
        return None
    kind = getattr(torch, NAMES[storage.values.dtype])
    count = len(storage.values) if storage.count is None else storage.count
    return "storage", kind, storage.key, "cpu", count


def _storages(content) -> list[Storage]:
    return list({t.storage.key: t.storage for t in content.values()}.values())


@contextmanager
def _torch():
    """Modules of PyTorch's names, with what a pickle names."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")
    for name in NAMES.values():
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    def rebuild():
        pass

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild
    with mock.patch.dict(sys.modules, {"torch": torch, "torch._utils": utils}):
        yield torch
