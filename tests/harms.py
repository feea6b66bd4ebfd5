"""What can become of a file."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _folder(path: Path) -> None:
    _remove(path)
    path.mkdir()
    (path / "inside").write_text("something")


def _file(path: Path) -> None:
    _remove(path)
    path.write_text("something")


def _rewrite(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(change(path.read_bytes())) and None


def _flip(content: bytes) -> bytes:
    middle = len(content) // 2
    flipped = bytes([b ^ 1 for b in content[middle : middle + 1]])
    return content[:middle] + flipped + content[middle + 1 :]


HARMS = {
    "missing": _remove,
    "empty": _rewrite(lambda content: b""),
    "cut": _rewrite(lambda content: content[: len(content) // 2]),
    "flipped": _rewrite(_flip),
    "random": _rewrite(lambda c: np.random.default_rng(0).bytes(max(len(c), 99))),
    "zeros": _rewrite(lambda content: content + bytes(64)),
    "folder": _folder,
    "latin": _rewrite(lambda c: c[: len(c) // 2] + b"\xff\xe9" + c[len(c) // 2 :]),
}
OF_FOLDERS = {"missing": _remove, "file": _file}
