"""The trainer `alternating`."""

import enum

from gan_lab.errors import UsageError
from gan_lab.registry import register


class Latents(enum.Enum):
    """The fakes that the generator's update works on."""

    fresh = "fresh"
    shared = "shared"


@register("trainer")
def alternating(*, critic_steps: int = 1, latents: Latents = Latents.fresh):
    """`critic_steps` discriminator updates, then one generator update.

    Args:
        critic_steps: discriminator updates a round, at least 1, each on new images.
        latents: `fresh`, the generator's update draws its own; `shared`, it works on
            the fakes of the last discriminator update, which is faster.
    """
    if critic_steps < 1:
        raise UsageError(
            f"`trainer.critic_steps` must be at least 1. Received: {critic_steps}."
        )
    from gan_lab.trainers.steps.alternating import Alternating

    return Alternating(critic_steps, shared=latents is Latents.shared)
