"""Curves of a run: what it logged, by name, and which share a chart."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gan_lab.evaluation.catalogue import higher_is_better

ROOMS = (
    "score",
    "loss",
    "penalty",
    "augment",
    "logits",
    "accuracy",
    "samples",
    "speed",
)
TOGETHER = {
    "Losses": ("loss/discriminator", "loss/generator"),
    "Discriminator loss": ("loss/discriminator_real", "loss/discriminator_fake"),
    "Logits": ("logits/real", "logits/fake"),
    "Accuracy of the discriminator": ("accuracy/real", "accuracy/fake"),
    "Share of the time": ("speed/data_wait", "speed/scoring"),
}


@dataclass(frozen=True)
class Curve:
    """The curve of a run under one name.

    Attributes:
        name: such as `loss/generator`.
        rounds: `(count,)`, where there is a finite value.
        values: `(count,)`.
    """

    name: str
    rounds: np.ndarray
    values: np.ndarray

    @property
    def best(self) -> int | None:
        """The place of the best value of a score."""
        room, _, score = self.name.partition("/")
        if room != "score":
            return None
        pick = np.argmax if higher_is_better(score) else np.argmin
        return int(pick(self.values))


@dataclass(frozen=True)
class Chart:
    """Curves that share an axis, the discriminator's or the real one's first."""

    title: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class Axis:
    """The axes that curves can be drawn by.

    Attributes:
        name: such as `minutes`.
        place: from rounds, an array, to places on the axis.
    """

    name: str
    place: Callable[[np.ndarray], np.ndarray]


def axes(rows: list[dict[str, float]], images_a_round: int) -> list[Axis]:
    """By rounds, by images seen, and by minutes."""
    known = [0, *(row["round"] for row in rows)]
    minutes = [0.0, *(row["seconds"] / 60 for row in rows)]
    return [
        Axis("rounds", lambda rounds: rounds),
        Axis("images seen", lambda rounds: rounds * images_a_round),
        Axis("minutes", lambda rounds: np.interp(rounds, known, minutes)),
    ]


def charts(rows: list[dict[str, float]]) -> list[Chart]:
    """The charts to draw, room by room."""
    found: list[Chart] = []
    drawn: set[str] = set()
    known = logged(rows)
    for name in known:
        if name in drawn:
            continue
        titles = (title for title, names in TOGETHER.items() if name in names)
        title = next(titles, name)
        chosen = [n for n in TOGETHER.get(title, (name,)) if n in known]
        drawn.update(chosen)
        found.append(Chart(title, tuple(known[n] for n in chosen)))
    return found


def logged(rows: list[dict[str, float]]) -> dict[str, Curve]:
    """The logs of a run by name, room by room."""
    names = {name: None for row in rows for name in row if "/" in name}
    found = {c.name: c for c in (_curve(n, rows) for n in names) if len(c.values)}
    return {name: found[name] for name in sorted(found, key=order)}


def _curve(name: str, rows: list[dict[str, float]]) -> Curve:
    found = [(r["round"], r[name]) for r in rows if np.isfinite(r.get(name, np.nan))]
    rounds, values = np.array(found, float).reshape(-1, 2).T
    return Curve(name, rounds, values)


def order(name: str) -> int:
    """Rooms in their order, and those of a user's own after them."""
    room = name.partition("/")[0]
    return ROOMS.index(room) if room in ROOMS else len(ROOMS)
