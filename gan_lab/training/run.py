"""A run: a GAN, its configuration, its folder, and how far it is."""

import math
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import numpy as np
from keras import ops
from omegaconf import DictConfig

from gan_lab import backend, flops, pictures
from gan_lab.artifacts import RunFolder
from gan_lab.config.config import plain
from gan_lab.errors import NonFiniteError, UsageError
from gan_lab.evaluation.catalogue import higher_is_better, is_steady
from gan_lab.gan.model import GAN
from gan_lab.gan.state import reseed
from gan_lab.system import files
from gan_lab.trainers.shared import OnCollapse
from gan_lab.training.rollback import Remedy


@dataclass
class Run:
    """A run, as `train`, `resume` and `load_run` return it.

    Attributes:
        folder: where everything is written; of a process that is not the chief, none.
        config: the whole configuration.
        gan: the networks, at `round`.
        environment: what the numbers depend on beside configuration and data.
        data: hash of the images.
        remedy: what rollbacks have changed.
        metric: the score by which it is judged, where one is measured.
        round: rounds played.
        seconds: that they took, over all processes.
        best: best value of each loss and score at a tick, and its round.
        worse: measurements in a row that were far from the best score.
        signal: the signal that stopped the run, or None.
        grid: the last grid, uint8 `(height, width, channels)`.
        draws_again: whether the grid of `round` was lost, and is drawn once more.
        draw: such a grid, or what stands for it, of an array of samples.
        until: the round from which on it stops at a tick; its last one where None.
        began: when this process set out for it, by `time.perf_counter`.
        started: seconds from then until a round was played, or None.
        devices: that share a batch.
    """

    folder: RunFolder | None
    config: DictConfig
    gan: GAN
    environment: dict
    data: str
    remedy: Remedy = field(default_factory=Remedy)
    metric: str | None = None
    round: int = 0
    seconds: float = 0.0
    best: dict[str, dict] = field(default_factory=dict)
    worse: int = 0
    signal: int | None = None
    grid: np.ndarray | None = None
    draws_again: bool = False
    draw: Callable[[np.ndarray], np.ndarray] = pictures.grid
    until: int | None = None
    began: float = field(default_factory=time.perf_counter)
    started: float | None = None
    devices: backend.Devices = field(default_factory=backend.Devices)

    @property
    def goal(self) -> int:
        """The round at which it stops; what depends on `trainer.steps` does not."""
        trainer = self.config.trainer
        if self.until is None:
            return trainer.steps
        ticks = math.ceil(self.until / trainer.tick_steps)
        return min(ticks * trainer.tick_steps, trainer.steps)

    def note_start(self) -> None:
        """A round was played; the first one of a process includes its compilation."""
        if self.started is None:
            self.started = time.perf_counter() - self.began

    def note_best(self, row: dict[str, float]) -> None:
        """Keep the lowest losses and the best scores."""
        for name, value in row.items():
            room, _, score = name.partition("/")
            if room not in ("loss", "score") or not np.isfinite(value):
                continue
            up = room == "score" and higher_is_better(score)
            known = self.best.get(name)
            if not known or (value > known["value"] if up else value < known["value"]):
                self.best[name] = {"value": value, "round": row["round"]}

    @property
    def best_round(self) -> int | None:
        """The round at which the score was best, where one is measured."""
        return self.best.get(f"score/{self.metric}", {}).get("round")

    def is_far_from_best(self, value: float, times: float) -> bool:
        """Tell whether the score is more than so many times worse than at its best.

        Never of a score around 0, where chance alone would do that.
        """
        if f"score/{self.metric}" not in self.best or not is_steady(self.metric):
            return False
        if not np.isfinite(value):
            return True
        best = self.best[f"score/{self.metric}"]["value"]
        if higher_is_better(self.metric):
            return value * times < best
        return value > best * times

    @property
    def may_roll_back(self) -> bool:
        """Tell whether a collapse now leads back to the best checkpoint."""
        trainer = self.config.trainer
        return (
            trainer.on_collapse is OnCollapse.rollback
            and self.remedy.attempt < trainer.attempts
            and self.best_round in self.folder.checkpoints.rounds()
        )

    @property
    def log_names(self) -> list[str]:
        """The names that rounds log, now or after a rollback."""
        names, trainer = self.gan.log_names, self.config.trainer
        given = self.config.loss.penalty.name != "none"
        if given or trainer.on_collapse.value != "rollback":
            return names
        more = [f"penalty/{trainer.remedy_penalty}"]
        return [n for n in names if n not in more] + more[: more != ["penalty/none"]]

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
            "worse": self.worse,
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

    def restore(self, state: dict, meta: dict) -> None:
        """Set everything to what a checkpoint holds.

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
        self.round, self.seconds = meta["round"], meta["seconds"]
        self.best, self.worse = meta["best"], meta.get("worse", 0)
        self.metric = meta.get("metric")

    def begin_again(self, state: dict, skipped: dict[str, int]) -> None:
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

    def summary(self) -> dict:
        """Last and best values, speed, arithmetic and memory."""
        rows = self.folder.rows()
        name = "speed/images_per_second"
        speeds = sorted(row[name] for row in rows if name in row)
        speed = speeds[len(speeds) // 2] if speeds else None
        batch = self.config.trainer.batch_size
        work = flops.of_round(self.gan, batch)
        rounds = speed / (batch * self.gan.step.critic_steps) if speed else None
        return {
            "round": self.round,
            "seconds": self.seconds,
            "startup_seconds": self.started,
            "images_per_second": speed,
            "gflop_per_round": work and work / 1e9,
            "gflop_per_second": work and rounds and work * rounds / 1e9,
            "peak_memory_bytes": peak_memory(),
            "skipped_updates": self.gan.skipped_updates(),
            "last": rows[-1] if rows else {},
            "best": self.best,
        }


def peak_memory() -> int | None:
    """The most memory that this process ever had; unknown on Windows."""
    try:
        import resource
    except ModuleNotFoundError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
