"""Walks through the latents of a generator."""

import enum
from pathlib import Path

import numpy as np

from gan_lab import pictures
from gan_lab.review.refusals import require_images, require_seed
from gan_lab.system import files
from gan_lab.system.console import Console
from gan_lab.system.parameters import require_file, require_least


def interpolate(
    run: Path | str,
    *,
    points: int = 6,
    steps: int = 12,
    seed: int = 0,
    linear: bool = False,
    out: Path | str | None = None,
    imports: bool = True,
    console: Console | None = None,
) -> np.ndarray:
    """Pictures of a walk through the latents of a run, from sample to sample.

    Args:
        run: its folder.
        points: samples that it passes, at least 2.
        steps: pictures from one to the next, at least 1.
        seed: of the samples.
        linear: whether it goes straight, and not along great arcs.
        out: a `.gif`, a film that goes round; or a `.png`, a sheet with a row a point,
            which does not go back to the first. Nothing is written where None.
        imports: whether to import the modules that the run names.
        console: where it is said what is under way.

    Returns:
        uint8 `(points * steps, height, width, channels)`, of a walk that goes back to
        its first point; `((points - 1) * steps + 1, height, width, channels)` of one
        that does not.

    Raises:
        UsageError: it is not a run of images, or a number has no meaning.

    Example:

        frames = gan_lab.interpolate("runs/mine/20261122-101500", out="walk.gif")
    """
    require_seed(seed)
    require_least(2, points=points)
    require_least(1, steps=steps)
    out = None if out is None else Path(out)
    if out:
        require_file(out, ".gif", ".png")
    import keras

    from gan_lab.training.load import load_run

    console = console or Console()
    loaded = load_run(run, imports=imports, console=console)
    require_images(loaded.gan, run, "interpolate")
    latents = keras.ops.convert_to_numpy(loaded.gan.networks.draw_latents(points, seed))
    closed = out is None or out.suffix.lower() == ".gif"
    join = Join.linear if linear else Join.spherical
    images = loaded.gan.sample(latents=walk(latents, steps, join, closed=closed))
    if out:
        _write(out, images, steps)
        console.say(f"A walk past {points} samples, {join.value}: {out}")
    return images


def _write(out: Path, images: np.ndarray, steps: int) -> None:
    if out.suffix.lower() == ".gif":
        files.produce(out, lambda beside: pictures.write_loop(beside, [*images]))
    else:
        sheet = pictures.grid(images[:-1], columns=steps)
        files.produce(out, lambda beside: pictures.write_png(beside, sheet))


class Join(enum.Enum):
    """The way that joins two latents."""

    spherical = "spherical"
    linear = "linear"


def linear(start: np.ndarray, end: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Points of the straight line, `(len(shares), latent_dim)`.

    Args:
        start: `(latent_dim,)`.
        end: `(latent_dim,)`.
        shares: of the way, in [0, 1].
    """
    points: np.ndarray = (1 - shares)[:, None] * start + shares[:, None] * end
    return points


def spherical(start: np.ndarray, end: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Points of the great arc, whose norms are those of normal latents all along.

    In high dimensions normal latents lie near a sphere, and the straight line between
    two leaves it. Where the two point the same or opposite ways it is the line.

    Args:
        start: `(latent_dim,)`.
        end: `(latent_dim,)`.
        shares: of the way, in [0, 1].

    Reference: White, Sampling generative networks, 2016, arXiv:1609.04468.
    """
    lengths = np.linalg.norm(start) * np.linalg.norm(end)
    angle = np.arccos(np.clip(start @ end / max(lengths, 1e-12), -1, 1))
    if np.sin(angle) < 1e-4:
        return linear(start, end, shares)
    weights = np.sin([(1 - shares) * angle, shares * angle]) / np.sin(angle)
    points: np.ndarray = weights[0][:, None] * start + weights[1][:, None] * end
    return points


def walk(latents: np.ndarray, steps: int, join: Join, closed: bool) -> np.ndarray:
    """Latents from each point to the next.

    Args:
        latents: the points, `(points, latent_dim)`.
        steps: from one point to the next, at least 1.
        join: how two are joined.
        closed: whether it goes back to the first, so that a film can go round.

    Returns:
        `(points * steps, latent_dim)` where it is closed; otherwise
        `((points - 1) * steps + 1, latent_dim)`.
    """
    between = {Join.spherical: spherical, Join.linear: linear}[join]
    shares = np.arange(steps) / steps
    ends = np.roll(latents, -1, 0) if closed else latents[1:]
    pairs = zip(latents, ends, strict=closed)
    parts = [between(start, end, shares) for start, end in pairs]
    last = [] if closed else [latents[-1:]]
    return np.concatenate([*parts, *last]).astype(np.float32)
