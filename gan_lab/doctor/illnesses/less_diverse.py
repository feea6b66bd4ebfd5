"""The illness `diversity falling`."""

import numpy as np

from gan_lab.doctor.finding import LOOKS, TICKS, Finding, Table, since
from gan_lab.doctor.known import illness

FALLEN = 0.5  # share of its best that diversity has fallen to


@illness(place=5)
def less_diverse(table: Table) -> Finding | None:
    """Samples that come to look like each other."""
    spreads = table.scores("diversity") + table.scores("feature_spread")
    for name in (*spreads, "samples/spread"):
        rounds, values = table.column(name)
        if len(values) < LOOKS:
            continue
        best = np.minimum(np.maximum.accumulate(values), 1.0)
        began = since(rounds, values < FALLEN * best, LOOKS)
        if began is None:
            began = since(rounds, values < FALLEN / 2, TICKS)
        if began is not None:
            return Finding(
                "diversity falling",
                began,
                f"{name} is {values[-1]:.2f} of that of real images, and was "
                f"{best[-1]:.2f}.",
                "The generator makes fewer and fewer different pictures: a penalty on "
                "the discriminator's slope, or another loss, keeps it from there.",
                ("loss/penalty=r1", "loss=wgan_gp", "optim.lr=5e-5"),
            )
    return None
