"""The adversarial losses.

In the formulas r and f are the discriminator's logits on real and on generated
images, s is the sigmoid, and E the mean over a batch.
"""

import math

from gan_lab.errors import UsageError
from gan_lab.losses.loss import Loss, Penalty
from gan_lab.registry import register


@register("loss")
def bce(
    penalty: Penalty | None,
    /,
    *,
    real_target: float = 1.0,
    fake_target: float = 0.0,
    generator_target: float = 1.0,
    label_noise: float = 0.0,
    discriminator_weight: float = 1.0,
) -> Loss:
    """Cross entropy, non-saturating: the generator wants to be taken for real.

        discriminator: w (E[H(t_real, s(r))] + E[H(t_fake, s(f))])
        generator:     E[H(t_generator, s(f))]
        H(t, p) = -t log p - (1 - t) log(1 - p)

    Args:
        penalty: given by the run.
        real_target: label of real images; 0.9 is one-sided smoothing
            (arXiv:1606.03498). Labels are swapped with 0, 1 and 0 for the three.
        fake_target: label of generated images.
        generator_target: the label that the generator wants for its images.
        label_noise: each label of the discriminator is raised by a number drawn
            uniformly from [0, label_noise).
        discriminator_weight: w; 0.5 makes one mean over real and generated images.

    Reference: Goodfellow et al., 2014, arXiv:1406.2661.
    """
    if label_noise < 0:
        raise UsageError(
            f"`loss.label_noise` must be at least 0. Received: {label_noise}."
        )
    from keras import ops, random

    from gan_lab import backend

    def cross_entropy(target, logits):
        return ops.mean(ops.softplus(logits) - target * logits)

    def label(target, logits, seed):
        if not label_noise:
            return target
        return target + backend.share(
            lambda rows: random.uniform((rows, 1), 0.0, label_noise, seed=seed),
            ops.shape(logits)[0],
        )

    def discriminator(real, fake, seed):
        real_term = cross_entropy(label(real_target, real, seed), real)
        fake_term = cross_entropy(label(fake_target, fake, seed), fake)
        return discriminator_weight * real_term, discriminator_weight * fake_term

    return Loss(
        discriminator=discriminator,
        generator=lambda fake: cross_entropy(generator_target, fake),
        penalty=penalty,
        levels=_entropies(
            real_target + label_noise / 2,
            fake_target + label_noise / 2,
            discriminator_weight,
        ),
    )


@register("loss")
def minimax(penalty: Penalty | None, /) -> Loss:
    """The original zero-sum game, whose generator saturates when it loses.

        discriminator: -E[log s(r)] - E[log(1 - s(f))]
        generator:      E[log(1 - s(f))]

    Reference: Goodfellow et al., 2014, arXiv:1406.2661, equation 1.
    """
    from keras import ops

    return Loss(
        discriminator=lambda real, fake, seed: (
            ops.mean(ops.softplus(-real)),
            ops.mean(ops.softplus(fake)),
        ),
        generator=lambda fake: -ops.mean(ops.softplus(fake)),
        penalty=penalty,
        levels=_entropies(1.0, 0.0, 1.0),
    )


@register("loss")
def least_squares(
    penalty: Penalty | None,
    /,
    *,
    real_target: float = 1.0,
    fake_target: float = 0.0,
    generator_target: float = 1.0,
) -> Loss:
    """Squared distance of the logits from their targets (LSGAN).

        discriminator: E[(r - t_real)^2] / 2 + E[(f - t_fake)^2] / 2
        generator:     E[(f - t_generator)^2] / 2

    Args:
        penalty: given by the run.
        real_target: of logits on real images.
        fake_target: of logits on generated images.
        generator_target: what the generator wants for its images.

    Reference: Mao et al., 2017, arXiv:1611.04076, equation 9 for the defaults.
    """
    from keras import ops

    def half_square(logits, target):
        return 0.5 * ops.mean(ops.square(logits - target))

    return Loss(
        discriminator=lambda real, fake, seed: (
            half_square(real, real_target),
            half_square(fake, fake_target),
        ),
        generator=lambda fake: half_square(fake, generator_target),
        penalty=penalty,
        levels=(0.0, 0.0, (real_target - fake_target) ** 2 / 4),
    )


@register("loss")
def hinge(penalty: Penalty | None, /) -> Loss:
    """The discriminator wants a margin, the generator a large logit.

        discriminator: E[max(0, 1 - r)] + E[max(0, 1 + f)]
        generator:     -E[f]

    Reference: Lim and Ye, 2017, arXiv:1705.02894.
    """
    from keras import ops

    return Loss(
        discriminator=lambda real, fake, seed: (
            ops.mean(ops.relu(1.0 - real)),
            ops.mean(ops.relu(1.0 + fake)),
        ),
        generator=lambda fake: -ops.mean(fake),
        penalty=penalty,
        levels=(0.0, 0.0, 2.0),
    )


@register("loss")
def wasserstein(penalty: Penalty | None, /, *, clip: float = 0.01) -> Loss:
    """The Wasserstein distance, by a critic whose weights are clipped.

        discriminator: -E[r] + E[f]; then each weight is clipped to [-clip, clip]
        generator:     -E[f]

    Args:
        penalty: given by the run.
        clip: the bound, above 0.

    Reference: Arjovsky et al., 2017, arXiv:1701.07875, which trains with RMSprop at
    5e-5 and five critic steps.
    """
    from keras import ops

    if clip <= 0:
        raise UsageError(f"`loss.clip` must be above 0. Received: {clip}.")
    return _critic(penalty, constraint=lambda weight: ops.clip(weight, -clip, clip))


@register("loss")
def wgan_gp(penalty: Penalty | None, /) -> Loss:
    """The Wasserstein distance, by a critic held to slope 1 by its penalty.

        discriminator: -E[r] + E[f] + penalty
        generator:     -E[f]

    Reference: Gulrajani et al., 2017, arXiv:1704.00028, which trains with Adam at
    1e-4, betas 0 and 0.9, and five critic steps.
    """
    return _critic(penalty)


def _entropies(real: float, fake: float, weight: float) -> tuple[float, float, float]:
    """The least of both terms of a cross entropy with these mean targets, and chance.

    With a target beyond 0 and 1 a larger logit is always better: there the least is
    taken to be 0, which a discriminator that wins comes to, and passes.
    """
    real, fake = (min(max(target, 0.0), 1.0) for target in (real, fake))

    def entropy(target: float) -> float:
        return sum(-t * math.log(t) for t in (target, 1 - target) if t)

    chance = 2 * entropy((real + fake) / 2)
    return weight * entropy(real), weight * entropy(fake), weight * chance


def _critic(penalty, constraint=None) -> Loss:
    from keras import ops

    return Loss(
        discriminator=lambda real, fake, seed: (-ops.mean(real), ops.mean(fake)),
        generator=lambda fake: -ops.mean(fake),
        penalty=penalty,
        constraint=constraint,
    )
