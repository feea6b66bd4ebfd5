"""Penalties on the gradient of the discriminator with respect to its input.

D is the discriminator, |.| the Euclidean norm over all pixels and channels of one
image, E the mean over a batch. Everything is computed in float32.
"""

from gan_lab.errors import UsageError
from gan_lab.losses.loss import Penalty
from gan_lab.registry import register


@register("loss/penalty")
def none() -> None:
    """No penalty."""
    return None


@register("loss/penalty")
def gradient_penalty(*, weight: float = 10.0, target: float = 1.0) -> Penalty:
    """Slope `target` on lines between real and generated images (WGAN-GP).

        weight E[(|grad D(x)| - target)^2],  x = fake + u (real - fake)

    with u drawn uniformly from [0, 1), one for each image.

    Args:
        weight: at least 0.
        target: the wanted slope.

    Reference: Gulrajani et al., 2017, arXiv:1704.00028, equation 3.
    """
    _check_weight(weight)
    from keras import ops

    def value(critic, real, fake, seed):
        mix = _uniform(_one_each(real), seed)
        slopes = _slopes(critic, fake + mix * (real - fake))
        return weight * ops.mean(ops.square(slopes - target))

    return Penalty("gradient_penalty", value)


@register("loss/penalty")
def r1(*, weight: float = 10.0) -> Penalty:
    """No slope on real images.

        weight / 2 E[|grad D(real)|^2]

    Args:
        weight: at least 0; the paper's gamma.

    Reference: Mescheder et al., 2018, arXiv:1801.04406, equation 9.
    """
    _check_weight(weight)
    from keras import ops

    def value(critic, real, fake, seed):
        return 0.5 * weight * ops.mean(_squared_slopes(critic, real))

    return Penalty("r1", value)


@register("loss/penalty")
def r2(*, weight: float = 10.0) -> Penalty:
    """No slope on generated images.

        weight / 2 E[|grad D(fake)|^2]

    Args:
        weight: at least 0; the paper's gamma.

    Reference: Mescheder et al., 2018, arXiv:1801.04406, equation 10.
    """
    _check_weight(weight)
    from keras import ops

    def value(critic, real, fake, seed):
        return 0.5 * weight * ops.mean(_squared_slopes(critic, fake))

    return Penalty("r2", value)


@register("loss/penalty")
def r1_r2(*, weight: float = 10.0) -> Penalty:
    """No slope on real images, nor on generated ones.

        weight / 2 (E[|grad D(real)|^2] + E[|grad D(fake)|^2])

    Args:
        weight: at least 0; the paper's gamma. It depends on the pictures and the
            network (the paper has 0.05 to 150): try 0.1, 1, 10 and 100.

    Reference: Huang et al., 2024, arXiv:2501.05441, which adds it to
    `loss=relativistic`.
    """
    _check_weight(weight)
    from keras import ops

    def value(critic, real, fake, seed):
        of_real = ops.mean(_squared_slopes(critic, real))
        return 0.5 * weight * (of_real + ops.mean(_squared_slopes(critic, fake)))

    return Penalty("r1_r2", value, slopes=2)


@register("loss/penalty")
def dragan(*, weight: float = 10.0, noise: float = 0.5) -> Penalty:
    """Slope 1 in a noisy neighbourhood of real images (DRAGAN).

        weight E[(|grad D(real + u noise std(real) v)| - 1)^2]

    with u drawn uniformly from [0, 1), one for each image, v uniformly from [0, 1),
    one for each pixel, and std(real) the deviation of the whole batch.

    Args:
        weight: at least 0.
        noise: size of the neighbourhood, in deviations.

    Reference: Kodali et al., 2017, arXiv:1705.07215, and its authors' program, which
    draws the noise uniformly.
    """
    _check_weight(weight)
    from keras import ops

    def value(critic, real, fake, seed):
        amount = _uniform(_one_each(real), seed)
        pixels = _uniform(ops.shape(real), seed)
        slopes = _slopes(critic, real + amount * noise * _deviation(real) * pixels)
        return weight * ops.mean(ops.square(slopes - 1.0))

    return Penalty("dragan", value)


def _squared_slopes(critic, images):
    from keras import ops

    from gan_lab import backend

    gradient = ops.cast(backend.input_gradient(critic, images), "float32")
    return ops.sum(ops.square(gradient), axis=tuple(range(1, len(images.shape))))


def _slopes(critic, images):
    from keras import ops

    # The square root has an infinite slope at 0.
    return ops.sqrt(_squared_slopes(critic, images) + 1e-12)


def _uniform(shape: tuple, seed):
    """Numbers of [0, 1), the rows of this replica."""
    from keras import random

    from gan_lab import backend

    return backend.share(
        lambda rows: random.uniform((rows, *shape[1:]), seed=seed), shape[0]
    )


def _deviation(images):
    """The standard deviation of all pixels of the whole batch."""
    from keras import ops

    from gan_lab import backend

    mean = backend.mean_over_replicas(ops.mean(images))
    squares = ops.mean(ops.square(images - mean))
    return ops.sqrt(backend.mean_over_replicas(squares))


def _one_each(images) -> tuple:
    from keras import ops

    return (ops.shape(images)[0], *[1] * (len(images.shape) - 1))


def _check_weight(weight: float) -> None:
    if weight < 0:
        raise UsageError(
            f"`loss.penalty.weight` must be at least 0. Received: {weight}."
        )
