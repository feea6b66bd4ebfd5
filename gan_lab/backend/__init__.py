"""The one place that knows how to differentiate, to compile and to feed.

Everything above it is written with `keras.ops`. A backend is one module that offers
the names below.
"""

import importlib

import keras

from gan_lab.errors import UsageError

BACKENDS = ("tensorflow", "jax")

if keras.backend.backend() not in BACKENDS:
    raise UsageError(
        "gan_lab trains with the TensorFlow or the JAX backend of Keras "
        f"(KERAS_BACKEND={' or '.join(BACKENDS)}). Received: "
        f"KERAS_BACKEND={keras.backend.backend()}."
    )

_room = f"gan_lab.backend.{keras.backend.backend()}"
_chosen = importlib.import_module(f"{_room}.core")
_devices = importlib.import_module(f"{_room}.devices")

Adam = _chosen.Adam
Devices = _devices.Devices
LossScaleOptimizer = _chosen.LossScaleOptimizer
Model = _chosen.Model
Rounds = _chosen.Rounds
breaks_second_derivative = _chosen.breaks_second_derivative
compile_model = _chosen.compile_model
configure = _chosen.configure
count_replicas = _devices.count_replicas
count_threads = _chosen.count_threads
describe = _chosen.describe
hold = _chosen.hold
in_training = _chosen.in_training
input_gradient = _chosen.input_gradient
is_lost_worker = _devices.is_lost_worker
is_out_of_memory = _chosen.is_out_of_memory
mean_over_replicas = _devices.mean_over_replicas
pullback = _chosen.pullback
share = _devices.share
take_means = _devices.take_means
value_and_gradients = _chosen.value_and_gradients
