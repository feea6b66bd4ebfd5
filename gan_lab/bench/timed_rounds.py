"""Rounds of a GAN against the clock."""

import time

from omegaconf import DictConfig

from gan_lab import backend
from gan_lab.data.samples import Samples
from gan_lab.system.console import Console
from gan_lab.training.feed import feed

CHUNK_SECONDS = 0.15


class TimedRounds:
    """Plays rounds as training does: compiled chunks, and a thread that reads ahead.

    Args:
        gan: a compiled `GAN`, or what has its `train_step`.
        config: of the run.
        samples: what it trains on.
        devices: that share a batch; one where None.

    Attributes:
        first: seconds of the first round, which includes its compilation.
        chunk: rounds that take some `CHUNK_SECONDS`.
    """

    def __init__(
        self,
        gan,
        config: DictConfig,
        samples: Samples,
        devices: backend.Devices | None = None,
    ):
        devices = devices or backend.Devices()
        self._rounds, self._ahead = feed(
            gan, config, samples, devices, Console(quiet=True)
        )
        self.chunk = 1
        self.first = self.turn()[0]
        self.chunk = max(1, round(CHUNK_SECONDS / self.turn()[0]))

    def turn(self) -> tuple[float, float]:
        """Seconds a round of a chunk, and those of it spent waiting for images."""
        waited, began = self._ahead.waited, time.perf_counter()
        self._rounds.play(self.chunk)
        took = time.perf_counter() - began
        return took / self.chunk, (self._ahead.waited - waited) / self.chunk

    def close(self) -> None:
        """Read no further."""
        self._ahead.close()
