"""The TensorFlow backend."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from gan_lab.backend.resident import gather
from gan_lab.backend.tensorflow.batch_norm import fused
from gan_lab.backend.tensorflow.devices import Devices
from gan_lab.errors import UsageError
from gan_lab.system import cores


def pullback(function: Callable, sources: list):
    """Run `function` once and keep what its gradients need.

    Args:
        function: takes the tensors among `sources`, reads the variables, and returns
            `(outputs, extra)`: a tuple of tensors to differentiate, and anything else.
        sources: variables or tensors.

    Returns:
        `outputs, extra, pull`. `pull(*cotangents)` takes a tensor for each output,
        or None where it plays no part, and gives the gradients with respect to
        `sources`, in their order.
    """
    sources, inputs = _tensors(sources)
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(sources)
        outputs, extra = function(*inputs)

    def pull(*cotangents):
        pairs = zip(outputs, cotangents, strict=True)
        used = [pair for pair in pairs if pair[1] is not None]
        targets, weights = map(list, zip(*used, strict=True))
        return tape.gradient(targets, sources, output_gradients=weights)

    return outputs, extra, pull


def value_and_gradients(function: Callable, sources: list):
    """`loss, extra, gradients` of a `function` that returns `(loss, extra)`."""
    sources, inputs = _tensors(sources)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(sources)
        loss, extra = function(*inputs)
    return loss, extra, tape.gradient(loss, sources)


def input_gradient(function: Callable, inputs):
    """The gradient of `sum(function(inputs))` with respect to `inputs`.

    It can be differentiated again, with respect to what `function` reads.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(inputs)
        total = tf.reduce_sum(function(inputs))
    return tape.gradient(total, inputs)


def breaks_second_derivative(layer) -> bool:
    """Tell whether the gradient of a Keras layer has a gradient that is wrong.

    `tf.nn.moments` stops one that is 0 in the first derivative and not in the second,
    and TensorFlow has none for that of a bilinear resize.
    """
    known = keras.layers
    if isinstance(layer, known.UpSampling2D | known.Resizing):
        return layer.interpolation == "bilinear"
    return isinstance(layer, known.LayerNormalization | known.GroupNormalization)


class Adam(keras.optimizers.Adam):
    """Keras' Adam, updating each weight in one pass over memory instead of ten."""

    def update_step(self, gradient, variable, learning_rate):
        """The same arithmetic as Keras', by TensorFlow's own kernel."""
        place = self._get_variable_index(variable)
        updates = tf.cast(self.iterations + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=_resource(variable),
            m=_resource(self._momentums[place]),
            v=_resource(self._velocities[place]),
            beta1_power=tf.pow(self.beta_1, updates),
            beta2_power=tf.pow(self.beta_2, updates),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, tf.float32),
        )


LossScaleOptimizer = keras.optimizers.LossScaleOptimizer


def compile_model(model) -> Callable:
    """A Keras model of one float32 input in inference, as one graph for any batch."""

    def draw(inputs):
        return model(inputs, training=False)

    signature = [tf.TensorSpec(model.input_shape, tf.float32)]
    return tf.function(draw, input_signature=signature, autograph=False)


def in_training(model) -> Callable:
    """A Keras model in training, as a function of its inputs."""
    quick = fused(model)
    return lambda inputs: quick(inputs, training=True)


Model = keras.Model


class Rounds:
    """Plays rounds in compiled chunks; between two rounds of a chunk there is nothing.

    Args:
        gan: a compiled `GAN`.
        draw: takes nothing, returns the real batch of the next round.
        like: a batch: every one has its shape and type.
        jit: whether XLA compiles the step.
        devices: that share a batch; one where None.
        held: images of which `draw` returns places, as `hold` has put them there.
    """

    def __init__(
        self,
        gan,
        draw: Callable[[], np.ndarray],
        like: np.ndarray,
        jit: bool,
        devices: Devices | None = None,
        held=None,
    ):
        devices, updates = devices or Devices(), gan.batches
        step = gan.train_step
        if devices.count == 1:  # replicas meet inside a step, in this graph alone
            step = tf.function(step, autograph=False, jit_compile=jit)

        def play_one(index):
            (real,) = tf.numpy_function(draw, [], [like.dtype])
            real = tf.ensure_shape(real, like.shape)
            if held is not None:
                real = gather(held, real)
            done = devices.play(step, real, updates)
            with tf.control_dependencies(done):
                return index + 1

        @tf.function(autograph=False)
        def chunk(count):
            with devices.batch_statistics(gan):
                tf.while_loop(
                    lambda index: index < count,
                    play_one,
                    [tf.constant(0)],
                    parallel_iterations=1,
                )

        devices.spread(gan)
        self._chunk = chunk

    def play(self, count: int) -> None:
        """Play `count` rounds."""
        self._chunk(tf.constant(count))


def hold(images: np.ndarray):
    """All images, in the memory of the device."""
    return tf.convert_to_tensor(images)


def configure(threads: int, deterministic: bool) -> None:
    """Set up the process: once, before anything is computed in it.

    Args:
        threads: threads of an operation; 0 takes one a core.
        deterministic: use deterministic kernels only (slower on a GPU).

    Raises:
        UsageError: the process has computed already, with another thread count.
    """
    if threads and threads != count_threads():
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
        except RuntimeError:
            raise UsageError(
                "`trainer.threads` can only be set before the first run of a process. "
                f"Received: {threads}; the process runs with {count_threads()}."
            ) from None
    for gpu in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:
            break  # the devices are in use: a run before this one has set it
    if deterministic:
        tf.config.experimental.enable_op_determinism()


def describe() -> dict[str, str | int]:
    """Facts that the numbers of a run depend on, beside its configuration and data."""
    gpus = tf.config.list_physical_devices("GPU")[:1]
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    return {
        "backend": "tensorflow",
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
        "device": details[0].get("device_name", "GPU") if details else "CPU",
        "threads": count_threads(),
    }


def count_threads() -> int:
    """The threads that an operation really has."""
    asked = tf.config.threading.get_intra_op_parallelism_threads()
    return asked or cores.threads("TF_NUM_INTRAOP_THREADS")


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that the host or the device has no memory left."""
    if isinstance(error, tf.errors.InternalError):  # of a constant on a GPU
        return "Dst tensor is not initialized" in str(error)
    return isinstance(error, MemoryError | tf.errors.ResourceExhaustedError)


def _resource(variable):
    """The handle of a variable of Keras or TensorFlow."""
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle


def _tensors(sources: list) -> tuple[list, list]:
    """Keras variables as what TensorFlow records; those that are not variables."""
    inputs = [source for source in sources if not hasattr(source, "value")]
    return [getattr(source, "value", source) for source in sources], inputs
