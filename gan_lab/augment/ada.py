"""Adaptive discriminator augmentation: as much as keeps the discriminator in doubt."""

from gan_lab.augment.augment import Augment, require_pictures
from gan_lab.augment.pipe import Pipe, piped
from gan_lab.errors import UsageError
from gan_lab.registry import register


@register("augment")
def ada(
    image_shape: tuple[int, ...],
    /,
    *,
    target: float = 0.6,
    speed_kimg: float = 500.0,
    interval: int = 4,
    pipe: Pipe = Pipe.bgc,
) -> Augment:
    """Operations whose probability p grows while the discriminator is too sure (ADA).

        p <- p + sign(E[sign D(real)] - target) images / (1000 speed_kimg)

    after every `interval` updates of the discriminator, of whose real images E is the
    mean, and there are `images`. p begins at 0 and stays in [0, 1].

    It needs a loss whose logits have a level: those of a relativistic one do not.

    Args:
        image_shape: `(height, width, channels)`; channels is 1 or 3.
        target: of the mean sign of logits of real images, in (-1, 1).
        speed_kimg: thousands of real images in which p can come from 0 to 1.
        interval: updates of the discriminator between two changes of p.
        pipe: `blit` (flips, quarter turns, shifts), `geom` (scales, rotations),
            `color`, or `bg`, `bgc`, which have several; `r3gan` is `bgc` with colour
            at half the probability, and holes.

    Reference: Karras et al., 2020, arXiv:2006.06676, which takes a speed of 100 where
    training begins with trained networks.

    Differences: there p has no upper end; above 1 the operations of `bgc` could not
    happen more often, and p would only take as long to come back.
    """
    require_pictures("ada", image_shape)
    if not -1 < target < 1:
        raise UsageError(f"`augment.target` must be in (-1, 1). Received: {target}.")
    if speed_kimg <= 0:
        raise UsageError(
            f"`augment.speed_kimg` must be above 0. Received: {speed_kimg}."
        )
    if interval < 1:
        raise UsageError(
            f"`augment.interval` must be at least 1. Received: {interval}."
        )
    from gan_lab.augment.operations.controller import Controller

    apply = piped(pipe)
    control = Controller(target, 1000 * speed_kimg, interval)
    return Augment(
        lambda images, seed: apply(images, control.p, seed),
        control.adapt,
        control.variables,
        control.logs,
    )
