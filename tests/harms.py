"""What can become of a file, and the runs that it is tried on."""

import shutil
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from omegaconf import OmegaConf

from gan_lab import backend
from gan_lab.training import build


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


class Once:
    """Networks and their compiled step, made once for all runs of a configuration.

    A checkpoint sets all that has a state, and a run without one begins as it did; so
    who goes on a hundred times has to wait for the compilation only once.
    """

    def __init__(self, monkeypatch):
        self._gans, self._rounds = {}, {}
        self._gan_of, self._new_rounds = build.gan_of, backend.Rounds
        monkeypatch.setattr("gan_lab.training.build.gan_of", self.gan_of)
        monkeypatch.setattr("gan_lab.training.attempts.gan_of", self.gan_of)
        monkeypatch.setattr("gan_lab.training.load.gan_of", self.gan_of)
        monkeypatch.setattr(backend, "Rounds", self.rounds)

    def gan_of(self, config, shape, parts=None):
        said = [config[group] for group in ("model", "loss", "optim", "trainer")]
        key = (str(list(map(OmegaConf.to_yaml, said))), config.seed, tuple(shape))
        if key not in self._gans:
            gan = self._gan_of(config, shape, parts)
            first = {k: keras.ops.convert_to_numpy(v) for k, v in gan.state().items()}
            self._gans[key] = gan, first
        gan, first = self._gans[key]
        for name, variable in gan.state().items():
            variable.assign(first[name])
        return gan

    def rounds(self, gan, draw, *rest):
        if id(gan) not in self._rounds:
            fed = {}
            made = self._new_rounds(gan, lambda: fed["draw"](), *rest)
            self._rounds[id(gan)] = made, fed
        made, fed = self._rounds[id(gan)]
        fed["draw"] = draw
        return made
