"""The illness `memorising`."""

import numpy as np

from gan_lab.doctor.finding import AGAIN, TICKS, Finding, Table
from gan_lab.doctor.known import illness

COPIES, NEARER = 0.15, 0.8  # share of copies; distances to training and to holdout


@illness(place=7)
def memorising(table: Table) -> Finding | None:
    """Samples that are training pictures, though perhaps not at every measurement."""
    rounds, copies = table.column("score/copies")
    _, near = table.column("score/nearest_train")
    _, far = table.column("score/nearest_holdout")
    measured = len(near) == len(far) == len(rounds) > 0
    bad = copies > COPIES
    if measured:
        bad |= near < NEARER * far
    if np.count_nonzero(bad[-TICKS:]) < AGAIN:
        return None
    worst = int(copies.argmax())
    nearest = (
        f" The nearest training picture is {near[worst]:.1f} levels away then, the "
        f"nearest of as many held-out ones {far[worst]:.1f}."
        if measured
        else ""
    )
    return Finding(
        "memorising",
        int(rounds[bad.argmax()]),
        f"{copies[worst]:.0%} of the samples of round {rounds[worst]:,} are "
        f"near-copies of training pictures.{nearest}",
        "More pictures, mirrored ones, a smaller model, or an earlier end.",
        ("data.flip=true", "model.width=16", "trainer.steps=1000"),
    )
