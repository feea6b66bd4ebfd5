"""The networks of the recipe faces_128."""

from gan_lab.models.networks import Networks, require_shape
from gan_lab.registry import register


@register("model")
def faces_128(image_shape: tuple[int, int, int], /) -> Networks:
    """128x128x3 faces from 32 normal numbers, without normalisation (2020).

    Args:
        image_shape: `(128, 128, 3)`.
    """
    from keras import Sequential, layers

    require_shape("faces_128", image_shape, (128, 128, 3))

    generator = [
        layers.Input((32,)),
        layers.Dense(128 * 16 * 16),
        layers.LeakyReLU(0.3),
        layers.Reshape((16, 16, 128)),
        layers.Conv2D(256, 5, padding="same"),
        layers.LeakyReLU(0.3),
    ]
    for _ in range(3):
        generator += [
            layers.Conv2DTranspose(256, 4, strides=2, padding="same"),
            layers.LeakyReLU(0.3),
        ]
    for _ in range(2):
        generator += [layers.Conv2D(512, 5, padding="same"), layers.LeakyReLU(0.3)]
    generator += [
        layers.Conv2D(3, 7, padding="same"),
        layers.Activation("tanh", dtype="float32"),
    ]

    discriminator = [
        layers.Input(image_shape),
        layers.Conv2D(256, 3),
        layers.LeakyReLU(0.3),
    ]
    for _ in range(4):
        discriminator += [layers.Conv2D(256, 4, strides=2), layers.LeakyReLU(0.3)]
    discriminator += [
        layers.Flatten(),
        layers.Dropout(0.4),
        layers.Dense(1, dtype="float32"),
    ]
    return Networks(
        Sequential(generator, name="generator"),
        Sequential(discriminator, name="discriminator"),
    )
