"""The deep convolutional GAN, for any square image of a sensible size."""

import enum

from gan_lab.errors import UsageError
from gan_lab.models.networks import Latent, Networks, in_words
from gan_lab.registry import register


class Norm(enum.Enum):
    """The normalisation after a convolution."""

    batch = "batch"
    layer = "layer"
    instance = "instance"
    none = "none"


@register("model")
def dcgan(
    image_shape: tuple[int, int, int],
    /,
    *,
    latent_dim: int = 100,
    latent: Latent = Latent.normal,
    width: int = 32,
    kernel: int = 5,
    norm: Norm = Norm.batch,
    discriminator_norm: Norm = Norm.layer,
) -> Networks:
    """DCGAN: strided convolutions down to 4, 5 or 7 pixels, and up from there.

    The generator projects its latents to the smallest map and doubles it with
    transposed convolutions, each followed by `norm` and ReLU, the last by tanh. The
    discriminator mirrors it with LeakyReLU(0.2) and `discriminator_norm` on all but
    its first convolution. Widths double from `width` at the largest map, up to
    8 `width`.

    Args:
        image_shape: `(size, size, channels)`; size is 4, 5 or 7 times a power of
            two, from 16 to 256; channels is 1 or 3.
        latent_dim: length of a latent.
        latent: `normal`, or `uniform` in [-1, 1).
        width: channels of the largest map.
        kernel: side of every kernel, at least 2.
        norm: of the generator.
        discriminator_norm: of the discriminator. `batch` is the paper's, and rules
            out penalties, which need samples to be judged one by one.

    Reference: Radford et al., 2016, arXiv:1511.06434.

    Differences: there `width` is 128, and images are 64x64.
    """
    from keras import Sequential, layers

    from gan_lab.layers import GroupNorm

    smallest, doublings = _plan(image_shape)
    if min(latent_dim, width) < 1:
        raise UsageError(
            "`model.latent_dim` and `model.width` must be at least 1. "
            f"Received: {latent_dim} and {width}."
        )
    if kernel < 2:
        raise UsageError(f"`model.kernel` must be at least 2. Received: {kernel}.")
    widths = [width * min(2**i, 8) for i in range(doublings)]

    generator = [
        layers.Input((latent_dim,)),
        layers.Dense(smallest**2 * widths[-1], use_bias=False, **_initial()),
        layers.Reshape((smallest, smallest, widths[-1])),
        *_normalise(norm, layers.GroupNormalization),
        layers.ReLU(),
    ]
    for channels in reversed(widths[:-1]):
        generator += [
            _convolution(layers.Conv2DTranspose, channels, kernel, norm),
            *_normalise(norm, layers.GroupNormalization),
            layers.ReLU(),
        ]
    generator += [
        _convolution(layers.Conv2DTranspose, image_shape[-1], kernel, Norm.none),
        layers.Activation("tanh", dtype="float32"),
    ]

    discriminator = [
        layers.Input(image_shape),
        _convolution(layers.Conv2D, widths[0], kernel, Norm.none),
        layers.LeakyReLU(0.2),
    ]
    for channels in widths[1:]:
        discriminator += [
            _convolution(layers.Conv2D, channels, kernel, discriminator_norm),
            *_normalise(discriminator_norm, GroupNorm),
            layers.LeakyReLU(0.2),
        ]
    discriminator += [
        layers.Flatten(),
        layers.Dense(1, dtype="float32", **_initial()),
    ]
    return Networks(
        Sequential(generator, name="generator"),
        Sequential(discriminator, name="discriminator"),
        latent,
    )


def _plan(image_shape) -> tuple[int, int]:
    """The size of the smallest map, and how often it is doubled."""
    height, width, channels = image_shape if len(image_shape) == 3 else (0, 0, 0)
    smallest, doublings = height, 0
    while smallest > 7 and smallest % 2 == 0:
        smallest, doublings = smallest // 2, doublings + 1
    fits = smallest in (4, 5, 7) and 16 <= height <= 256
    if height != width or channels not in (1, 3) or not fits:
        raise UsageError(
            "`model=dcgan` makes square images of 16 to 256 pixels, 4, 5 or 7 times a "
            "power of two, with 1 or 3 channels (see `data.image_size`). "
            f"Received: {in_words(image_shape)}."
        )
    return smallest, doublings


def _convolution(layer, channels: int, kernel: int, norm: Norm):
    bias = norm is Norm.none  # a normalisation brings its own
    return layer(
        channels, kernel, strides=2, padding="same", use_bias=bias, **_initial()
    )


def _normalise(norm: Norm, by_groups: type) -> list:
    from keras import layers

    if norm is Norm.none:
        return []
    if norm is Norm.batch:
        return [layers.BatchNormalization()]
    # One group is layer normalisation, a group a channel is instance normalisation.
    return [by_groups(1 if norm is Norm.layer else -1)]


def _initial() -> dict:
    from keras.initializers import RandomNormal

    # A new one for each layer: an initializer gives the same numbers twice.
    return {"kernel_initializer": RandomNormal(stddev=0.02)}
