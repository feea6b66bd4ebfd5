"""What others made is read, and nothing of it is run."""

import io
import os
import pickle
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import EpsImagePlugin

from gan_lab import pictures
from gan_lab.data.sources import pickled
from gan_lab.errors import UsageError
from gan_lab.features.torch_file import read_state
from gan_lab.system import pickles
from tests.pictures import PHOTO, encoded

# Pickles, written operation by operation.


def text(said: str) -> bytes:
    return b"X" + len(said).to_bytes(4, "little") + said.encode()


def name(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def many(*values: bytes) -> bytes:
    """A tuple."""
    return b"(" + b"".join(values) + b"t"


def numbers(*values: int) -> bytes:
    return many(*(b"J" + value.to_bytes(4, "little", signed=True) for value in values))


PLAIN = many(b"K\3", text("|"), b"NNN", b"J\xff\xff\xff\xff" * 2, b"K\0")


def kind(code: str = "u1", state: bytes = PLAIN) -> bytes:
    """A type of NumPy's."""
    return name("numpy", "dtype") + many(text(code), b"\x89\x88") + b"R" + state + b"b"


def array(
    shape: bytes, kind: bytes, content: bytes, subtype=("numpy", "ndarray")
) -> bytes:
    made = name("numpy.core.multiarray", "_reconstruct")
    made += many(name(*subtype), b"K\0\x85", b"C\1b") + b"R"
    content = b"C" + bytes([len(content)]) + content
    return made + many(b"K\1", shape, kind, b"\x89", content) + b"b"


def table(**values: bytes) -> bytes:
    items = (text(key) + value for key, value in values.items())
    return b"\x80\2}(" + b"".join(items) + b"u."


def fields(kind: bytes) -> bytes:
    """The state of a type with one field."""
    field = b"}" + text("a") + many(kind, b"K\0") + b"s"
    return many(
        b"K\3", text("|"), b"N", many(text("a")), field, b"K\x08", b"K\1", b"K\0"
    )


DEEP = b")" + b"\x85" * 2 * 10**5  # a tuple in a tuple in a tuple
WIDE = b")" + b"q\1h\1\x86" * 60  # the same, each in two places of the next
ARRAYS = {
    "a type with objects": (
        array(numbers(1), kind("V8", fields(kind("O8"))), b"A" * 8),
        "not of whole numbers",
    ),
    "a plain code with fields": (
        array(numbers(1), kind("i8", fields(kind("u1"))), b"A" * 8),
        "not of plain whole numbers",
    ),
    "objects": (array(numbers(1), kind("O8"), b"A" * 8), "not of whole numbers"),
    "no type": (array(numbers(8), text("u1"), b"A" * 8), "not tables of whole numbers"),
    "a subclass": (
        array(numbers(8), kind(), b"A" * 8, ("numpy", "memmap")),
        "it names numpy.memmap",
    ),
    "too large": (array(numbers(9), kind(), b"A" * 8), "more or fewer bytes"),
    "too small": (array(numbers(1), kind("i8"), b"A" * 9), "more or fewer bytes"),
    "negative": (array(numbers(-1, -8), kind(), b"A" * 8), "more or fewer bytes"),
    "enormous": (array(numbers(2**31 - 1, 2**31 - 1), kind("i8"), b""), "more or few"),
    "many axes": (array(numbers(*[1] * 99), kind(), b"A"), "not tables of whole"),
    "a command": (
        name("os", "system") + many(text("touch here")) + b"R",
        "it names os.system",
    ),
    "a call of NumPy's": (
        name("numpy", "load") + many(text("here")) + b"R",
        "it names numpy.load",
    ),
    "a deep key": (b"}" + DEEP + b"Ns", "neither a text nor a number"),
    "a wide key": (b"}" + WIDE + b"Ns", "neither a text nor a number"),
    "a wide name": (WIDE + WIDE + b"\x93", "expected str"),
    "a state for a list": (b"]Nb", "__setstate__"),
    "another machine": (b"\x80\2(ios\nsystem\n", "it has the operation INST"),
    "a name that steers a terminal": (name("os", "\x1b[2J"), r"it names os.\\x1b\[2J"),
    "cut off": (b"X\xff\xff\xff\x7fabc", "expected 2147483647 bytes"),
}
HOSTILE = pytest.mark.parametrize("value, reason", ARRAYS.values(), ids=ARRAYS)


@HOSTILE
def test_a_hostile_pickle_of_arrays_is_refused_with_its_reason(value, reason):
    with pytest.raises(Exception, match=reason):
        pickled.arrays(table(data=value))


@HOSTILE
def test_a_hostile_batch_of_cifar_is_one_sentence(samples, tmp_path, value, reason):
    for batch in (*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"):
        content = table(data=value, labels=b"](K\1K\2e")
        (tmp_path / batch).write_bytes(content)
    with pytest.raises(
        UsageError, match=r"`data.path`: data_batch_1 is not a .*CIFAR's"
    ):
        samples("cifar10", path=str(tmp_path))


@pytest.mark.parametrize(
    "labels, reason",
    [
        (b"](K\1]e", "has no pictures or no labels"),
        (WIDE, "has no pictures or no labels"),
        (b"](K\1K\2e", "lacks a label or 3,072 levels for each picture"),
        (b"](K\1\x8a\x051111\1e", "out of bounds for int32"),
    ],
)
def test_labels_that_are_none_are_one_sentence(samples, tmp_path, labels, reason):
    for number in range(1, 6):
        content = table(data=array(numbers(1, 8), kind(), b"A" * 8), labels=labels)
        (tmp_path / f"data_batch_{number}").write_bytes(content)
    with pytest.raises(UsageError, match=reason):
        samples("cifar10", path=str(tmp_path))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_that_this_numpy_pickles_are_read(protocol):
    rows = np.arange(12, dtype=np.uint8).reshape(3, 4)
    table = {b"data": rows, "labels": [0, 300, -1], b"batch_label": b"one of five"}
    table |= {b"columns": np.asfortranarray(rows), b"long": np.arange(3), b"n": [b"x"]}
    found = pickled.arrays(pickle.dumps(table, protocol))
    assert found.keys() == {"data", "labels", "columns", "long"}
    assert np.array_equal(found["data"], rows) and found["data"].dtype == np.uint8
    assert np.array_equal(found["columns"], rows)
    assert found["labels"].tolist() == [0, 300, -1]
    assert found["long"].tolist() == [0, 1, 2]


def test_arrays_that_python_2_pickled_are_read():
    # As in CIFAR's own files.
    content = (
        b"\x80\2}q\1(U\x0bbatch_labelq\2U\x15training batch 1 of 5q\3U\6labelsq\4"
        b"]q\5(K\6K\tK\teU\4dataq\6cnumpy.core.multiarray\n_reconstruct\nq\7cnumpy\n"
        b"ndarray\nq\x08K\0\x85U\1b\x87Rq\t(K\1K\3K\2\x86cnumpy\ndtype\nq\nU\2u1K"
        b"\0K\1\x87Rq\x0b(K\3U\1|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89T\6\0"
        b"\0\0;+2\xff\x80\0tbU\tfilenamesq\x0c]q\r(U\5a.pngU\5b.pngeu."
    )
    found = pickled.arrays(content)
    assert found["labels"].tolist() == [6, 9, 9]
    assert found["data"].tolist() == [[59, 43], [50, 255], [128, 0]]


def test_whatever_byte_is_another_a_pickle_is_read_or_refused():
    rows = np.arange(60, dtype=np.uint8).reshape(-1, 3)
    whole = pickle.dumps({b"data": rows, b"labels": [1, 2, 3]}, 2)
    for place in range(len(whole)):
        for value in (0, 41, 133, 255):
            content = whole[:place] + bytes([value]) + whole[place + 1 :]
            try:
                found = pickled.arrays(content)
            except Exception as error:
                assert str(error)
            else:
                assert all(values.dtype.kind in "iu" for values in found.values())


def test_a_number_for_a_value_costs_no_memory():
    assert pickles.load(io.BytesIO(b"\x80\2}r\xff\xff\xff\xff."), {}) == {}


@pytest.mark.parametrize("value", [DEEP, WIDE], ids=["deep", "wide"])
@pytest.mark.parametrize(
    "content",
    [
        b"\x80\2}%bNs.",
        b"\x80\2ccollections\nOrderedDict\n](%bN\x86e\x85R.",
        b"\x80\2(X\7\0\0\0storagectorch\nFloatStorage\n%bNK\1tQ.",
    ],
    ids=["key", "pairs", "storage"],
)
def test_a_hostile_pytorch_file_is_one_sentence(tmp_path, content, value):
    with zipfile.ZipFile(tmp_path / "evil.pth", "w") as archive:
        archive.writestr("state/data.pkl", content % value)
    with pytest.raises(UsageError, match=r"evil.pth is not a whole file of PyTorch"):
        read_state(tmp_path / "evil.pth")


# Grids of a run.

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n"


def enormous_png() -> bytes:
    """A header that claims 65,536 x 65,536 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 2**16, 2**16, 8, 0, 0, 0, 0)
    whole = encoded(PHOTO[..., 0])
    return whole[:12] + header + struct.pack(">I", zlib.crc32(header)) + whole[33:]


@pytest.mark.parametrize(
    "content, reason",
    [
        (EPS, "it is not a PNG"),
        (encoded(PHOTO, "JPEG"), "it is not a PNG"),
        (b"", "it is not a PNG"),
        (encoded(PHOTO)[:2000], "truncated|cut|broken"),
        (encoded(PHOTO[..., 0] > 9), "its mode is 1"),
        (enormous_png(), "decompression bomb"),
    ],
    ids=["eps", "jpeg", "empty", "cut", "bits", "bomb"],
)
def test_a_grid_is_a_png_or_one_sentence(tmp_path, monkeypatch, content, reason):
    ghostscript = tmp_path / "bin" / "gs"
    ghostscript.parent.mkdir()
    ghostscript.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    ghostscript.chmod(0o755)
    monkeypatch.setenv("PATH", str(ghostscript.parent), prepend=os.pathsep)
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    grid = tmp_path / "000100.png"
    grid.write_bytes(content)
    for read in (
        lambda: pictures.read_png(grid),
        lambda: pictures.write_film(tmp_path / "film.gif", [grid]),
    ):
        with pytest.raises(UsageError, match=rf"000100.png is damaged \(.*({reason})"):
            read()
    assert not (tmp_path / "started").exists()
    assert not (tmp_path / "film.gif").exists()
