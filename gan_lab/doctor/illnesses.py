"""The illnesses of a run: each a function from its table to a finding, or to None.

They look at the end of the table: what has passed is no finding.
"""

import numpy as np

from gan_lab.doctor.finding import Finding, Table, since

WON, SATURATED = 0.99, 0.05  # accuracy, and the discriminator's two losses
BEATEN = 0.036  # share of the way from the least of these losses to chance
TICKS, LOOKS, AGAIN = 10, 3, 2  # of the end of the table: rows, and measurements
MOVED = 0.01  # share of itself by which a loss moves
STILL, SPAN = 0.5, 100  # levels of 255 by which a grid changes, in so many rounds
FALLEN = 0.5  # share of its best that diversity has fallen to
LOST = 0.7  # share of the classes, or modes, that are generated
COPIES, NEARER = 0.15, 0.8  # share of copies; distances to training and to holdout
STRANGE = 2.0  # times the distance between real pictures
WORSE = 1.5  # times the best score
HUGE = 1e4  # a loss or a logit
WAITING = 0.2  # share of the time
DISTANCES = ("fid", "frechet", "swd")


def not_finite(table: Table) -> Finding | None:
    """NaN, infinity, or numbers on their way there."""
    for row in table.rows[-TICKS:]:
        for name, value in row.items():
            if name.startswith(("loss/", "logits/", "penalty/")) and not (
                abs(value) <= HUGE
            ):
                return Finding(
                    "NaN nearby",
                    row["round"],
                    f"{name} is {value:.3g}.",
                    "Losses of this size end in NaN: smaller steps, clipped gradients "
                    "or a penalty hold them.",
                    ("optim.lr=5e-5", "optim.clipnorm=1", "loss/penalty=r1"),
                )
    return None


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


def modes_lost(table: Table) -> Finding | None:
    """Classes, or modes, that are hardly generated; noise has none to speak of."""
    if noise(table):
        return None
    for name in table.scores("mode_share"):
        rounds, shares = table.column(name)
        began = since(rounds, shares < LOST, AGAIN)
        if began is None:
            continue
        _, even = table.column(name.replace("mode_share", "modes_effective"))
        _, hit = table.column(name.replace("mode_share", "modes"))
        counts = even if len(even) else hit
        return Finding(
            "modes lost",
            began,
            f"The samples spread over {counts[-1]:.1f} modes, {shares[-1]:.0%} of "
            "those of the real ones.",
            "A penalty on the discriminator's slope, or another loss, brings modes "
            "back; so does a larger batch.",
            ("loss/penalty=r1", "loss=wgan_gp", "trainer.batch_size=256"),
        )
    return None


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


def input_bound(table: Table) -> Finding | None:
    """Rounds that wait for their images."""
    rounds, waits = table.column("speed/data_wait")
    began = since(rounds, waits > WAITING, TICKS)
    if began is None:
        return None
    return Finding(
        "input-bound",
        began,
        f"{waits[-1]:.0%} of the time is spent waiting for images.",
        "Prepared images read from a slow disk, or nothing left to compute: move the "
        "cache to a faster disk.",
        ("data.cache=/fast/disk", "trainer.batch_size=256"),
    )


ILLNESSES = (
    not_finite,
    stuck,
    won,
    standing_still,
    less_diverse,
    modes_lost,
    memorising,
    noise,
    past_its_best,
    input_bound,
)
