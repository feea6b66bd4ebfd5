"""The devices that a round is spread over, by `tf.distribute`."""

import contextlib
import functools
import signal
import threading
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf

from gan_lab.backend.tensorflow.cluster import machines
from gan_lab.backend.tensorflow.meeting import meet
from gan_lab.errors import UsageError

STREAM = 0x9E3779B1  # between the seeds of two replicas
STATISTICS = keras.layers.BatchNormalization


class Devices:
    """The devices that hold a copy of every network, and each a share of a batch.

    Args:
        strategy: `none`; `mirrored`, devices of this machine; or `multiworker`, those
            of several, which `TF_CONFIG` or Slurm names.
        count: devices of this machine; all its GPUs, or one CPU, where None.

    Attributes:
        count: on all machines together.
        local: on this machine.
        processes: machines.
        process: this one's number; 0 is the chief, which alone writes.

    Raises:
        UsageError: there are not so many devices, or no machines are named.
    """

    def __init__(self, strategy: str = "none", count: int | None = None):
        self._strategy = STRATEGIES[strategy](count)
        self.count = self._strategy.num_replicas_in_sync
        self.processes, self.process = 1, 0
        if strategy == "multiworker":
            known = machines()
            self.processes, self.process = len(known.addresses), known.own
        self.local = self.count // self.processes

    def scope(self) -> contextlib.AbstractContextManager:
        """A context in which all that is made is on every device."""
        return self._strategy.scope()

    def play(self, step: Callable, real, updates: int) -> list:
        """Run `step` on each device, with its share of the batch of each update.

        Args:
            step: takes real images.
            real: `(updates * batch, ...)`, of all devices of this machine.
            updates: that they are for, in turn.

        Returns:
            What has to be waited for.
        """
        if self.count == 1:
            return tf.nest.flatten(step(real))
        batches = tf.reshape(real, (updates, self.local, -1, *real.shape[1:]))

        def on_one(batches):
            context = tf.distribute.get_replica_context()
            share = batches[:, context.replica_id_in_sync_group % self.local]
            return step(tf.reshape(share, (-1, *real.shape[1:])))

        logs = self._strategy.run(on_one, args=(batches,))
        return tf.nest.flatten(self._strategy.experimental_local_results(logs))

    def spread(self, gan) -> None:
        """Let each replica draw dropout of its own, beside that of the first."""
        for state in gan.dropout_states():
            copies = self._strategy.experimental_local_results(state.value)
            key, drawn = copies[0].numpy().tolist()
            for replica, copy in enumerate(copies, self.process * self.local):
                if replica:
                    copy.assign([(key + replica * STREAM) % 2**32, drawn])

    @contextlib.contextmanager
    def batch_statistics(self, gan) -> Iterator[None]:
        """While it is entered, batch normalisation takes those of the whole batch."""
        networks = (gan.generator, gan.discriminator) if self.count > 1 else ()
        layers = [x for network in networks for x in network._flatten_layers()]
        alone = [x for x in layers if isinstance(x, STATISTICS) and not x.synchronized]
        for layer in alone:
            layer.synchronized = True
        try:
            yield
        finally:
            for layer in alone:
                layer.synchronized = False  # what is exported loads anywhere

    def gather(self, *numbers: int) -> np.ndarray:
        """The numbers of every process, in all of them: `(processes, len(numbers))`."""
        said = np.zeros((self.processes, len(numbers)), np.int64)
        said[self.process] = numbers
        if self.processes == 1:
            return said
        return self._sum(tf.constant(said)).numpy() // self.local

    @tf.function(autograph=False, reduce_retracing=True)
    def _sum(self, numbers):
        def on_one(numbers):
            here = tf.identity(numbers)  # an argument is on no device
            context = tf.distribute.get_replica_context()
            return context.all_reduce(tf.distribute.ReduceOp.SUM, here)

        sums = self._strategy.run(on_one, args=(numbers,))
        return self._strategy.experimental_local_results(sums)[0]


def share(draw: Callable, count: int):
    """This replica's part of what is drawn for a whole batch.

    Args:
        draw: from a number of samples to a tensor with as many rows.
        count: samples of this replica.
    """
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas == 1 or tf.distribute.in_cross_replica_context():
        return draw(count)
    first = tf.distribute.get_replica_context().replica_id_in_sync_group * count
    whole = draw(count * replicas)
    return tf.ensure_shape(whole[first : first + count], (count, *whole.shape[1:]))


def count_replicas() -> int:
    """The replicas that a batch is divided among."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def mean_over_replicas(tensors):
    """The mean of each tensor over all replicas; None stays None."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return tensors
    flat = tf.nest.flatten(tensors)
    there = [tensor for tensor in flat if tensor is not None]
    means = iter(context.all_reduce(tf.distribute.ReduceOp.MEAN, there))
    flat = [None if tensor is None else next(means) for tensor in flat]
    return tf.nest.pack_sequence_as(tensors, flat)


def take_means(optimizer) -> None:
    """Let a Keras optimiser take gradients that are means over replicas already.

    It would clip each replica's own, and add them up afterwards.

    Raises:
        UsageError: it cannot be spread over several devices.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    several = tf.distribute.get_strategy().num_replicas_in_sync > 1
    if several and (inner.use_ema or inner.gradient_accumulation_steps):
        raise UsageError(
            "`trainer.strategy`: Keras spreads no optimiser over several devices that "
            "has `use_ema` or `gradient_accumulation_steps`."
        )
    inner._all_reduce_sum_gradients = list


def is_lost_worker(error: BaseException) -> bool:
    """Tell whether an error says that another process of the run has ended."""
    return isinstance(error, tf.errors.UnavailableError | tf.errors.AbortedError)


def _none(count: int | None):
    return tf.distribute.get_strategy()


def _mirrored(count: int | None):
    kind, sums = ("GPU" if _gpus(count) else "CPU"), None
    if kind == "CPU":
        _divide_cpu(count or 1)
        # In one memory a plain sum is faster than the messages of collectives.
        sums = tf.distribute.ReductionToOneDevice()
    names = [d.name for d in tf.config.list_logical_devices(kind)]
    return tf.distribute.MirroredStrategy(names[:count], cross_device_ops=sums)


def _multiworker(count: int | None):
    if not _gpus(count) and count and count > 1:
        raise UsageError(
            "`trainer.devices` must be 1 with `trainer.strategy=multiworker` where "
            f"there is no GPU. Received: {count}."
        )
    if count and (gpus := tf.config.list_physical_devices("GPU")):
        tf.config.set_visible_devices(gpus[:count], "GPU")
    return _connected()


@functools.cache
def _connected():
    """The one strategy of a process: its server can be started only once."""
    known = machines()
    meet(known)
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(known.addresses)}),
        task_type="worker",
        task_id=known.own,
        rpc_layer="grpc",
    )
    before = signal.getsignal(signal.SIGTERM)
    strategy = tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, before)  # TensorFlow takes and drops it
    return strategy


STRATEGIES = {"none": _none, "mirrored": _mirrored, "multiworker": _multiworker}


def _gpus(count: int | None) -> int:
    """The number of GPUs."""
    found = len(tf.config.list_physical_devices("GPU"))
    if found and count and count > found:
        raise UsageError(
            f"`trainer.devices` is {count}, and this machine has {found} GPUs."
        )
    return found


def _divide_cpu(count: int) -> None:
    """Make the CPU as good as so many devices."""
    (cpu,) = tf.config.list_physical_devices("CPU")
    parts = [tf.config.LogicalDeviceConfiguration() for _ in range(count)]
    try:
        tf.config.set_logical_device_configuration(cpu, parts)
    except RuntimeError:
        there = len(tf.config.list_logical_devices("CPU"))
        if there < count:
            raise UsageError(
                "`trainer.devices` can only be set before the first run of a process. "
                f"Received: {count}; the process runs with {there}."
            ) from None
