"""The one place that knows how to differentiate, to compile and to feed.

Everything above it is written with `keras.ops`. A backend is one module that offers
the names imported here.
"""

import keras

from gan_lab.errors import UsageError

if keras.backend.backend() != "tensorflow":
    raise UsageError(
        "gan_lab trains with the TensorFlow backend of Keras. Received: "
        f"KERAS_BACKEND={keras.backend.backend()}."
    )

from gan_lab.backend.tensorflow import (
    Adam,
    Rounds,
    compile_function,
    configure,
    describe,
    input_gradient,
    is_out_of_memory,
    pullback,
    value_and_gradients,
)

__all__ = [
    "Adam",
    "Rounds",
    "compile_function",
    "configure",
    "describe",
    "input_gradient",
    "is_out_of_memory",
    "pullback",
    "value_and_gradients",
]
