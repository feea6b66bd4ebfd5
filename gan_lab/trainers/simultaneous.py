"""The trainer `simultaneous`."""

from gan_lab.registry import register


@register("trainer")
def simultaneous():
    """One update of each network, both from one pair of forward passes."""
    from gan_lab.trainers.steps.simultaneous import Simultaneous

    return Simultaneous()
