"""The networks of the recipe digits_28."""

from gan_lab.models.networks import Networks, require_shape
from gan_lab.registry import register


@register("model")
def digits_28(image_shape: tuple[int, int, int], /) -> Networks:
    """28x28x1 digits from 100 normal numbers (TensorFlow's DCGAN tutorial, 2021).

    Args:
        image_shape: `(28, 28, 1)`.

    Reference: architecture after Radford et al., 2016, arXiv:1511.06434; dropout in
    place of the discriminator's batch normalisation.
    """
    from keras import Sequential, layers

    require_shape("digits_28", image_shape, (28, 28, 1))

    def up(channels, strides):
        return layers.Conv2DTranspose(
            channels, 5, strides=strides, padding="same", use_bias=False
        )

    generator = [
        layers.Input((100,)),
        layers.Dense(7 * 7 * 256, use_bias=False),
        layers.BatchNormalization(),
        layers.LeakyReLU(0.3),
        layers.Reshape((7, 7, 256)),
        up(128, strides=1),
        layers.BatchNormalization(),
        layers.LeakyReLU(0.3),
        up(64, strides=2),
        layers.BatchNormalization(),
        layers.LeakyReLU(0.3),
        up(1, strides=2),
        layers.Activation("tanh", dtype="float32"),
    ]
    discriminator = [
        layers.Input(image_shape),
        layers.Conv2D(64, 5, strides=2, padding="same"),
        layers.LeakyReLU(0.3),
        layers.Dropout(0.3),
        layers.Conv2D(128, 5, strides=2, padding="same"),
        layers.LeakyReLU(0.3),
        layers.Dropout(0.3),
        layers.Flatten(),
        layers.Dense(1, dtype="float32"),
    ]
    return Networks(
        Sequential(generator, name="generator"),
        Sequential(discriminator, name="discriminator"),
    )
