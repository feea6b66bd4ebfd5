"""The control of ADA's probability."""

from keras import Variable, ops

from gan_lab import backend


class Controller:
    """A probability that follows the signs of logits of real images.

    Args:
        target: of their mean.
        images: after so many the probability can have come from 0 to 1.
        interval: calls of `adapt` between two changes.

    Attributes:
        p: the probability.
        variables: all of its state.
    """

    def __init__(self, target: float, images: float, interval: int):
        self._target, self._images, self._interval = target, images, interval
        self.p = _number("p", "float32")
        # Whole numbers, which float32 adds up exactly as far as an interval goes.
        self._signs = _number("signs", "float32")
        self._seen = _number("seen", "float32")
        self._position = _number("position", "int32")
        self.variables = (self.p, self._signs, self._seen, self._position)

    def adapt(self, logits) -> None:
        """Take logits `(batch, 1)` of real images; at the end of an interval change."""
        replicas = backend.count_replicas()
        here = ops.sum(ops.sign(ops.cast(logits, "float32")))
        signs = self._signs + replicas * backend.mean_over_replicas(here)
        seen = self._seen + float(replicas) * ops.cast(ops.size(logits), "float32")
        position = self._position + 1
        ends = position >= self._interval
        step = ops.sign(signs / seen - self._target) * seen / self._images
        before = ops.convert_to_tensor(self.p)
        self.p.assign(ops.where(ends, ops.clip(before + step, 0.0, 1.0), before))
        self._signs.assign(ops.where(ends, 0.0, signs))
        self._seen.assign(ops.where(ends, 0.0, seen))
        self._position.assign(ops.where(ends, 0, position))

    def logs(self) -> dict:
        """The probability, by the name of its log."""
        return {"augment/p": 1.0 * self.p}  # its value now, and not the variable


def _number(name: str, dtype: str) -> Variable:
    return Variable(0, dtype=dtype, trainable=False, name=f"augment_{name}")
