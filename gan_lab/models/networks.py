"""Models: two networks, and the latents that the generator reads."""

import enum
from dataclasses import dataclass
from typing import Any

from gan_lab.errors import UsageError


class Latent(enum.Enum):
    """The distribution of latents."""

    normal = "normal"
    uniform = "uniform"


@dataclass(frozen=True)
class Networks:
    """A generator and a discriminator that fit each other.

    Attributes:
        generator: `keras.Model`, `(batch, latent_dim) -> (batch, height, width,
            channels)` in [-1, 1], or `(batch, dimensions)` for vectors.
        discriminator: `keras.Model`, such samples -> logits `(batch, 1)`.
        latent: standard normal, or uniform in [-1, 1).
    """

    generator: Any
    discriminator: Any
    latent: Latent = Latent.normal

    def draw_latents(self, count: int, seed):
        """`count` latents as a float32 tensor `(count, latent_dim)`."""
        from keras import random

        shape = (count, self.generator.input_shape[-1])
        if self.latent is Latent.normal:
            return random.normal(shape, seed=seed)
        return random.uniform(shape, -1.0, 1.0, seed=seed)

    def fixed_latents(self, count: int, seed: int = 0):
        """`count` latents as a NumPy array, the same in every run and program.

        The first rows do not depend on how many there are.
        """
        import numpy as np

        draw = np.random.Generator(np.random.Philox(seed))
        shape = (count, self.generator.input_shape[-1])
        if self.latent is Latent.normal:
            return draw.standard_normal(shape).astype("float32")
        return draw.uniform(-1.0, 1.0, shape).astype("float32")

    def seeded_latents(self, seeds, truncation: float | None = None):
        """A latent for each seed, as a NumPy array `(len(seeds), latent_dim)`.

        Args:
            seeds: integers; a latent depends on its own alone.
            truncation: normal numbers beyond it are drawn anew, and uniform ones are
                multiplied by it: less variety, and samples nearer to the mean.

        Reference: Brock et al., 2019, arXiv:1809.11096, section 3.1.
        """
        import numpy as np

        rows = np.concatenate([self.fixed_latents(1, seed) for seed in seeds])
        if truncation is None:
            return rows
        if self.latent is Latent.uniform:
            return truncation * rows
        for row, seed in zip(rows, seeds, strict=True):
            draw = np.random.Generator(np.random.Philox(seed).jumped())
            while (far := np.abs(row) > truncation).any():
                row[far] = draw.standard_normal(far.sum())
        return rows


def require_shape(model: str, received: tuple, expected: tuple) -> None:
    """Refuse images of another shape than the one that a recipe's networks make."""
    if tuple(received) != expected:
        raise UsageError(
            f"`model={model}` makes images of {in_words(expected)} (see `data` and "
            f"`data.image_size`). Received: {in_words(received)}."
        )


def in_words(shape: tuple) -> str:
    """A shape as people write it; of vectors, with the model that makes them."""
    if len(shape) == 1:
        return f"vectors of {shape[0]} numbers, which `model=mlp` makes"
    return "x".join(map(str, shape))
