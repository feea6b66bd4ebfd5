"""Parts of every optimiser: a pair for the two networks, rates and limits."""

import enum
from typing import NamedTuple

from gan_lab.errors import UsageError


class Optimizers(NamedTuple):
    """One Keras optimiser for each network."""

    generator: object
    discriminator: object


class Schedule(enum.Enum):
    """The course of a learning rate over the updates of a network.

    With t the updates made, T all of them, and lr the initial rate: `linear` goes in a
    straight line to its end at T, `cosine` along half a cosine, and `inverse_time` is
    lr / (1 + decay t).
    """

    constant = "constant"
    linear = "linear"
    cosine = "cosine"
    inverse_time = "inverse_time"


def pair(kinds, rates, **options) -> Optimizers:
    names = Optimizers._fields
    return Optimizers(
        *[
            kind(learning_rate=rate, name=name, **options)
            for kind, rate, name in zip(kinds, rates, names, strict=True)
        ]
    )


def rates(rounds, critic_steps, lr, discriminator_lr, schedule, decay, lr_end) -> list:
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
    falls = schedule in (Schedule.linear, Schedule.cosine)
    if not 0 <= lr_end < float("inf") or (lr_end and not falls):
        raise UsageError(
            "`optim.lr_end` must be at least 0, and above it needs "
            "`optim.schedule=linear` or `cosine`. "
            f"Received: {lr_end} with {schedule.value}."
        )
    share = lr_end / lr
    return [
        _schedule(schedule, lr, rounds, decay, share),
        _schedule(schedule, discriminator_lr, rounds * critic_steps, decay, share),
    ]


def _schedule(schedule: Schedule, lr: float, updates: int, decay: float, share: float):
    """The course of a rate; `share` is what stays of it at the end."""
    from keras.optimizers import schedules

    if schedule is Schedule.linear:
        return schedules.PolynomialDecay(lr, updates, end_learning_rate=share * lr)
    if schedule is Schedule.cosine:
        return schedules.CosineDecay(lr, updates, alpha=share)
    if schedule is Schedule.inverse_time:
        return schedules.InverseTimeDecay(lr, decay_steps=1, decay_rate=decay)
    return lr


def limits(clipvalue, clipnorm, weight_decay) -> dict:
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


def check_share(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise UsageError(
            f"`optim.{name}` must be at least 0 and below 1. Received: {value}."
        )
