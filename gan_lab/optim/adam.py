"""Adam."""

from gan_lab.optim.pair import Optimizers, Schedule, check_share, limits, pair, rates
from gan_lab.registry import register


@register("optim")
def adam(
    rounds: int,
    critic_steps: int,
    /,
    *,
    lr: float = 2e-4,
    discriminator_lr: float | None = None,
    beta_1: float = 0.5,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    clipvalue: float | None = None,
    clipnorm: float | None = None,
    weight_decay: float | None = None,
    schedule: Schedule = Schedule.constant,
    decay: float = 0.0,
    lr_end: float = 0.0,
    beta_2_end: float | None = None,
) -> Optimizers:
    """Adam. `beta_1` is 0.5, as GANs are trained since DCGAN (arXiv:1511.06434).

    Args:
        rounds: of the run, for the schedule; given by it.
        critic_steps: discriminator updates a round, for its schedule.
        lr: learning rate of the generator.
        discriminator_lr: learning rate of the discriminator; `lr` where not given.
        beta_1: decay of the mean of gradients, in [0, 1).
        beta_2: decay of the mean of squared gradients, in [0, 1).
        epsilon: added to the denominator.
        clipvalue: bound of each number of a gradient.
        clipnorm: bound of the norm of each gradient.
        weight_decay: share of a weight that is taken off at each update, times lr.
        schedule: `constant`, `linear`, `cosine` or `inverse_time`.
        decay: of `inverse_time`, an update.
        lr_end: what `lr` comes to by `linear` and `cosine`; the discriminator's rate
            in proportion.
        beta_2_end: what `beta_2` comes to, along half a cosine; null keeps it.

    A moving `beta_2` is that of the update in both, the mean and its correction.

    Reference: Kingma and Ba, 2015, arXiv:1412.6980; for `weight_decay` Loshchilov
    and Hutter, 2019, arXiv:1711.05101; for `beta_2_end` Huang et al., 2024,
    arXiv:2501.05441.
    """
    from gan_lab.backend import Adam

    check_share("beta_1", beta_1)
    check_share("beta_2", beta_2)
    kinds = [Adam, Adam]
    if beta_2_end is not None:
        from gan_lab.optim.moving import moving

        check_share("beta_2_end", beta_2_end)
        updates = rounds, rounds * critic_steps
        kinds = [moving(Adam, beta_2, beta_2_end, count) for count in updates]
    return pair(
        kinds,
        rates(rounds, critic_steps, lr, discriminator_lr, schedule, decay, lr_end),
        beta_1=beta_1,
        beta_2=beta_2,
        epsilon=epsilon,
        **limits(clipvalue, clipnorm, weight_decay),
    )
