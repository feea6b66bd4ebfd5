"""The illness `NaN nearby`."""

from typing import cast

from gan_lab.doctor.finding import TICKS, Finding, Table
from gan_lab.doctor.known import illness

HUGE = 1e4  # a loss or a logit


@illness(place=1)
def not_finite(table: Table) -> Finding | None:
    """NaN, infinity, or numbers on their way there."""
    for row in table.rows[-TICKS:]:
        for name, value in row.items():
            if name.startswith(("loss/", "logits/", "penalty/")) and not (
                abs(value) <= HUGE
            ):
                return Finding(
                    "NaN nearby",
                    cast(int, row["round"]),  # as the table has it
                    f"{name} is {value:.3g}.",
                    "Losses of this size end in NaN: smaller steps, clipped gradients "
                    "or a penalty hold them.",
                    ("optim.lr=5e-5", "optim.clipnorm=1", "loss/penalty=r1"),
                )
    return None
