"""The state of a GAN: what the next round depends on, and what a checkpoint holds."""

from collections.abc import Iterable

import keras
import numpy as np
from keras import ops

SEED_STATE = "seed_generator_state"  # as Keras names that of any random generator


def variables_of(gan) -> dict[str, keras.Variable]:
    """Every variable that the next round depends on, by role and place.

    Not by its path, which counts the layers that a process has made.
    """
    roles = {
        "generator": gan.generator.variables,
        "discriminator": gan.discriminator.variables,
        "generator_ema": gan.ema_generator.variables if gan.ema_generator else [],
        "generator_optimizer": _slots(gan.generator_optimizer),
        "discriminator_optimizer": _slots(gan.discriminator_optimizer),
        "run": [gan.rounds, gan.seed_generator.state, gan.first_bad],
        "means": gan.logs.variables,
        "augment": gan.augment_variables,
        "terms": gan.term_variables,
    }
    return {
        f"{role}/{place:03d}": variable
        for role, variables in roles.items()
        for place, variable in enumerate(variables)
    }


def random_states(variables: Iterable[keras.Variable]) -> list[keras.Variable]:
    """Those of random generators."""
    return [v for v in variables if v.name == SEED_STATE]


def reseed(gan, *entropy: int) -> None:
    """Give every random generator a new state, of these numbers alone."""
    for place, state in enumerate(random_states(variables_of(gan).values())):
        new = np.random.SeedSequence([*entropy, place]).generate_state(2)
        state.assign(new.astype(state.dtype))


class SkippedUpdates:
    """The updates that gradients beyond float16 cost, by network.

    Args:
        gan: compiled before any of them is counted.
    """

    def __init__(self, gan):
        self._gan = gan
        self._excused = {}  # updates that are missing and were not skipped

    def count(self) -> dict[str, int]:
        """Those so far; in other precisions an empty dictionary."""
        missing = self._missing()
        return {k: count - self._excused.get(k, 0) for k, count in missing.items()}

    def count_from(self, known: dict[str, int]) -> None:
        """Count on from here, where rounds and optimisers do not say it.

        A rollback takes optimisers back and not the rounds, and a resume may change
        the critic steps.

        Args:
            known: updates skipped so far, by network.
        """
        missing = self._missing()
        self._excused = {k: count - known[k] for k, count in missing.items()}

    def _missing(self) -> dict[str, int]:
        """Updates that the rounds ask for and the optimisers have not made."""
        gan = self._gan
        rounds = int(ops.convert_to_numpy(gan.rounds))
        optimizers = {
            "generator": (gan.generator_optimizer, 1),
            "discriminator": (gan.discriminator_optimizer, gan.step.critic_steps),
        }
        return {
            k: rounds * steps - int(ops.convert_to_numpy(optimizer.iterations))
            for k, (optimizer, steps) in optimizers.items()
            if isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        }


def _slots(optimizer) -> list[keras.Variable]:
    """An optimiser's state; its learning rate is configuration."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    # Private, as `learning_rate` is its value now, and not the variable among the rest.
    rates = [optimizer._learning_rate, inner._learning_rate]
    return [v for v in optimizer.variables if not any(v is rate for rate in rates)]
