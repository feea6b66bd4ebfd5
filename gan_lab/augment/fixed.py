"""ADA's operations at a given probability."""

from gan_lab.augment.augment import Augment, require_pictures
from gan_lab.augment.pipe import Pipe, piped
from gan_lab.errors import UsageError
from gan_lab.registry import register


@register("augment")
def fixed(
    image_shape: tuple[int, ...], /, *, p: float = 0.3, pipe: Pipe = Pipe.bgc
) -> Augment:
    """ADA's operations, each with the same probability all the time.

    Args:
        image_shape: `(height, width, channels)`; channels is 1 or 3.
        p: probability of each operation, in [0, 1]. R3GAN comes to 0.3 for faces and
            to 0.55 for CIFAR; above 0.8 or so generated images begin to look augmented
            themselves.
        pipe: `blit` (flips, quarter turns, shifts), `geom` (scales, rotations),
            `color`, or `bg`, `bgc`, which have several; `r3gan` is `bgc` with colour
            at half the probability, and holes.

    Reference: Karras et al., 2020, arXiv:2006.06676; Huang et al., 2024,
    arXiv:2501.05441.
    """
    require_pictures("fixed", image_shape)
    if not 0 <= p <= 1:
        raise UsageError(f"`augment.p` must be in [0, 1]. Received: {p}.")
    apply = piped(pipe)
    return Augment(lambda images, seed: apply(images, p, seed))
