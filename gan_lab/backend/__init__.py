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

_chosen = importlib.import_module(f"gan_lab.backend.{keras.backend.backend()}")

Adam = _chosen.Adam
Model = _chosen.Model
Rounds = _chosen.Rounds
compile_model = _chosen.compile_model
configure = _chosen.configure
describe = _chosen.describe
in_training = _chosen.in_training
input_gradient = _chosen.input_gradient
is_out_of_memory = _chosen.is_out_of_memory
pullback = _chosen.pullback
value_and_gradients = _chosen.value_and_gradients
