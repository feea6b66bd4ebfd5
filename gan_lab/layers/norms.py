"""Normalisation that penalties can be differentiated through."""

import keras
from keras import Layer, ops


@keras.saving.register_keras_serializable("gan_lab")
class GroupNorm(Layer):
    """Group normalisation (Wu and He 2018, arXiv:1803.08494), exact to any derivative.

    One group is layer normalisation, a group for each channel instance normalisation.
    Keras' own layers take moments from TensorFlow, which stops a gradient there that
    is 0 in the first derivative and not in the second: the gradient of a gradient
    penalty would be off.

    Args:
        groups: that the channels are divided into; -1 for one each.
        epsilon: added to the variance.

    Input: `(batch, ..., channels)`; so is the output.
    """

    def __init__(self, groups: int = 1, epsilon: float = 1e-3, **options):
        super().__init__(**options)
        self.groups, self.epsilon = groups, epsilon

    def get_config(self) -> dict:
        """Options it was made with, as a saved network holds them."""
        return super().get_config() | {"groups": self.groups, "epsilon": self.epsilon}

    def build(self, shape) -> None:
        """Make scale and offset, `(channels,)` each."""
        channels = shape[-1]
        self._grouped = channels if self.groups == -1 else self.groups
        self.gamma = self.add_weight((channels,), "ones", name="gamma")
        self.beta = self.add_weight((channels,), "zeros", name="beta")

    def call(self, inputs):
        """Normalise each sample by itself, in float32."""
        apart = (-1, *inputs.shape[1:-1], self._grouped)
        x = ops.reshape(
            ops.cast(inputs, "float32"), (*apart, inputs.shape[-1] // self._grouped)
        )
        axes = [axis for axis in range(1, len(x.shape)) if axis != len(x.shape) - 2]
        centred = x - ops.mean(x, axes, keepdims=True)
        variance = ops.mean(ops.square(centred), axes, keepdims=True)
        x = centred * ops.rsqrt(variance + self.epsilon)
        x = ops.reshape(x, (-1, *inputs.shape[1:]))
        gamma, beta = (ops.cast(w, "float32") for w in (self.gamma, self.beta))
        return ops.cast(x * gamma + beta, inputs.dtype)
