"""Consistency: the same logit for an image and for the same image, moved a little."""

from gan_lab.errors import UsageError
from gan_lab.losses.loss import Term, Update
from gan_lab.registry import register


@register("loss/terms")
def consistency(*, weight: float = 10.0, fake_weight: float = 0.0) -> Term:
    """The same logit for a real image and a changed one (CR), and for fakes (bCR).

        weight E[(D(x) - D(T(x)))^2] + fake_weight E[(D(g) - D(T(g)))^2]

    T mirrors an image, every other time, and shifts it by up to an eighth of its size,
    reflected at the edges.

    Args:
        weight: for real images, at least 0.
        fake_weight: for generated ones; 10, the same, makes it balanced (bCR).

    Reference: Zhang et al., 2020, arXiv:1910.12027; Zhao et al., 2020,
    arXiv:2002.04724, for generated images.
    """
    for key, given in (("weight", weight), ("fake_weight", fake_weight)):
        if not 0 <= given < float("inf"):
            raise UsageError(
                f"`loss.terms.consistency.{key}` must be at least 0. Received: {given}."
            )
    from keras import ops

    def apart(critic, images, logits, seed):
        return ops.mean(ops.square(logits - critic(_moved(images, seed))))

    def value(update: Update):
        found = ops.zeros(())
        if weight:
            real = update.critic, update.real, update.real_logits, update.seed
            found = found + weight * apart(*real)
        if fake_weight:
            fake = update.critic, update.fake, update.fake_logits, update.seed
            found = found + fake_weight * apart(*fake)
        return found

    return Term("consistency", value, passes=(weight > 0) + (fake_weight > 0))


def _moved(images, seed):
    """Images, mirrored every other time, and shifted by up to an eighth."""
    from keras import ops, random

    from gan_lab import backend

    count, height, width, _ = shape = ops.shape(images)
    draws = backend.share(lambda rows: random.uniform((rows, 3), seed=seed), count)
    mirrored = draws[:, :1] < 0.5
    columns = ops.arange(width)[None]
    columns = ops.where(mirrored, width - 1 - columns, columns)
    rows = ops.arange(height)[None]
    rows = _reflected(rows + _shift(draws[:, 1:2], height), height)
    columns = _reflected(columns + _shift(draws[:, 2:], width), width)
    rows = ops.broadcast_to(rows[:, :, None, None], shape)
    columns = ops.broadcast_to(columns[:, None, :, None], shape)
    images = ops.take_along_axis(images, rows, axis=1)
    return ops.take_along_axis(images, columns, axis=2)


def _shift(draws, size: int):
    """Whole pixels, each of -size/8 to size/8 as likely, of draws from [0, 1)."""
    from keras import ops

    most = size // 8
    return ops.cast(ops.floor(draws * (2 * most + 1)), "int32") - most


def _reflected(places, size: int):
    """Places beyond an edge, as a mirror there shows them."""
    from keras import ops

    return size - 1 - ops.abs(size - 1 - ops.abs(places))
