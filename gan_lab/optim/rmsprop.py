"""RMSprop."""

from gan_lab.optim.pair import Optimizers, Schedule, check_share, limits, pair, rates
from gan_lab.registry import register


@register("optim")
def rmsprop(
    rounds: int,
    critic_steps: int,
    /,
    *,
    lr: float = 1e-4,
    discriminator_lr: float | None = None,
    rho: float = 0.9,
    momentum: float = 0.0,
    epsilon: float = 1e-7,
    centered: bool = False,
    clipvalue: float | None = None,
    clipnorm: float | None = None,
    weight_decay: float | None = None,
    schedule: Schedule = Schedule.constant,
    decay: float = 0.0,
    lr_end: float = 0.0,
) -> Optimizers:
    """RMSprop: gradients over the root of the mean of their squares.

    Args:
        rounds: of the run, for the schedule; given by it.
        critic_steps: discriminator updates a round, for its schedule.
        lr: learning rate of the generator.
        discriminator_lr: learning rate of the discriminator; `lr` where not given.
        rho: decay of the mean of squared gradients, in [0, 1).
        momentum: share of the last update that is added, in [0, 1).
        epsilon: added to the denominator.
        centered: whether the mean gradient is taken off before squaring.
        clipvalue: bound of each number of a gradient.
        clipnorm: bound of the norm of each gradient.
        weight_decay: share of a weight that is taken off at each update, times lr.
        schedule: `constant`, `linear`, `cosine` or `inverse_time`.
        decay: of `inverse_time`, an update.
        lr_end: what `lr` comes to by `linear` and `cosine`; the discriminator's rate
            in proportion.

    Reference: Hinton, Neural Networks for Machine Learning, lecture 6, 2012.
    """
    from keras.optimizers import RMSprop

    check_share("rho", rho)
    check_share("momentum", momentum)
    return pair(
        [RMSprop, RMSprop],
        rates(rounds, critic_steps, lr, discriminator_lr, schedule, decay, lr_end),
        rho=rho,
        momentum=momentum,
        epsilon=epsilon,
        centered=centered,
        **limits(clipvalue, clipnorm, weight_decay),
    )
