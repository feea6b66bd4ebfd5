"""The logs of a GAN, which stay on the device until they are read."""

import keras
from keras import ops

from gan_lab import backend
from gan_lab.losses.loss import Loss

OF_LEVELS = ("logits/real", "logits/fake", "accuracy/real", "accuracy/fake")
OF_DIFFERENCES = ("logits/difference", "accuracy/pairs")


class Logs:
    """Means of what rounds log, and the rounds in which that was not finite first.

    Args:
        names: what a round logs.
        first_bad: int32 variable `(names,)` of these rounds, -1 where there is none.

    Attributes:
        means: a Keras metric a name.
    """

    def __init__(self, names: list[str], first_bad: keras.Variable):
        self.means = {name: _Mean(name) for name in names}
        self._first_bad = first_bad

    @property
    def variables(self) -> list[keras.Variable]:
        """The state of the means."""
        return [v for mean in self.means.values() for v in mean.variables]

    def take(self, logs: dict, round) -> dict:
        """Add those of a round; the means with it."""
        values = backend.mean_over_replicas(ops.stack([*map(logs.get, self.means)]))
        for place, mean in enumerate(self.means.values()):
            mean.update_state(values[place])
        bad = ops.logical_not(ops.isfinite(values))
        new = ops.logical_and(bad, self._first_bad < 0)
        self._first_bad.assign(ops.where(new, round.value, self._first_bad.value))
        return {name: mean.result() for name, mean in self.means.items()}

    def read(self) -> dict[str, float]:
        """The means since the last call, which starts new ones."""
        logs = {name: float(mean.result()) for name, mean in self.means.items()}
        for mean in self.means.values():
            mean.reset_state()
        return logs

    def first_non_finite(self) -> tuple[int, str] | None:
        """The round in which something logged was not finite first, and its name."""
        rounds = ops.convert_to_numpy(self._first_bad).tolist()
        found = zip(rounds, self.means, strict=True)
        return min(((round, name) for round, name in found if round >= 0), default=None)


class _Mean(keras.metrics.Mean):
    """A mean that every device keeps alike: what it is given is the same on all."""

    def add_variable(self, shape, initializer, dtype=None, aggregation=None, name=None):
        """Keras' hook, which would make it the sum of what devices keep."""
        return keras.Variable(initializer, shape, dtype, trainable=False, name=name)


def names_of(loss: Loss) -> list[str]:
    """The names that a round logs, in the order of the columns of `metrics.csv`."""
    penalty = [f"penalty/{loss.penalty.name}"] if loss.penalty else []
    others = [f"term/{term.name}" for term in loss.terms]
    watched = OF_DIFFERENCES if loss.compares else OF_LEVELS
    return [
        "loss/discriminator",
        *terms_of(loss),
        *penalty,
        *others,
        "loss/generator",
        *watched,
    ]


def terms_of(loss: Loss) -> list[str]:
    """The names of the terms of the discriminator's loss."""
    names = ("pairs",) if loss.compares else ("real", "fake")
    return [f"loss/discriminator_{name}" for name in names]


def of_logits(real_logits, fake_logits, compares: bool) -> dict:
    """The logs of the logits of an update of the discriminator.

    Args:
        real_logits: float32 `(batch, 1)`.
        fake_logits: the same.
        compares: whether their differences alone mean anything, see `Loss`.
    """
    if compares:
        above = real_logits - fake_logits
        return {
            "logits/difference": ops.mean(above),
            "accuracy/pairs": ops.mean(ops.cast(above > 0, "float32")),
        }
    return {
        "logits/real": ops.mean(real_logits),
        "logits/fake": ops.mean(fake_logits),
        "accuracy/real": ops.mean(ops.cast(real_logits > 0, "float32")),
        "accuracy/fake": ops.mean(ops.cast(fake_logits < 0, "float32")),
    }
