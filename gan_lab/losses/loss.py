"""The types of losses and penalties."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple


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


class Update(NamedTuple):
    """An update of the discriminator, as its terms see it.

    Attributes:
        critic: maps float32 images in [-1, 1] to logits `(batch, 1)`.
        real: the real images.
        fake: the generated ones, through which no gradient goes.
        real_logits: float32 `(batch, 1)`.
        fake_logits: the same.
        round: int32 scalar, counted from 1.
        seed: a `keras.random` seed generator.
    """

    critic: Callable[[Any], Any]
    real: Any
    fake: Any
    real_logits: Any
    fake_logits: Any
    round: Any
    seed: Any


@dataclass(frozen=True)
class Term:
    """A term of what the discriminator minimises, beside its loss and its penalty.

    Attributes:
        name: as it is registered; it is logged as `term/<name>`.
        value: from an `Update` to a scalar, with its weight.
        variables: Keras variables that the next round depends on.
        passes: passes of the discriminator that it takes, each of a whole batch; for
            counting operations.
        by_level: whether it goes by the level of logits, which a loss that compares
            does not have.
    """

    name: str
    value: Callable[[Update], Any]
    variables: tuple[Any, ...] = ()
    passes: int = 0
    by_level: bool = False


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
        terms: the same, any number of them.
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
    terms: tuple[Term, ...] = ()
