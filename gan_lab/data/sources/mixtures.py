"""Gaussians in the plane, on which mode collapse can be seen and counted."""

from functools import partial

import numpy as np

from gan_lab import pictures
from gan_lab.data.samples import Mixture, Samples
from gan_lab.errors import UsageError
from gan_lab.registry import register

FARTHEST = 6  # deviations; of a thousand million numbers two lie farther out


@register("data")
def ring(
    *,
    modes: int = 8,
    radius: float = 0.8,
    deviation: float = 0.008,
    count: int = 10_000,
) -> Samples:
    """Gaussians on a circle, equally many points of each.

    Args:
        modes: how many Gaussians, at least 1.
        radius: of the circle, above 0; all has to lie in [-1, 1].
        deviation: of each Gaussian, in both directions, above 0.
        count: how many points; at least 1.

    Reference: Metz et al., 2017, arXiv:1611.02163.

    Differences: there radius and deviation are 2 and 0.02, 2.5 times ours; and points
    are drawn anew for each batch, where ours are a fixed set.
    """
    _require(modes >= 1, "modes", "must be at least 1", modes)
    _require(radius > 0, "radius", "must be above 0", radius)
    angles = 2 * np.pi * np.arange(modes) / modes
    centres = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    degrees = (f"{360 * mode / modes:g} degrees" for mode in range(modes))
    return _draw(Mixture(centres, deviation), count, tuple(degrees), "radius", radius)


@register("data")
def grid(
    *,
    side: int = 5,
    spacing: float = 0.4,
    deviation: float = 0.01,
    count: int = 10_000,
) -> Samples:
    """Gaussians on a square grid around 0, equally many points of each.

    Args:
        side: Gaussians in a row, at least 1, and rows.
        spacing: between neighbours, above 0; all has to lie in [-1, 1].
        deviation: of each Gaussian, in both directions, above 0.
        count: how many points, at least 1.

    Reference: Lin et al., 2018, arXiv:1712.04086.

    Differences: there spacing and deviation are 2 and 0.05, five times ours.
    """
    _require(side >= 1, "side", "must be at least 1", side)
    _require(spacing > 0, "spacing", "must be above 0", spacing)
    row, column = np.divmod(np.arange(side**2), side)
    places = np.stack([column, row], axis=1) - (side - 1) / 2
    names = tuple(f"row {y}, column {x}" for y, x in zip(row, column, strict=True))
    return _draw(Mixture(spacing * places, deviation), count, names, "spacing", spacing)


def _draw(
    mixture: Mixture, count: int, names: tuple[str, ...], key: str, size: float
) -> Samples:
    """`count` points of a mixture, its components by turns.

    Raises:
        UsageError: an option has no meaning, or points would leave [-1, 1].
    """
    centres, deviation = mixture
    _require(count >= 1, "count", "must be at least 1", count)
    _require(deviation > 0, "deviation", "must be above 0", deviation)
    farthest = np.abs(centres).max() + FARTHEST * deviation
    rule = f"must be smaller, that {FARTHEST} deviations around all centres lie within"
    _require(farthest <= 1, key, f"{rule} [-1, 1]", size)
    draw = np.random.Generator(np.random.Philox(0))
    labels = np.arange(count, dtype=np.int32) % len(centres)
    around = deviation * draw.standard_normal((count, 2))
    points = (centres[labels] + around).astype(np.float32)
    return Samples(
        points,
        labels=labels,
        classes=names,
        draw=partial(pictures.scatter, behind=points),
        mixture=mixture,
    )


def _require(holds: bool, key: str, rule: str, received: object) -> None:
    if not holds:
        raise UsageError(f"`data.{key}` {rule}. Received: {received}.")
