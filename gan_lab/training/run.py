"""A run: a GAN, its configuration, its folder, and how far it is."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from keras import ops
from omegaconf import DictConfig

from gan_lab import backend, pictures
from gan_lab.artifacts import RunFolder
from gan_lab.artifacts.checkpoints import Meta, State
from gan_lab.config.differences import plain
from gan_lab.errors import NonFiniteError, UsageError
from gan_lab.gan.model import GAN
from gan_lab.gan.state import reseed
from gan_lab.system import files
from gan_lab.trainers.shared import OnCollapse
from gan_lab.training.clock import Clock
from gan_lab.training.judgement import Judgement
from gan_lab.training.rollback import Remedy
from gan_lab.training.summary import summary_of


@dataclass
class Run:
    """A run, as `train`, `resume` and `load_run` return it.

    Args:
        folder: where everything is written; of a process that is not the chief, none.
        config: the whole configuration.
        gan: the networks, at `round`.
        environment: what the numbers depend on beside configuration and data.
        data: hash of the images.
        remedy: what rollbacks have changed.
        judgement: its best values, and the score by which it is judged.
        clock: its time, and that of this process.
        devices: that share a batch.
        draw: a grid, or what stands for it, of an array of samples.
        until: the round from which on it stops at a tick; its last one where None.

    Attributes:
        round: rounds played.
        grid: the last grid, uint8 `(height, width, channels)`.
        signal: the signal that stopped it, or None.
    """

    # `Any` for the None of those processes alone: all others need not ask.
    folder: RunFolder | Any
    config: DictConfig
    gan: GAN
    environment: dict
    data: str
    remedy: Remedy = field(default_factory=Remedy)
    judgement: Judgement = field(default_factory=Judgement)
    clock: Clock = field(default_factory=Clock)
    devices: backend.Devices = field(default_factory=backend.Devices)
    draw: Callable[[np.ndarray], np.ndarray] = pictures.grid
    until: int | None = None

    round: int = 0
    grid: np.ndarray | None = None
    signal: int | None = None

    @property
    def seconds(self) -> float:
        """The seconds that its rounds took, over all processes."""
        return self.clock.seconds

    @property
    def metric(self) -> str | None:
        """The score by which it is judged, where one is measured."""
        return self.judgement.metric

    @property
    def best(self) -> dict[str, dict]:
        """The best value of each loss and score at a tick, and its round."""
        return self.judgement.best

    @property
    def best_round(self) -> int | None:
        """The round at which the score was best, where one is measured."""
        return self.judgement.best_round

    @property
    def exit_code(self) -> int:
        """0, or 128 and the signal that stopped it."""
        return 128 + self.signal if self.signal else 0

    @property
    def goal(self) -> int:
        """The round at which it stops; what depends on `trainer.steps` does not."""
        trainer = self.config.trainer
        if self.until is None:
            return trainer.steps
        ticks = math.ceil(self.until / trainer.tick_steps)
        return min(ticks * trainer.tick_steps, trainer.steps)

    @property
    def way_back(self) -> int | None:
        """The round of the best checkpoint, where a collapse now leads back to it."""
        trainer, best = self.config.trainer, self.best_round
        leads = (
            trainer.on_collapse is OnCollapse.rollback
            and self.remedy.attempt < trainer.attempts
            and best in self.folder.checkpoints.rounds()
        )
        return best if leads else None

    @property
    def log_names(self) -> list[str]:
        """The names that rounds log, now or after a rollback."""
        names, trainer = self.gan.log_names, self.config.trainer
        given = self.config.loss.penalty.name != "none"
        if given or trainer.on_collapse is not OnCollapse.rollback:
            return names
        more = [f"penalty/{trainer.remedy_penalty}"]
        return [n for n in names if n not in more] + more[: more != ["penalty/none"]]

    def advance(self, count: int) -> None:
        """Count rounds that were played."""
        self.round += count
        self.clock.look()

    def summary(self) -> dict:
        """Last and best values, speed, arithmetic and memory."""
        return summary_of(self)

    def save(self, stopgap: bool = False) -> None:
        """Write a checkpoint, then the generator as `.keras`.

        Args:
            stopgap: whether it would not be there, had the run not been stopped.

        Raises:
            NonFiniteError: a weight is not finite; nothing is written.
        """
        variables = self.gan.state()
        state = {k: ops.convert_to_numpy(v) for k, v in variables.items()}
        for key, values in state.items():
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                raise NonFiniteError(
                    f"{key.partition('/')[0]} {variables[key].path} is not finite "
                    f"after round {self.round}."
                )
        meta = {
            "round": self.round,
            "seconds": self.seconds,
            "best": self.best,
            "metric": self.metric,
            "best_round": self.best_round,
            "worse": self.judgement.worse,
            "remedy": asdict(self.remedy),
            "skipped_updates": self.gan.skipped_updates(),
            "config": plain(self.config),
            "environment": self.environment,
            "data": self.data,
            "image_shape": self.gan.discriminator.input_shape[1:],
        }
        files.sync(self.folder.metrics)
        keep, best = self.config.trainer.keep, self.best_round
        self.folder.checkpoints.save(self.round, state, meta, keep, best, stopgap)
        self.folder.write_network("generator", self.gan.generator)
        if self.gan.ema_generator:
            self.folder.write_network("generator_ema", self.gan.ema_generator)

    def restore(self, state: State, meta: Meta) -> None:
        """Set everything that rounds have changed to what a checkpoint holds.

        Raises:
            UsageError: it holds other variables than this GAN has.
        """
        variables = self.gan.state()
        if set(state) != set(variables) or any(
            state[name].shape != tuple(variable.shape)
            for name, variable in variables.items()
        ):
            raise UsageError(
                f"The checkpoint of round {meta['round']} in {self.folder.path} does "
                "not fit the networks of its configuration."
            )
        for name, variable in variables.items():
            variable.assign(state[name])
        if "skipped_updates" in meta:  # older ones did not count
            self.gan.skipped.count_from(meta["skipped_updates"])
        self.round, self.clock.seconds = meta["round"], meta["seconds"]
        self.judgement.best = meta["best"]
        self.judgement.worse = meta.get("worse", 0)

    def begin_again(self, state: State, skipped: dict[str, int]) -> None:
        """Take weights and optimisers from a checkpoint; the round stays.

        Every random generator gets a state that depends on seed and attempt.

        Args:
            state: of the checkpoint.
            skipped: updates so far, by network.
        """
        for name, variable in self.gan.state().items():
            if name.partition("/")[0] not in ("run", "means"):
                variable.assign(state[name])
        self.gan.rounds.assign(self.round)
        self.gan.skipped.count_from(skipped)
        reseed(self.gan, self.config.seed, self.remedy.attempt)
