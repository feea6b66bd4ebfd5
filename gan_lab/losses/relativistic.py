"""Relativistic losses: how much more real than another image does an image look?

In the formulas r and f are the discriminator's logits on real and on generated
images, s is the sigmoid, and E the mean over a batch. Only differences of logits
count, so the logits have no level: both may drift without harm.
"""

import math

from gan_lab.losses.loss import Loss, Penalty
from gan_lab.registry import register


@register("loss")
def relativistic(penalty: Penalty | None, /) -> Loss:
    """Pairs of a real and a generated image, by their places in the batch (RpGAN).

        discriminator: -E[log s(r - f)]
        generator:     -E[log s(f - r)], on real images of its own

    Alone it does not converge; with `loss/penalty=r1_r2` it is the objective of R3GAN.

    Reference: Jolicoeur-Martineau, 2018, arXiv:1807.00734, section 3.4; Huang et al.,
    2024, arXiv:2501.05441, for the generator's form, which does not saturate.
    """
    from keras import ops

    return Loss(
        discriminator=lambda real, fake, seed: ops.mean(ops.softplus(fake - real)),
        generator=lambda fake, real: ops.mean(ops.softplus(real - fake)),
        penalty=penalty,
        levels=(0.0, 0.0, math.log(2.0)),
        compares=True,
    )


@register("loss")
def relativistic_average(penalty: Penalty | None, /) -> Loss:
    """Each image against the mean of the others of its batch (RaSGAN).

        discriminator: -E[log s(r - E[f])] - E[log s(E[r] - f)]
        generator:     -E[log s(f - E[r])] - E[log s(E[f] - r)], on real images of its
                       own

    Reference: Jolicoeur-Martineau, 2018, arXiv:1807.00734, section 4.1.
    """
    from keras import ops

    from gan_lab import backend

    def compare(better, worse):
        """Little where the first have larger logits than the second, on average."""
        means = backend.mean_over_replicas([ops.mean(better), ops.mean(worse)])
        above = ops.mean(ops.softplus(means[1] - better))
        return above + ops.mean(ops.softplus(worse - means[0]))

    return Loss(
        discriminator=lambda real, fake, seed: compare(real, fake),
        generator=lambda fake, real: compare(fake, real),
        penalty=penalty,
        levels=(0.0, 0.0, 2 * math.log(2.0)),
        compares=True,
    )
