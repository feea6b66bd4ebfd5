"""The room of the new group."""

from gan_lab.registry import register


@register("flavour")
def none():
    """No flavour."""


@register("flavour")
def spicy(*, heat: float = 0.5, herbs: list[str] | None = None):
    """A flavour that can be felt.

    Args:
        heat: of it, in [0, 1].
        herbs: what is in it.
    """
    return heat, herbs
