"""The networks of the recipe faces_28."""

from gan_lab.models.networks import Latent, Networks, require_shape
from gan_lab.registry import register


@register("model")
def faces_28(image_shape: tuple[int, int, int], /) -> Networks:
    """28x28x3 faces from 100 uniform numbers (2018).

    One convolution fewer than the paper, for speed.

    Args:
        image_shape: `(28, 28, 3)`.

    Reference: after Radford et al., 2016, arXiv:1511.06434.
    """
    from keras import Sequential, layers

    require_shape("faces_28", image_shape, (28, 28, 3))

    def up(channels, padding="same"):
        return layers.Conv2DTranspose(channels, 5, strides=2, padding=padding)

    generator = [
        layers.Input((100,)),
        layers.Dense(2 * 2 * 512),
        layers.Reshape((2, 2, 512)),
        layers.BatchNormalization(),
        layers.LeakyReLU(0.2),
        up(256, padding="valid"),  # 7x7
        layers.BatchNormalization(),
        layers.LeakyReLU(0.2),
        up(128),
        layers.BatchNormalization(),
        layers.LeakyReLU(0.2),
        up(3),
        layers.Activation("tanh", dtype="float32"),
    ]
    discriminator = [
        layers.Input(image_shape),
        layers.Conv2D(64, 5, strides=2, padding="same"),
        layers.LeakyReLU(0.2),
        layers.Conv2D(128, 5, strides=2, padding="same"),
        layers.BatchNormalization(),
        layers.LeakyReLU(0.2),
        layers.Conv2D(256, 5, padding="same"),
        layers.BatchNormalization(),
        layers.LeakyReLU(0.2),
        layers.Flatten(),
        layers.Dense(1, dtype="float32"),
    ]
    return Networks(
        Sequential(generator, name="generator"),
        Sequential(discriminator, name="discriminator"),
        Latent.uniform,
    )
