"""The measurement of one configuration, in a process that does nothing else."""

import itertools
import os
import statistics
import time
from collections.abc import Callable
from operator import truediv
from typing import Any

from omegaconf import DictConfig

from gan_lab import backend, flops
from gan_lab.bench import peaks
from gan_lab.bench.shares import kinds, split
from gan_lab.bench.ticks import ticks
from gan_lab.bench.timed_rounds import TimedRounds
from gan_lab.data import dataset
from gan_lab.data.samples import Samples
from gan_lab.system.console import Console
from gan_lab.training import build
from gan_lab.training.endings import explain
from gan_lab.training.environment import environment
from gan_lab.training.summary import peak_memory

ALONE = 2  # turns before memory is read
TURNS = 3  # at least, of each part
PEAKS = {
    "matrix product": peaks.matrix_product,
    "convolution": peaks.convolution,
}
QUARTILES = ("low", "median", "high")


def measure(config: DictConfig, seconds: float, began: float) -> dict:
    """Train a while as configured, and see what it takes.

    Memory is read before anything is measured that training does not do.

    Args:
        config: checked.
        seconds: how long rounds, their parts and peaks take turns.
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
        devices = build.devices_of(config, Console(quiet=True))
        with devices.scope():
            gan = _timed(marks, "build", lambda: build.gan_of(config, samples.shape))
        _timed(marks, "first picture", lambda: gan.sample(trainer.samples))
        found = _played(gan, config, samples, devices, seconds, marks)
        return found | {"environment": environment(devices), "load": load}
    except Exception as error:
        if explained := explain(error, trainer.batch_size):
            raise explained from error
        raise


def _played(
    gan,
    config: DictConfig,
    samples: Samples,
    devices: backend.Devices,
    seconds: float,
    marks: dict,
) -> dict:
    """Speed, start-up and memory of rounds; then their parts, and the peaks."""
    rounds = TimedRounds(gan, config, samples, devices)
    try:
        marks["first round"] = rounds.first
        taken({"whole": rounds.turn}, 0.0, ALONE)
        memory = peak_memory()
        dtype = config.trainer.precision.value.removeprefix("mixed_")
        peak_turns = {name: peak(dtype) for name, peak in PEAKS.items()}
        with kinds(gan, rounds, config, samples, devices) as variants:
            turns = {name: c.turn for name, c in variants.items()} | peak_turns
            beside = taken(turns, seconds, TURNS)
    finally:
        rounds.close()
    spent = ticks(gan, config, samples)
    parts = split({name: beside[name] for name in variants})
    parts["logging"] += spent.pop("logging")
    return {
        **_speed(gan, config, [took for took, _ in beside["whole"]]),
        "shares": as_shares(parts | spent),
        "peaks": {name: statistics.median(beside[name]) for name in PEAKS},
        "reached": _reached(gan, config, beside),
        "peak_memory_bytes": memory,
        "startup": marks | {"in all": sum(marks.values())},
    }


def _speed(gan, config, turns: list[float]) -> dict:
    """Speeds by the quartiles of the seconds of a round."""
    quartiles, batch = statistics.quantiles(turns, n=4), config.trainer.batch_size
    work, median = flops.of_round(gan, batch), quartiles[1]
    return {
        "round_seconds": dict(zip(QUARTILES, quartiles, strict=True)),
        "rounds_per_second": 1 / median,
        "images_per_second": batch * gan.step.critic_steps / median,
        "flop_per_round": work,
        "flop_per_second": work and work / median,
    }


def _reached(gan, config, turns: dict[str, list]) -> dict[str, float] | None:
    """The share of each peak that rounds reach, the median over neighbouring turns."""
    work = flops.of_round(gan, config.trainer.batch_size)
    rates: Any = [work / seconds for seconds, _ in turns["whole"]] if work else None
    return rates and {
        name: statistics.median(map(truediv, rates, turns[name])) for name in PEAKS
    }


def taken(  # type: ignore[return]  # the count has no end
    turns: dict[str, Callable], seconds: float, least: int
) -> dict[str, list]:
    """The results of turns: all take one in turn, there and back, until time is over.

    Args:
        turns: takes nothing; by name.
        seconds: how long there is time.
        least: how many each has at least.
    """
    found: dict[str, list[Any]] = {name: [] for name in turns}
    began = time.perf_counter()
    for number in itertools.count():
        if number >= least and time.perf_counter() - began >= seconds:
            return found
        for name in list(turns) if number % 2 else reversed(turns):
            found[name].append(turns[name]())


def as_shares(seconds: dict[str, float]) -> dict[str, float]:
    """Parts of their sum; a part that noise makes negative counts as nothing."""
    parts = {name: max(0.0, part) for name, part in seconds.items()}
    return {name: part / sum(parts.values()) for name, part in parts.items()}


def _samples(config: DictConfig) -> Samples:
    return dataset.load(config.data, dataset.find(config.data), Console(quiet=True))


def _timed(marks: dict, name: str, act):
    began = time.perf_counter()
    result = act()
    marks[name] = time.perf_counter() - began
    return result


def _load() -> float | None:
    """Processes that want a core, over the last minute; unknown on Windows."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None
