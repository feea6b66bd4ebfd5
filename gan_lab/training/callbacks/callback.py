"""Callbacks: the work at the ticks of a run, beside training.

A callback is started before the first round, called at ticks and never between, and
ended after the last round, in the order of the list that it stands in. At a tick all
that is measured comes first, so that whoever observes has the whole row.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Tick:
    """A moment at which a run reports.

    Attributes:
        round: rounds played.
        last: whether no round follows.
        number: ticks up to here, counted from round 0.
        row: of `metrics.csv`, by column; while it is measured, as far as it is known.
        seconds_left: what the remaining rounds will take at the speed since the
            last tick.
    """

    round: int
    last: bool
    number: int
    row: dict[str, float]
    seconds_left: float

    def due(self, every: int) -> bool:
        """Tell whether it is the turn of what happens every so many ticks."""
        return self.last or self.number % every == 0


class Callback:
    """Does nothing at any time."""

    def start(self, run) -> None:
        """Before the first round."""

    def measure(self, run, tick: Tick) -> dict[str, float]:
        """Columns for the row of a tick."""
        return {}

    def tick(self, run, tick: Tick) -> None:
        """At a tick, whose row is whole."""

    def end(self, run) -> None:
        """After the last round, also when the run was stopped or failed."""


def report(callbacks: list[Callback], run, tick: Tick) -> None:
    """Have each of them measure at a tick, then act on all that was measured."""
    for callback in callbacks:
        tick = replace(tick, row=tick.row | callback.measure(run, tick))
    for callback in callbacks:
        callback.tick(run, tick)
