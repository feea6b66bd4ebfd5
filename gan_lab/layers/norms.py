"""Normalisation that penalties can be differentiated through."""

from keras import Layer, layers, ops

from gan_lab import backend
from gan_lab.errors import UsageError


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


def require_exact(penalty: str, discriminator) -> None:
    """Refuse a discriminator whose slope a penalty could not use.

    Args:
        penalty: its name.
        discriminator: a Keras model.

    Raises:
        UsageError: a layer, however deep in it, mixes the images of a batch, or has a
            gradient that the backend differentiates wrongly.
    """
    for layer in discriminator._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            raise UsageError(
                f"`loss/penalty={penalty}` judges images one by one, and the "
                "discriminator's batch normalisation mixes them. Take a discriminator "
                "without it (model=dcgan has `model.discriminator_norm=layer`), or "
                "`loss/penalty=none`."
            )
        if backend.breaks_second_derivative(layer):
            raise UsageError(
                f"`loss/penalty={penalty}` differentiates a gradient of the "
                f"discriminator, and TensorFlow does that wrongly in its layer "
                f"`{layer.name}` ({type(layer).__name__}). Take {_instead(layer)}, "
                "`loss/penalty=none`, or KERAS_BACKEND=jax."
            )


def _instead(layer) -> str:
    """What does the same and can be differentiated twice."""
    if isinstance(layer, layers.UpSampling2D | layers.Resizing):
        return 'UpSampling2D with interpolation="nearest", or a pooling layer'
    return (
        "gan_lab.layers.norms.GroupNorm (layer normalisation; with groups=-1 instance "
        "normalisation)"
    )
