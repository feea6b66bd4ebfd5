"""Dense layers only, for vectors and for images of any size."""

import math

from gan_lab.errors import UsageError
from gan_lab.models.networks import Latent, Networks
from gan_lab.registry import register


@register("model")
def mlp(
    shape: tuple[int, ...],
    /,
    *,
    latent_dim: int = 16,
    latent: Latent = Latent.normal,
    width: int = 128,
    depth: int = 3,
) -> Networks:
    """Multilayer perceptrons: `depth` dense layers of `width`, then one more.

    Each but the last is followed by LeakyReLU(0.2). Images are laid flat, and end in
    tanh. Vectors end in nothing: they need not fill [-1, 1] as pixels do, tanh would
    bend the plane they lie in, and its slope would be least at the outermost modes.

    Args:
        shape: `(dimensions,)`, or `(height, width, channels)`.
        latent_dim: length of a latent.
        latent: `normal`, or `uniform` in [-1, 1).
        width: of a hidden layer.
        depth: how many hidden layers each network has, at least 1.

    Reference: Goodfellow et al., 2014, arXiv:1406.2661.

    Differences: there the generator mixes ReLU and sigmoid, and the discriminator has
    maxout and dropout.
    """
    from keras import Sequential, layers

    if min(latent_dim, width, depth) < 1:
        raise UsageError(
            "`model.latent_dim`, `model.width` and `model.depth` must be at least 1. "
            f"Received: {latent_dim}, {width} and {depth}."
        )

    def hidden() -> list:
        pairs = ((layers.Dense(width), layers.LeakyReLU(0.2)) for _ in range(depth))
        return [layer for pair in pairs for layer in pair]

    last = "linear" if len(shape) == 1 else "tanh"
    generator = [
        layers.Input((latent_dim,)),
        *hidden(),
        layers.Dense(math.prod(shape)),
        layers.Reshape(shape),
        layers.Activation(last, dtype="float32"),
    ]
    discriminator = [
        layers.Input(shape),
        layers.Flatten(),
        *hidden(),
        layers.Dense(1, dtype="float32"),
    ]
    return Networks(
        Sequential(generator, name="generator"),
        Sequential(discriminator, name="discriminator"),
        latent,
    )
