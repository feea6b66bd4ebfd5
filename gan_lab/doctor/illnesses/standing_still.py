"""The illness `generator stands still`."""

import numpy as np

from gan_lab.doctor.finding import TICKS, Finding, Table, since
from gan_lab.doctor.known import illness

STILL, SPAN = 0.5, 100  # levels of 255 by which a grid changes, in so many rounds


@illness(place=4)
def standing_still(table: Table) -> Finding | None:
    """A generator whose pictures do not change any more."""
    rounds, change = table.column("samples/change")
    # Grids of every round hardly differ: what counts is the way of the last rounds, as
    # if it went at random.
    first = np.searchsorted(rounds, rounds - SPAN, side="right")
    squares = np.concatenate([[0.0], np.cumsum(np.square(change))])
    moved = np.sqrt(squares[1:] - squares[first])
    began = since(rounds, (moved < STILL) & (rounds >= SPAN), TICKS)
    if began is None:
        return None
    began = int(rounds[first[np.searchsorted(rounds, began)]])
    return Finding(
        "generator stands still",
        began,
        f"The fixed samples changed by {moved[-1]:.2f} levels of 255 in {SPAN} rounds "
        "or between two grids.",
        "It gets no gradient, or its learning rate is gone: weaken the discriminator, "
        "or end the run here.",
        ("optim.lr=2e-4", "loss/penalty=r1", "trainer.critic_steps=1"),
    )
