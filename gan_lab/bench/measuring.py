"""The measurement of one configuration, in a process that does nothing else."""

import os
import statistics
import time

from omegaconf import DictConfig

from gan_lab import arithmetic, backend, dataset, training
from gan_lab.bench import peaks
from gan_lab.bench.course import Course
from gan_lab.bench.shares import shares
from gan_lab.bench.ticks import ticks
from gan_lab.console import Console
from gan_lab.data.samples import Samples
from gan_lab.environment import environment
from gan_lab.run import peak_memory

CHUNKS = 4  # at least, so that there are quartiles
QUARTILES = ("low", "median", "high")


def measure(config: DictConfig, seconds: float, began: float) -> dict:
    """Train a while as configured, and see what it takes.

    Memory is read before anything is measured that training does not do.

    Args:
        config: checked.
        seconds: how long rounds are played, and as long again their parts.
        began: when the process was, by `time.perf_counter`.

    Returns:
        What JSON can hold; times in seconds.

    Raises:
        GanLabError: the data is not there, or the machine has no memory left.
    """
    import keras

    load, trainer = _load(), config.trainer
    try:
        backend.configure(trainer.threads, trainer.deterministic)
        keras.config.set_dtype_policy(trainer.precision.value)
        marks = {"import": time.perf_counter() - began}
        samples = _timed(marks, "data", lambda: _samples(config))
        gan = _timed(marks, "build", lambda: training.build_gan(config, samples.shape))
        _timed(marks, "first picture", lambda: gan.sample(trainer.samples))
        return {
            **_played(gan, config, samples, seconds, marks),
            "peaks": _peaks(trainer.precision.value),
            "environment": environment(),
            "load": load,
        }
    except Exception as error:
        if explained := training.explain(error, trainer.batch_size):
            raise explained from error
        raise


def _played(gan, config, samples: Samples, seconds: float, marks: dict) -> dict:
    """Speed, start-up, memory and shares, from rounds."""
    course = Course(gan, config, samples)
    try:
        marks["first round"] = course.first
        round_seconds = _round_seconds(course, seconds)
        memory = peak_memory()
        parts = shares(gan, course, config, samples, seconds)
    finally:
        course.close()
    spent = ticks(gan, config, samples)
    spent["logging"] += parts.pop("logging")
    middle, batch = round_seconds[1], config.trainer.batch_size
    work = arithmetic.of_round(gan, batch)
    return {
        "round_seconds": dict(zip(QUARTILES, round_seconds, strict=True)),
        "rounds_per_second": 1 / middle,
        "images_per_second": batch * gan.step.critic_steps / middle,
        "flop_per_round": work,
        "flop_per_second": work and work / middle,
        "shares": as_shares(parts | spent),
        "peak_memory_bytes": memory,
        "startup": marks | {"in all": sum(marks.values())},
    }


def as_shares(seconds: dict[str, float]) -> dict[str, float]:
    """Parts of their sum; a part that noise makes negative counts as nothing."""
    parts = {name: max(0.0, part) for name, part in seconds.items()}
    return {name: part / sum(parts.values()) for name, part in parts.items()}


def _samples(config: DictConfig) -> Samples:
    return dataset.load(config.data, dataset.find(config.data), Console(quiet=True))


def _round_seconds(course: Course, seconds: float) -> list[float]:
    """Quartiles of the time of a round, over chunks."""
    turns, began = [], time.perf_counter()
    while len(turns) < CHUNKS or time.perf_counter() - began < seconds:
        turns.append(course.turn()[0])
    return statistics.quantiles(turns, n=4)


def _peaks(precision: str) -> dict[str, float]:
    dtype = precision.removeprefix("mixed_")
    return {
        "matrix product": peaks.matrix_product(dtype),
        "convolution": peaks.convolution(dtype),
    }


def _timed(marks: dict, name: str, act):
    began = time.perf_counter()
    result = act()
    marks[name] = time.perf_counter() - began
    return result


def _load() -> float | None:
    """Processes that want a core, over the last minute; unknown on Windows."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None
