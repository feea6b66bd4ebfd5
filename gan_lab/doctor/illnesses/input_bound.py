"""The illness `input-bound`."""

from gan_lab.doctor.finding import TICKS, Finding, Table, since
from gan_lab.doctor.known import illness

WAITING = 0.2  # share of the time


@illness(place=10)
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
