"""The illness `discriminator has won`."""

import numpy as np

from gan_lab.doctor.finding import TICKS, Finding, Table, since
from gan_lab.doctor.known import illness

WON, SATURATED = 0.99, 0.05  # accuracy, and the discriminator's two losses
BEATEN = 0.036  # share of the way from the least of these losses to chance


@illness(place=3)
def won(table: Table) -> Finding | None:
    """A discriminator that is always right, and has nothing left to teach."""
    rounds, pairs = table.column("accuracy/pairs")
    if len(pairs):
        return _of_pairs(table, rounds, pairs)
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
    return _finding(
        began,
        f"It is right on {real[-1]:.1%} of real and {fake[-1]:.1%} of generated "
        f"images, with losses of {on_real[-1]:.2g} and {on_fake[-1]:.2g}.",
    )


def _of_pairs(table: Table, rounds: np.ndarray, right: np.ndarray) -> Finding | None:
    """That of a loss that compares: its logits have no level, and pairs are judged."""
    _, losses = table.column("loss/discriminator_pairs")
    if len(losses) != len(right):
        return None
    least, _, chance = table.levels or (0.0, 0.0, np.log(2.0))
    bad = losses - least <= BEATEN * (chance - least)
    began = since(rounds, bad, TICKS)
    if began is None:
        return None
    return _finding(
        began,
        f"Of {right[-1]:.1%} of the pairs it takes the real image for the more real "
        f"one, with a loss of {losses[-1]:.2g}.",
    )


def _finding(began: int, evidence: str) -> Finding:
    return Finding(
        "discriminator has won",
        began,
        evidence,
        "Weaken it or make it smoother, so that the generator's gradient comes back.",
        ("loss/penalty=r1", "optim.discriminator_lr=5e-5", "loss=hinge"),
    )
