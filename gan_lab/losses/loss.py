"""The types of losses and penalties."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Penalty:
    """A term on the gradient of the discriminator with respect to its input.

    Attributes:
        name: as it is registered; it is logged as `penalty/<name>`.
        value: `(critic, real, fake, seed) -> scalar`; `critic` maps float32 images
            in [-1, 1] to logits `(batch, 1)`, `seed` is a `keras.random` seed
            generator.
        slopes: gradients of the discriminator that it takes, each of a whole batch;
            for counting operations.
    """

    name: str
    value: Callable
    slopes: int = 1


@dataclass(frozen=True)
class Loss:
    """The objective of a game, as functions of float32 logits `(batch, 1)`.

    Attributes:
        discriminator: `(real_logits, fake_logits, seed) -> (real_term, fake_term)`,
            two scalars whose sum the discriminator minimises; of a loss that compares,
            one scalar.
        generator: `fake_logits -> scalar`, which the generator minimises; of a loss
            that compares, `(fake_logits, real_logits) -> scalar`.
        penalty: is added to what the discriminator minimises.
        constraint: `weight -> weight`, applied to each of the discriminator's
            trainable weights after each of its updates.
        levels: the least that the discriminator's term on real images can be, that of
            its term on generated ones, and what both come to where it cannot tell them
            apart; of a loss that compares, whose term is one, the second is 0. None
            where there is no least.
        compares: whether it looks at differences of real and fake logits alone. Then
            the generator's update has real images of its own, and the logits have no
            level that means anything.
    """

    discriminator: Callable
    generator: Callable
    penalty: Penalty | None = None
    constraint: Callable | None = None
    levels: tuple[float, float, float] | None = None
    compares: bool = False
