"""The illness `discriminator has won`."""

import numpy as np

from gan_lab.doctor.finding import TICKS, Finding, Table, since
from gan_lab.doctor.known import illness

WON, SATURATED = 0.99, 0.05  # accuracy, and the discriminator's two losses
BEATEN = 0.036  # share of the way from the least of these losses to chance


@illness(place=3)
def won(table: Table) -> Finding | None:
    """A discriminator that is always right, and has nothing left to teach."""
    columns = [
        table.column(name)
        for name in (
            "accuracy/real",
            "accuracy/fake",
            "loss/discriminator_real",
            "loss/discriminator_fake",
        )
    ]
    (rounds, real), (_, fake), (_, on_real), (_, on_fake) = columns
    if len({len(values) for _, values in columns}) > 1:
        return None
    losses = on_real + on_fake
    if table.levels:  # where they are known, so is what is little for this loss
        *least, chance = table.levels
        above = np.maximum(on_real - least[0], 0) + np.maximum(on_fake - least[1], 0)
        bad = above <= BEATEN * (chance - sum(least))
    else:
        bad = (np.minimum(real, fake) >= WON) & (losses >= 0) & (losses <= SATURATED)
    began = since(rounds, bad, TICKS)
    if began is None:
        return None
    return Finding(
        "discriminator has won",
        began,
        f"It is right on {real[-1]:.1%} of real and {fake[-1]:.1%} of generated "
        f"images, with losses of {on_real[-1]:.2g} and {on_fake[-1]:.2g}.",
        "Weaken it or make it smoother, so that the generator's gradient comes back.",
        ("loss/penalty=r1", "optim.discriminator_lr=5e-5", "loss=hinge"),
    )
