"""The networks of the recipe faces_64."""

from gan_lab.models.networks import Latent, Networks, require_shape
from gan_lab.registry import register


@register("model")
def faces_64(image_shape: tuple[int, int, int], /) -> Networks:
    """64x64x3 faces from 100 uniform numbers (2020).

    The discriminator has two convolutions a block, each with batch normalisation,
    and ends in an average over all positions.

    Args:
        image_shape: `(64, 64, 3)`.

    Differences: the article gives no kernel, width, activation or length of the
    latents; they are 3x3, 64 to 512, LeakyReLU(0.2) against ReLU, and 100 here.
    """
    from keras import Sequential, layers

    require_shape("faces_64", image_shape, (64, 64, 3))
    widths = (64, 128, 256, 512)

    generator = [
        layers.Input((100,)),
        layers.Dense(4 * 4 * widths[-1]),
        layers.Reshape((4, 4, widths[-1])),
    ]
    for channels in reversed(widths):
        generator += [
            layers.Conv2DTranspose(channels, 3, strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]
    generator += [
        layers.Conv2D(3, 3, padding="same"),
        layers.Activation("tanh", dtype="float32"),
    ]

    discriminator = [layers.Input(image_shape)]
    for channels in widths:
        for strides in (1, 2):
            discriminator += [
                layers.Conv2D(channels, 3, strides=strides, padding="same"),
                layers.BatchNormalization(),
                layers.LeakyReLU(0.2),
            ]
    discriminator += [
        layers.GlobalAveragePooling2D(),
        layers.Dense(1, dtype="float32"),
    ]
    return Networks(
        Sequential(generator, name="generator"),
        Sequential(discriminator, name="discriminator"),
        Latent.uniform,
    )
