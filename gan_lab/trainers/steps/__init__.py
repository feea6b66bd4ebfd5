"""Step objects: what a round consists of. They load Keras."""

from gan_lab.trainers.steps.alternating import Alternating
from gan_lab.trainers.steps.simultaneous import Simultaneous

__all__ = ["Alternating", "Simultaneous"]
