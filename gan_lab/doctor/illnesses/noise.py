"""The illness `noise`."""

from gan_lab.doctor.finding import LOOKS, Finding, Table, since
from gan_lab.doctor.known import illness

STRANGE = 2.0  # times the distance between real pictures


@illness(place=8)
def noise(table: Table) -> Finding | None:
    """Samples that are like no real picture."""
    for name in table.scores("strangeness"):
        rounds, values = table.column(name)
        began = since(rounds, values > STRANGE, LOOKS)
        if began is not None:
            return Finding(
                "noise",
                began,
                f"The nearest real picture is {values[-1]:.1f} times as far away as "
                "real pictures are from each other.",
                "The generator has learnt nothing yet, or has lost it all: go back to "
                "the best checkpoint.",
                ("trainer.on_collapse=rollback", "optim.lr=1e-4"),
            )
    return None
