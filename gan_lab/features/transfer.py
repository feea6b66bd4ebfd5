"""The weights of a PyTorch network, brought to Keras layers that have its names."""

import numpy as np

from gan_lab.errors import UsageError

# Class of a layer -> for each of its weights, its name in PyTorch and the order of its
# axes there: Keras has the channels last.
_WEIGHTS = {
    "Conv2D": (("weight", (2, 3, 1, 0)), ("bias", (0,))),
    "DepthwiseConv2D": (("weight", (2, 3, 0, 1)), ("bias", (0,))),
    "Dense": (("weight", (1, 0)), ("bias", (0,))),
    "BatchNormalization": tuple(
        (name, (0,)) for name in ("weight", "bias", "running_mean", "running_var")
    ),
}


def fill(network, state: dict[str, np.ndarray], source: str) -> None:
    """Give each layer of a Keras network the tensors `<name of the layer>.<...>`.

    Args:
        network: a built `keras.Model`; a layer may have no bias.
        state: tensors by name; those that no layer asks for are left.
        source: what the sentence of an error calls it.

    Raises:
        UsageError: a tensor is missing, or has another shape.
    """
    for layer in network.layers:
        if layer.weights:
            names = _WEIGHTS[type(layer).__name__]
            pairs = zip(layer.weights, names, strict=False)
            layer.set_weights(
                [
                    _weight(state, f"{layer.name}.{name}", axes, tuple(w.shape), source)
                    for w, (name, axes) in pairs
                ]
            )


def _weight(state, name, axes, shape, source):
    if name not in state:
        raise UsageError(f"{source} has no tensor {name}.")
    if state[name].ndim != len(axes) or state[name].transpose(axes).shape != shape:
        raise UsageError(
            f"{source}: the tensor {name} must have the shape "
            f"{tuple(shape[axes.index(i)] for i in range(len(axes)))}. "
            f"Received: {state[name].shape}."
        )
    return state[name].transpose(axes)
