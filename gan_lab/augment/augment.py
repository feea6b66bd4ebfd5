"""The type of augmentations, and the one that leaves images as they are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gan_lab.errors import UsageError
from gan_lab.registry import register


def _learn_nothing(logits: Any) -> None:
    """Leave everything as it is, as most augmentations do."""


@dataclass(frozen=True)
class Augment:
    """A change of every image before the discriminator sees it, in each of its passes.

    Reals and fakes go through it in both updates, and penalties differentiate through
    it, so it is differentiable twice.

    Attributes:
        apply: `(images, seed) -> images`, float32 `(batch, height, width, channels)`,
            in [-1, 1] when they come in; `seed` is a `keras.random` seed generator.
            Each call draws anew, for each image.
        adapt: takes the logits `(batch, 1)` of real images, once after each update of
            the discriminator.
        variables: Keras variables that the next round depends on.
        logs: returns what is logged of a round, by name.
    """

    apply: Callable[..., Any]
    adapt: Callable[[Any], None] = _learn_nothing
    variables: tuple[Any, ...] = ()
    logs: Callable[[], dict[str, Any]] = dict

    @property
    def adapts(self) -> bool:
        """Tell whether it goes by the logits of real images."""
        return self.adapt is not _learn_nothing


AS_THEY_ARE = Augment(lambda images, seed: images)


@register("augment")
def none(image_shape: tuple[int, ...], /) -> Augment:
    """No augmentation."""
    return AS_THEY_ARE


def require_pictures(name: str, image_shape: tuple[int, ...]) -> None:
    """Refuse samples that are not pictures in grey or in colour.

    Args:
        name: of the augmentation.
        image_shape: of a sample.

    Raises:
        UsageError: they are vectors, or have other channels.
    """
    if len(image_shape) != 3 or image_shape[-1] not in (1, 3):
        raise UsageError(
            f"`augment={name}` needs pictures with 1 or 3 channels. "
            f"Received: {'x'.join(map(str, image_shape))}."
        )
