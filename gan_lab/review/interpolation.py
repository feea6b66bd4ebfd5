"""Walks through the latents of a generator."""

import enum

import numpy as np


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
    return (1 - shares)[:, None] * start + shares[:, None] * end


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
    return weights[0][:, None] * start + weights[1][:, None] * end


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
