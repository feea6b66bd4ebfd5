"""The JAX backend."""

import os
from collections.abc import Callable

import jax
import keras
import numpy as np
from jax import numpy as jnp

from gan_lab.backend.jax.devices import Devices
from gan_lab.backend.resident import gather
from gan_lab.errors import UsageError
from gan_lab.system import cores

THREADS = ("PJRT_NPROC", "NPROC")  # read by XLA when it makes its pool of threads
DETERMINISTIC = "--xla_gpu_deterministic_ops=true"

Adam = keras.optimizers.Adam


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
    assigned = {}

    def pure(values):
        pairs = list(zip(sources, values, strict=True))
        known = [pair for pair in pairs if _is_variable(pair[0])]
        with _Scope(known) as scope:
            outputs, extra = function(*[v for s, v in pairs if not _is_variable(s)])
        assigned.update(scope.assigned)
        return outputs, (extra, [scope.get_current_value(v) for v in assigned.values()])

    values = [s.value if _is_variable(s) else jnp.asarray(s) for s in sources]
    outputs, transposed, (extra, new) = jax.vjp(pure, values, has_aux=True)
    _assign(assigned.values(), new)

    def pull(*cotangents):
        pairs = zip(outputs, cotangents, strict=True)
        (gradients,) = transposed(
            tuple(jnp.zeros_like(o) if c is None else c for o, c in pairs)
        )
        return gradients

    return outputs, extra, pull


def value_and_gradients(function: Callable, sources: list):
    """`loss, extra, gradients` of a `function` that returns `(loss, extra)`."""

    def alone(*inputs):
        loss, extra = function(*inputs)
        return (loss,), extra

    (loss,), extra, pull = pullback(alone, sources)
    return loss, extra, pull(jnp.ones_like(loss))


def input_gradient(function: Callable, inputs):
    """The gradient of `sum(function(inputs))` with respect to `inputs`.

    It can be differentiated again, with respect to what `function` reads.
    """
    _, _, (gradient,) = value_and_gradients(
        lambda inputs: (jnp.sum(function(inputs)), None), [inputs]
    )
    return gradient


def breaks_second_derivative(layer) -> bool:
    """Tell whether the gradient of a Keras layer has a gradient that is wrong."""
    return False


class LossScaleOptimizer(keras.optimizers.LossScaleOptimizer):
    """Keras', for a compiled step: both of its branches are computed, one is kept."""

    def apply(self, grads, trainable_variables=None):
        """Update with unscaled gradients, unless one of them is not finite."""
        weights = trainable_variables or self._trainable_variables
        changed = [*weights, *self.inner_optimizer.variables]
        before, scale = [v.value for v in changed], self.dynamic_scale.value
        finite = self.check_finite(grads)
        self.inner_optimizer.apply([g / scale for g in grads], weights)
        for variable, old in zip(changed, before, strict=True):
            variable.assign(jnp.where(finite, variable.value, old))
        grown = finite & (self.step_counter.value >= self.dynamic_growth_steps - 1)
        counted = self.step_counter.value + 1
        self.step_counter.assign(jnp.where(finite & ~grown, counted, 0))
        factor = jnp.where(finite, jnp.where(grown, 2.0, 1.0), 0.5)
        self.dynamic_scale.assign(scale * factor)


def compile_model(model) -> Callable:
    """A Keras model in inference, compiled for each batch size that it is given."""
    variables = model.variables
    draw = _compile(lambda inputs: model(inputs, training=False), variables)

    def call(inputs):
        _, outputs = draw([v.value for v in variables], jnp.asarray(inputs))
        return outputs

    return call


def in_training(model) -> Callable:
    """A Keras model in training, as a function of its inputs."""
    return lambda inputs: model(inputs, training=True)


class Model(keras.Model):
    """A Keras model whose `fit` plays `train_step(data)`, as it does on TensorFlow."""

    train_function: Callable | None

    def make_train_function(self, force: bool = False) -> None:
        """Keras' hook: `(state, iterator) -> (logs, state)`."""
        if self.train_function is None or force:
            step = self.train_step
            if not self.run_eagerly:
                step = _Step(self, step, Devices())
            self.train_function = self._make_function(
                lambda state, data: (step(data), state)
            )

    def _get_jax_state(self, optimizer_variables: bool = False, **kinds):
        # Keras asks for these in `fit` alone; there the variables keep their values.
        if optimizer_variables:
            return [], [], [], []
        return super()._get_jax_state(**kinds)


class Rounds:
    """Plays rounds, each a call of one compiled step; the host sees no value of them.

    Args:
        gan: a compiled `GAN`.
        draw: takes nothing, returns the real batch of the next round.
        like: a batch: every one has its shape and type.
        jit: plays no part: XLA always compiles the step.
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
        devices = devices or Devices()
        everywhere = [] if held is None else devices.copy([held])

        def step(batches, *held):
            real = jnp.reshape(batches, like.shape)
            return gan.train_step(gather(held[0], real) if held else real)

        def drawn():
            return devices.divide(draw(), gan.batches), *everywhere

        self._draw = drawn
        self._step = _Step(gan, step, devices)

    def play(self, count: int) -> None:
        """Play `count` rounds."""
        self._step.repeat(self._draw, count)


class _Step:
    """A step of a GAN as a compiled function of the values of its variables."""

    def __init__(self, gan, step: Callable, devices: Devices):
        optimizers = gan.generator_optimizer, gan.discriminator_optimizer
        slots = [v for optimizer in optimizers for v in optimizer.variables]
        self._variables = [*gan.variables, *gan.metrics_variables, *slots]
        self._devices = devices
        self._run = _compile(
            step, self._variables, donate_argnums=0, out_shardings=devices.everywhere
        )

    def __call__(self, data):
        """Play a round; its logs."""
        return self.repeat(lambda: (jax.device_put(data),), 1)

    def repeat(self, draw: Callable, count: int):
        """Play rounds on the inputs that `draw` returns; the logs of the last."""
        values, logs = [v.value for v in self._variables], None
        try:
            values = self._devices.copy(values)
            for _ in range(count):
                values, logs = self._run(values, *draw())
            jax.block_until_ready(values)
        finally:
            _assign(self._variables, [v.addressable_data(0) for v in values])
        return logs


class _Scope(keras.StatelessScope):
    """Holds what is assigned in it; what it does not hold is read from around it."""

    def __init__(self, state_mapping):
        super().__init__(state_mapping)
        self.assigned = {}  # by id: variables compare by value

    def add_update(self, update):
        super().add_update(update)
        self.assigned[id(update[0])] = update[0]

    def get_current_value(self, variable):
        value = super().get_current_value(variable)
        if value is None and self.original_scope:
            return self.original_scope.get_current_value(variable)
        return value


def _compile(function: Callable, variables: list, **options) -> Callable:
    """`(values of variables, *inputs) -> (their new values, what function returned)`.

    With `donate_argnums=0` the new values take the memory of the old ones.
    """
    known = {id(variable) for variable in variables}

    def pure(values, *inputs):
        with _Scope(list(zip(variables, values, strict=True))) as scope:
            returned = function(*inputs)
        for place, variable in scope.assigned.items():
            if place not in known:
                raise ValueError(
                    f"{variable.path} is assigned, but is not part of the GAN."
                )
        return [scope.get_current_value(v) for v in variables], returned

    return jax.jit(pure, **options)


def hold(images: np.ndarray):
    """All images, in the memory of the device."""
    return jax.device_put(images)


def configure(threads: int, deterministic: bool) -> None:
    """Set up the process: once, before anything is computed in it.

    Args:
        threads: threads of an operation; 0 takes one a core.
        deterministic: use deterministic kernels only (slower on a GPU).

    Raises:
        UsageError: the process has computed already, with other settings.
    """
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    flags, late = os.environ.get("XLA_FLAGS", ""), _has_computed()
    if threads and threads != count_threads():
        if late:
            raise UsageError(
                "`trainer.threads` can only be set before the first run of a process. "
                f"Received: {threads}; the process runs with {count_threads()}."
            )
        os.environ[THREADS[0]] = str(threads)
    if deterministic and DETERMINISTIC not in flags:
        if late and jax.default_backend() == "gpu":
            raise UsageError(
                "`trainer.deterministic` can only be set before the first run of a "
                "process."
            )
        os.environ["XLA_FLAGS"] = f"{flags} {DETERMINISTIC}".strip()


def describe() -> dict[str, str | int]:
    """Facts that the numbers of a run depend on, beside its configuration and data."""
    kind = jax.devices()[0].device_kind
    return {
        "backend": "jax",
        "jax": jax.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
        "device": kind if jax.default_backend() == "gpu" else "CPU",
        "threads": count_threads(),
    }


def count_threads() -> int:
    """The threads that an operation really has."""
    return cores.threads(*THREADS)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that the host or the device has no memory left."""
    refused = isinstance(error, jax.errors.JaxRuntimeError)
    return isinstance(error, MemoryError) or (
        refused and "RESOURCE_EXHAUSTED" in str(error)
    )


def _has_computed() -> bool:
    """Tell whether JAX has its devices, after which it reads no setting of them."""
    # JAX's types know none of its options.
    devices = jax.config.jax_num_cpu_devices  # type: ignore[attr-defined]
    try:
        jax.config.update("jax_num_cpu_devices", devices + 2)
    except RuntimeError:
        return True
    jax.config.update("jax_num_cpu_devices", devices)
    return False


def _assign(variables, values) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _is_variable(source) -> bool:
    return isinstance(source, keras.Variable)
