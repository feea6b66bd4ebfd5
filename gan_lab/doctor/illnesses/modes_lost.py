"""The illness `modes lost`."""

from gan_lab.doctor.finding import AGAIN, Finding, Table, since
from gan_lab.doctor.illnesses.noise import noise
from gan_lab.doctor.known import illness

LOST = 0.7  # share of the classes, or modes, that are generated


@illness(place=6)
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
