"""The illness `stuck since the start`."""

import numpy as np

from gan_lab.doctor.finding import TICKS, Finding, Table
from gan_lab.doctor.known import illness

MOVED = 0.01  # share of itself by which a loss moves


@illness(place=2)
def stuck(table: Table) -> Finding | None:
    """Losses that have not moved since the run began."""
    columns = [table.column(f"loss/{of}") for of in ("discriminator", "generator")]
    if len(columns[0][0]) < TICKS or len(columns[1][0]) < TICKS:
        return None
    if any(np.ptp(values) > MOVED * abs(values[0]) for _, values in columns):
        return None
    (rounds, losses), (_, generator) = columns
    return Finding(
        "stuck since the start",
        int(rounds[0]),
        f"The losses are {losses[-1]:.4g} and {generator[-1]:.4g} as at first.",
        "Nothing is learnt: saturated outputs, a learning rate that is too high or too "
        "low, or another loss.",
        ("optim.lr=2e-4", "loss=hinge", "model.norm=batch"),
    )
