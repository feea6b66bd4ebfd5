"""Networks and their compiled step, made once for all runs of a configuration."""

import hashlib

import keras
from omegaconf import OmegaConf

from gan_lab import backend
from gan_lab.training import build

GROUPS = ("model", "loss", "optim", "trainer")
PLACES = ("build", "attempts", "load")  # which make a GAN, by that name


class Compiled:
    """GANs and their compiled rounds, by configuration.

    A checkpoint sets all that has a state, and a run without one begins as a new GAN
    would; so who trains a hundred small runs waits for one compilation only. For tests
    of what stands around the rounds, and not of the rounds themselves.
    """

    def __init__(self):
        self._gans, self._rounds = {}, {}
        self._gan_of, self._new_rounds = build.gan_of, backend.Rounds

    def take_part(self, monkeypatch) -> None:
        """Have every run trained with what is here."""
        for place in PLACES:
            monkeypatch.setattr(f"gan_lab.training.{place}.gan_of", self.gan_of)
        monkeypatch.setattr(backend, "Rounds", self.rounds)

    def gan_of(self, config, shape, parts=None):
        """The GAN of a configuration, as it is before its first round."""
        chosen = [OmegaConf.to_yaml(config[group]) for group in GROUPS]
        key = (str(chosen), config.seed, tuple(shape))
        if key not in self._gans:
            gan = self._gan_of(config, shape, parts)
            first = {k: keras.ops.convert_to_numpy(v) for k, v in gan.state().items()}
            self._gans[key] = gan, first
        gan, first = self._gans[key]
        for name, variable in gan.state().items():
            variable.assign(first[name])
        return gan

    def rounds(self, gan, draw, like, jit, devices=None, held=None):
        """The compiled rounds of a GAN, fed from somewhere else."""
        key = (id(gan), like.shape, str(like.dtype), jit, _digest(held))
        if key not in self._rounds:
            fed = {}
            made = self._new_rounds(
                gan, lambda: fed["draw"](), like, jit, devices, held
            )
            self._rounds[key] = made, fed
        made, fed = self._rounds[key]
        fed["draw"] = draw
        return made


def _digest(held) -> str:
    """What images the compiled rounds hold."""
    if held is None:
        return ""
    return hashlib.sha256(keras.ops.convert_to_numpy(held).tobytes()).hexdigest()
