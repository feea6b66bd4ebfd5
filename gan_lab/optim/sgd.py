"""Stochastic gradient descent."""

from gan_lab.optim.pair import Optimizers, Schedule, check_share, limits, pair, rates
from gan_lab.registry import register


@register("optim")
def sgd(
    rounds: int,
    critic_steps: int,
    /,
    *,
    lr: float = 0.01,
    discriminator_lr: float | None = None,
    momentum: float = 0.0,
    nesterov: bool = False,
    clipvalue: float | None = None,
    clipnorm: float | None = None,
    weight_decay: float | None = None,
    schedule: Schedule = Schedule.constant,
    decay: float = 0.0,
    lr_end: float = 0.0,
) -> Optimizers:
    """Stochastic gradient descent, with momentum where asked for.

    Args:
        rounds: of the run, for the schedule; given by it.
        critic_steps: discriminator updates a round, for its schedule.
        lr: learning rate of the generator.
        discriminator_lr: learning rate of the discriminator; `lr` where not given.
        momentum: share of the last update that is added, in [0, 1).
        nesterov: whether the gradient is taken after the momentum.
        clipvalue: bound of each number of a gradient.
        clipnorm: bound of the norm of each gradient.
        weight_decay: share of a weight that is taken off at each update, times lr.
        schedule: `constant`, `linear`, `cosine` or `inverse_time`.
        decay: of `inverse_time`, an update.
        lr_end: what `lr` comes to by `linear` and `cosine`; the discriminator's rate
            in proportion.
    """
    from keras.optimizers import SGD

    check_share("momentum", momentum)
    return pair(
        [SGD, SGD],
        rates(rounds, critic_steps, lr, discriminator_lr, schedule, decay, lr_end),
        momentum=momentum,
        nesterov=nesterov,
        **limits(clipvalue, clipnorm, weight_decay),
    )
