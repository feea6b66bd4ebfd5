"""The devices that a round is spread over, as a mesh.

A step is one program for the whole batch: XLA divides it among the devices, and takes
means, batch statistics and random numbers over all of them.
"""

import contextlib
from collections.abc import Callable

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from gan_lab.errors import UsageError

AXIS = "batch"


class Devices:
    """The devices that hold a copy of every network, and each a share of a batch.

    Args:
        strategy: `none`, or `mirrored`, devices of this machine.
        count: devices of this machine; all its GPUs, or one CPU, where None.

    Attributes:
        count: of them.
        local: the same.
        processes: 1.
        process: 0.

    Raises:
        UsageError: there are not so many devices, or several machines are wanted.
    """

    processes, process = 1, 0

    def __init__(self, strategy: str = "none", count: int | None = None):
        if strategy == "multiworker":
            raise UsageError(
                "`trainer.strategy=multiworker` needs KERAS_BACKEND=tensorflow. "
                "Received: KERAS_BACKEND=jax."
            )
        devices = _devices(count) if strategy == "mirrored" else jax.devices()[:1]
        self.count = self.local = len(devices)
        mesh = Mesh(np.array(devices), (AXIS,))
        self.everywhere = NamedSharding(mesh, PartitionSpec())
        self._by_share = NamedSharding(mesh, PartitionSpec(None, AXIS))

    def scope(self) -> contextlib.AbstractContextManager:
        """A context in which all that is made is on every device, once it is played."""
        return contextlib.nullcontext()

    def copy(self, values: list) -> list:
        """The values, on every device."""
        return jax.device_put(values, self.everywhere)

    def divide(self, real: np.ndarray, updates: int):
        """Images `(updates, batch, ...)`, of each update a share on each device."""
        batches = real.reshape(updates, -1, *real.shape[1:])
        return jax.device_put(batches, self._by_share)

    def gather(self, *numbers: int) -> np.ndarray:
        """The numbers of every process: `(1, len(numbers))`."""
        return np.array([numbers])


def share(draw: Callable, count: int):
    """Random numbers for a batch, which XLA divides."""
    return draw(count)


def count_replicas() -> int:
    """One: a program sees the whole batch."""
    return 1


def mean_over_replicas(tensors):
    """The tensors: they are of the whole batch."""
    return tensors


def take_means(optimizer) -> None:
    """Nothing: the optimiser sees one program for all devices."""


def is_lost_worker(error: BaseException) -> bool:
    """Never: there is one process."""
    return False


def _devices(count: int | None) -> list:
    """So many devices of this machine."""
    if count:
        with contextlib.suppress(RuntimeError):  # it has its devices already
            jax.config.update("jax_num_cpu_devices", count)
    found = jax.devices()
    if count and count > len(found):
        raise UsageError(
            f"`trainer.devices` is {count}, and this process has {len(found)}: a CPU "
            "can only be divided before the first run of a process."
        )
    return found[:count]
