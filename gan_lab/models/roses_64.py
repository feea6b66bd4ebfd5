"""The networks of the recipe roses_64."""

from gan_lab.models.networks import Latent, Networks, require_shape
from gan_lab.registry import register


@register("model")
def roses_64(image_shape: tuple[int, int, int], /) -> Networks:
    """64x64x3 roses from 100 uniform numbers (2017).

    `dcgan` with batch normalisation and the program's own initial weights: normal
    with deviation 0.02, truncated in convolutions, and a bias in every layer.

    Args:
        image_shape: `(64, 64, 3)`.

    Reference: after Radford et al., 2016, arXiv:1511.06434.
    """
    from keras import Sequential, initializers, layers

    require_shape("roses_64", image_shape, (64, 64, 3))

    def dense(units, **options):
        initial = initializers.RandomNormal(stddev=0.02)
        return layers.Dense(units, kernel_initializer=initial, **options)

    def convolution(layer, channels):
        initial = initializers.TruncatedNormal(stddev=0.02)
        return layer(channels, 5, strides=2, padding="same", kernel_initializer=initial)

    generator = [
        layers.Input((100,)),
        dense(4 * 4 * 512),
        layers.Reshape((4, 4, 512)),
        layers.BatchNormalization(),
        layers.ReLU(),
    ]
    for channels in (256, 128, 64):
        generator += [
            convolution(layers.Conv2DTranspose, channels),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]
    generator += [
        convolution(layers.Conv2DTranspose, 3),
        layers.Activation("tanh", dtype="float32"),
    ]

    discriminator = [
        layers.Input(image_shape),
        convolution(layers.Conv2D, 64),
        layers.LeakyReLU(0.2),
    ]
    for channels in (128, 256, 512):
        discriminator += [
            convolution(layers.Conv2D, channels),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.2),
        ]
    discriminator += [layers.Flatten(), dense(1, dtype="float32")]
    return Networks(
        Sequential(generator, name="generator"),
        Sequential(discriminator, name="discriminator"),
        Latent.uniform,
    )
