"""DiffAugment: a few strong operations on every image."""

from gan_lab.augment.augment import Augment, require_pictures
from gan_lab.errors import UsageError, suggest
from gan_lab.registry import register

KNOWN = ("color", "translation", "cutout")


@register("augment")
def diffaugment(
    image_shape: tuple[int, ...],
    /,
    *,
    policy: list[str] = list(KNOWN),  # noqa: B006
) -> Augment:
    """DiffAugment: every image is changed, by operations that draw for each.

    `color` is brightness, saturation and contrast. Images are not clipped.

    Args:
        image_shape: `(height, width, channels)`; channels is 1 or 3.
        policy: `color`, `translation` and `cutout`, in the order in which they are
            applied. The paper takes all for few images, and `[translation,cutout]` or
            `[color,cutout]` for CIFAR.

    Reference: Zhao et al., 2020, arXiv:2006.10738, and its authors' program.
    """
    require_pictures("diffaugment", image_shape)
    for name in policy:
        if name not in KNOWN:
            raise UsageError(
                f"`augment.policy` has no `{name}`.{suggest(name, KNOWN)} "
                f"Known: {', '.join(KNOWN)}."
            )
    if len(set(policy)) < max(len(policy), 1):
        raise UsageError(
            "`augment.policy` must name one or more operations, each once. "
            f"Received: {', '.join(policy) or 'nothing'}."
        )
    from keras import ops

    from gan_lab.augment.operations.draws import uniforms
    from gan_lab.augment.operations.policy import POLICY

    chosen = [POLICY[name] for name in policy]
    numbers = sum(count for _, count in chosen)

    def apply(images, seed):
        images = ops.cast(images, "float32")
        drawn = iter(uniforms(ops.shape(images)[0], numbers, seed))
        for operation, count in chosen:
            images = operation(images, *(next(drawn) for _ in range(count)))
        return images

    return Augment(apply)
