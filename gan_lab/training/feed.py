"""Rounds, and the images that they are fed with."""

import numpy as np
from omegaconf import DictConfig

from gan_lab import backend
from gan_lab.data.batches import Batches, ReadAhead
from gan_lab.data.samples import Samples
from gan_lab.system.console import Console


def feed(
    gan,
    config: DictConfig,
    samples: Samples,
    devices: backend.Devices,
    console: Console,
    *,
    first: int = 0,
    attempt: int = 0,
) -> tuple[backend.Rounds, ReadAhead]:
    """The rounds of a run, and the thread that reads ahead for them.

    Args:
        gan: compiled.
        config: of the run.
        samples: what it trains on.
        devices: that share a batch.
        console: where it is said that images do not fit into their memory.
        first: the first round.
        attempt: how often the run was rolled back.
    """
    data, updates = config.data, gan.batches
    size = config.trainer.batch_size * updates
    batches = Batches(
        samples,
        size,
        config.seed,
        data.shuffle,
        data.flip,
        attempt,
        updates,
        devices.process,
        devices.processes,
    )
    held = _held(samples, console) if data.device else None
    own = size // devices.processes
    if held is None:
        ahead = ReadAhead(batches, first)
        like = np.empty((own, *samples.shape), samples.images.dtype)
    else:
        ahead = ReadAhead(batches.places, first)
        like = np.empty((own,), np.int32)
    rounds = backend.Rounds(gan, ahead, like, config.trainer.jit, devices, held)
    return rounds, ahead


def _held(samples: Samples, console: Console):
    """All images, in the memory of the device; None where they do not fit."""
    try:
        return backend.hold(samples.images[:])
    except Exception as error:
        if not backend.is_out_of_memory(error):
            raise
        gigabytes = samples.images.dtype.itemsize * np.prod(samples.images.shape) / 1e9
        console.say(
            f"`data.device`: {gigabytes:.1f} GB of images do not fit into the memory "
            "of the device. They stay on the host, and each batch travels."
        )
        return None
