"""LeCam: logits that stay near the mean of the other kind of images."""

from gan_lab.errors import UsageError
from gan_lab.losses.loss import Term, Update
from gan_lab.registry import register


@register("loss/terms")
def lecam(*, weight: float = 0.3, decay: float = 0.99, start: int = 1000) -> Term:
    """Logits may not run away from those of the other images, for few pictures.

        weight (E[max(0, r - m_fake)^2] + E[max(0, m_real - f)^2])

    with r and f the logits of real and of generated images, and m the moving means of
    both over the updates, this one included.

    Args:
        weight: above 0. It goes with the scale of the loss's logits: the paper has 0.3
            with a hinge and 3e-7 with cross entropy; try 0.001, 0.01, 0.1 and 1.
        decay: of the means, in [0, 1).
        start: rounds before it begins; until then the means are those of the batch.

    Reference: Tseng et al., 2021, arXiv:2104.03310, and its authors' program.
    """
    if not 0 < weight < float("inf"):
        raise UsageError(
            f"`loss.terms.lecam.weight` must be above 0. Received: {weight}."
        )
    if not 0 <= decay < 1:
        raise UsageError(
            f"`loss.terms.lecam.decay` must be in [0, 1). Received: {decay}."
        )
    from keras import Variable, ops

    from gan_lab import backend

    means = [
        Variable(0.0, dtype="float32", trainable=False, name=f"lecam_{kind}")
        for kind in ("real", "fake")
    ]

    def value(update: Update):
        logits = [update.real_logits, update.fake_logits]
        begun = update.round > start
        batch = backend.mean_over_replicas([ops.mean(x) for x in logits])
        kept = ops.where(begun, decay, 0.0)
        moved = [
            ops.stop_gradient(kept * mean.value + (1.0 - kept) * new)
            for mean, new in zip(means, batch, strict=True)
        ]
        for mean, new in zip(means, moved, strict=True):
            mean.assign(new)
        above = ops.mean(ops.square(ops.relu(update.real_logits - moved[1])))
        below = ops.mean(ops.square(ops.relu(moved[0] - update.fake_logits)))
        return ops.where(begun, weight * (above + below), 0.0)

    return Term("lecam", value, tuple(means), by_level=True)
