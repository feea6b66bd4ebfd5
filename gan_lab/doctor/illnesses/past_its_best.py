"""The illness `past its best`."""

import numpy as np

from gan_lab.doctor.finding import LOOKS, Finding, Table, since
from gan_lab.doctor.known import illness

WORSE = 1.5  # times the best score
DISTANCES = ("fid", "frechet", "swd")


@illness(place=9)
def past_its_best(table: Table) -> Finding | None:
    """A distance to the real images that was much smaller before."""
    for name in (name for base in DISTANCES for name in table.scores(base)):
        rounds, values = table.column(name)
        began = since(rounds, values > WORSE * np.minimum.accumulate(values), LOOKS)
        if began is not None:
            return Finding(
                "past its best",
                began,
                f"{name} is {values[-1]:.4g}, and was {values.min():.4g} at round "
                f"{rounds[values.argmin()]}.",
                "The checkpoint of the best score is kept: take it (`--checkpoint "
                "best`), and let the next run stop or roll back by itself.",
                ("trainer.on_collapse=rollback", "trainer.on_collapse=stop"),
            )
    return None
