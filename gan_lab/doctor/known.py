"""The illnesses that are known: those of this room, and those that users bring."""

import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from gan_lab.doctor import illnesses
from gan_lab.doctor.finding import Finding, Table

Look = Callable[[Table], Finding | None]
_known: dict[str, "Illness"] = {}


@dataclass(frozen=True)
class Illness:
    """A question to the table of a run.

    Attributes:
        look: from a `Table` to a `Finding`, or to None.
        place: among findings of the same round, the lowest first.
    """

    look: Look
    place: int


def illness(*, place: int = 100) -> Callable[[Look], Look]:
    """Make the decorated function a question to the table of every run.

    It takes a `Table`, and returns a `Finding` where the end of the table is ill, or
    None.

    Args:
        place: of its finding among those of the same round, the lowest first.

    Raises:
        ValueError: its name is taken.

    Example:

        @illness()
        def slow(table: Table) -> Finding | None:
            rounds, speeds = table.column("speed/images_per_second")
            began = since(rounds, speeds < 100, TICKS)
            if began is not None:
                return Finding("slow", began, "It was faster before.", "Look why.", ())
    """

    def add(look: Look) -> Look:
        name = look.__name__
        before = _known.get(name)
        if before and before.look.__module__ != look.__module__:
            raise ValueError(
                f"The illness `{name}` is registered twice: by "
                f"{before.look.__module__} and by {look.__module__}."
            )
        _known[name] = Illness(look, place)
        return look

    return add


def known() -> dict[str, Illness]:
    """The illnesses by name, in the order of their findings."""
    _open()
    return dict(sorted(_known.items(), key=lambda pair: (pair[1].place, pair[0])))


@functools.cache
def _open() -> None:
    """Import each file of the room's illnesses: they register what they look for."""
    for file in pkgutil.iter_modules(illnesses.__path__):
        importlib.import_module(f"{illnesses.__name__}.{file.name}")
