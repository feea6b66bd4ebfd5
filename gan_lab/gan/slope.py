"""A check that a penalty can use the slope of a discriminator."""

from keras import layers

from gan_lab import backend
from gan_lab.errors import UsageError


def require_exact(penalty: str, discriminator) -> None:
    """Refuse a discriminator whose slope a penalty could not use.

    Args:
        penalty: its name.
        discriminator: a Keras model.

    Raises:
        UsageError: a layer, however deep in it, mixes the images of a batch, or has a
            gradient that the backend differentiates wrongly.
    """
    # Private, as `layers` has a model within a model as one layer.
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
    """Name a layer that does the same and can be differentiated twice."""
    if isinstance(layer, layers.UpSampling2D | layers.Resizing):
        return 'UpSampling2D with interpolation="nearest", or a pooling layer'
    return (
        "gan_lab.layers.GroupNorm (layer normalisation; with groups=-1 instance "
        "normalisation)"
    )
