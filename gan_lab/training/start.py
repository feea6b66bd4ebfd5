"""The start of a run in a process, whether it is new or goes on."""

import contextlib
import json
import zlib
from collections.abc import Iterator

import keras
from omegaconf import DictConfig

from gan_lab import backend
from gan_lab.artifacts import RunFolder
from gan_lab.artifacts.checkpoints import Saved
from gan_lab.config.differences import plain
from gan_lab.config.keys import SOURCE, keys
from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError
from gan_lab.system.console import Console
from gan_lab.training.build import Parts, assemble, devices_of
from gan_lab.training.clock import Clock
from gan_lab.training.endings import explain
from gan_lab.training.environment import environment
from gan_lab.training.judgement import Judgement
from gan_lab.training.rollback import Remedy
from gan_lab.training.run import Run


@contextlib.contextmanager
def process(config: DictConfig, console: Console) -> Iterator[backend.Devices]:
    """Set up the process for training; the devices that share a batch.

    Raises:
        UsageError: they are not there, or the process has computed otherwise already.
    """
    backend.configure(config.trainer.threads, config.trainer.deterministic)
    with computing(config):
        yield devices_of(config, console)


@contextlib.contextmanager
def computing(config: DictConfig) -> Iterator[None]:
    """Compute in the precision of a run, and name what the machine runs out of."""
    trainer, before = config.trainer, keras.config.dtype_policy()
    keras.config.set_dtype_policy(trainer.precision.value)
    try:
        yield
    except Exception as error:
        if explained := explain(error, trainer.batch_size):
            raise explained from error
        raise
    finally:
        keras.config.set_dtype_policy(before)


def begin(
    config: DictConfig,
    console: Console,
    devices: backend.Devices,
    clock: Clock,
    *,
    folder: RunFolder | None = None,
    saved: Saved | None = None,
    until: int | None = None,
) -> tuple[Run, Parts]:
    """A run where it goes on, and its parts: alike in all its processes.

    Args:
        config: checked.
        console: where it is said what takes long.
        devices: that share a batch.
        clock: since this process set out.
        folder: of the run, where it has one.
        saved: the checkpoint that it goes on from, as `Checkpoints.load` returns it.
        until: the round from which on it stops.

    Raises:
        UsageError: a part cannot be built, or processes would not play the same run.
    """
    remedy = Remedy.of(saved)
    parts = assemble(config, console, devices, remedy)
    run = Run(
        folder,
        config,
        parts.gan,
        environment(devices),
        parts.samples.sha256(),
        remedy,
        Judgement(parts.metric),
        clock,
        devices,
        parts.samples.draw,
        until,
    )
    if saved:
        run.restore(*saved[1:])
    _require_same(run)
    return run, parts


def facts_of(run: Run, samples: Samples) -> dict:
    """Facts of a run and its images, for `run.json`."""
    return {
        "config": plain(run.config),
        "environment": run.environment,
        "loss_levels": run.gan.objective.levels,
        "data": run.data,
        "images": samples.count,
        "image_shape": samples.shape,
        "classes": samples.classes_counted(),
        "left_out": samples.left_out,
        "prepared": samples.report and str(samples.report.parent),
    }


@contextlib.contextmanager
def held(folder: RunFolder, *warn) -> Iterator[None]:
    """Hold a run folder, so that nobody else plays in it."""
    folder.lock(*warn)
    try:
        yield
    finally:
        folder.unlock()


def _require_same(run: Run) -> None:
    """Refuse processes that would not play the same run.

    Raises:
        UsageError: they have other settings, images or checkpoints.
    """
    settings = plain(run.config)
    for key in ("runs", *keys(SOURCE)):  # each machine may have them elsewhere
        group, _, name = key.rpartition(".")
        (settings[group] if group else settings).pop(name, None)
    seen = {
        "settings": zlib.crc32(json.dumps(settings).encode()),
        "images": zlib.crc32(run.data.encode()),
        "checkpoints": run.round,
    }
    said = run.devices.gather(*seen.values())
    for name, numbers in zip(seen, said.T, strict=True):
        if len(set(numbers.tolist())) > 1:
            raise UsageError(
                f"The processes of the run have different {name}: give each the same "
                "command, images and run folder."
            )
