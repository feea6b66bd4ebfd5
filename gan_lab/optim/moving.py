"""Adam with a second decay that moves over the updates."""

import math


def moving(adam: type, start: float, end: float, updates: int) -> type:
    """A kind of Adam whose `beta_2` goes from one number to another.

    Along half a cosine, as learning rates do; after the last update it stays.

    Args:
        adam: the kind of Adam.
        start: before the first update, in [0, 1).
        end: at the last update, in [0, 1).
        updates: how many there are.
    """

    from keras import ops

    class Moving(adam):
        @property
        def beta_2(self):
            made = ops.cast(self.iterations, "float32") / updates
            share = 0.5 * (1.0 + ops.cos(math.pi * ops.minimum(made, 1.0)))
            return end + (start - end) * share

        @beta_2.setter
        def beta_2(self, value):
            """Keras sets what it was made with, which is the start."""

    return Moving
