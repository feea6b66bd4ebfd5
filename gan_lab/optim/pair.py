"""Optimisers: a fresh pair for the two networks, with their schedules."""

import enum
from typing import NamedTuple

from gan_lab.errors import UsageError
from gan_lab.registry import register


class Optimizers(NamedTuple):
    """One Keras optimiser for each network."""

    generator: object
    discriminator: object


class Schedule(enum.Enum):
    """How a learning rate changes over the updates of a network.

    With t the updates made, T all of them, and lr the initial rate: `linear` goes in a
    straight line to 0 at T, `cosine` along half a cosine, and `inverse_time` is
    lr / (1 + decay t).
    """

    constant = "constant"
    linear = "linear"
    cosine = "cosine"
    inverse_time = "inverse_time"


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

    Reference: Kingma and Ba, 2015, arXiv:1412.6980; for `weight_decay` Loshchilov
    and Hutter, 2019, arXiv:1711.05101.
    """
    from gan_lab.backend import Adam

    _check_share("beta_1", beta_1)
    _check_share("beta_2", beta_2)
    return _pair(
        Adam,
        _rates(rounds, critic_steps, lr, discriminator_lr, schedule, decay),
        beta_1=beta_1,
        beta_2=beta_2,
        epsilon=epsilon,
        **_limits(clipvalue, clipnorm, weight_decay),
    )


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

    Reference: Hinton, Neural Networks for Machine Learning, lecture 6, 2012.
    """
    from keras.optimizers import RMSprop

    _check_share("rho", rho)
    _check_share("momentum", momentum)
    return _pair(
        RMSprop,
        _rates(rounds, critic_steps, lr, discriminator_lr, schedule, decay),
        rho=rho,
        momentum=momentum,
        epsilon=epsilon,
        centered=centered,
        **_limits(clipvalue, clipnorm, weight_decay),
    )


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
    """
    from keras.optimizers import SGD

    _check_share("momentum", momentum)
    return _pair(
        SGD,
        _rates(rounds, critic_steps, lr, discriminator_lr, schedule, decay),
        momentum=momentum,
        nesterov=nesterov,
        **_limits(clipvalue, clipnorm, weight_decay),
    )


def _pair(optimizer, rates, **options) -> Optimizers:
    return Optimizers(
        *[
            optimizer(learning_rate=rate, name=name, **options)
            for rate, name in zip(rates, Optimizers._fields, strict=True)
        ]
    )


def _rates(rounds, critic_steps, lr, discriminator_lr, schedule, decay) -> list:
    if discriminator_lr is None:
        discriminator_lr = lr
    for name, value in (("lr", lr), ("discriminator_lr", discriminator_lr)):
        if not 0 < value < float("inf"):
            raise UsageError(f"`optim.{name}` must be above 0. Received: {value}.")
    if decay < 0 or (decay > 0) != (schedule is Schedule.inverse_time):
        raise UsageError(
            "`optim.decay` must be above 0 with `optim.schedule=inverse_time`, and 0 "
            f"with every other. Received: {decay} with {schedule.value}."
        )
    return [
        _schedule(schedule, lr, rounds, decay),
        _schedule(schedule, discriminator_lr, rounds * critic_steps, decay),
    ]


def _schedule(schedule: Schedule, lr: float, updates: int, decay: float):
    from keras.optimizers import schedules

    if schedule is Schedule.linear:
        return schedules.PolynomialDecay(lr, updates, end_learning_rate=0.0)
    if schedule is Schedule.cosine:
        return schedules.CosineDecay(lr, updates)
    if schedule is Schedule.inverse_time:
        return schedules.InverseTimeDecay(lr, decay_steps=1, decay_rate=decay)
    return lr


def _limits(clipvalue, clipnorm, weight_decay) -> dict:
    limits = {
        "clipvalue": clipvalue,
        "clipnorm": clipnorm,
        "weight_decay": weight_decay,
    }
    for name, value in limits.items():
        if value is not None and value <= 0:
            raise UsageError(
                f"`optim.{name}` must be above 0, or null. Received: {value}."
            )
    if clipvalue is not None and clipnorm is not None:
        raise UsageError("`optim.clipvalue` and `optim.clipnorm` exclude each other.")
    return limits


def _check_share(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise UsageError(
            f"`optim.{name}` must be at least 0 and below 1. Received: {value}."
        )
