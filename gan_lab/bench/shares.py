"""Shares of the parts of a round, measured by playing rounds without some of them.

What a graph takes cannot be split by a clock, so three kinds of rounds take turns in
one process: whole ones; silent ones, which log nothing; and judging ones, which end
after the discriminator's last update. The parts are differences, taken between turns
that follow each other, since others use the machine too; of all turns, the median:

    data           what a whole round waits for its images
    logging        whole - silent
    discriminator  judging - logging: drawing the fakes for it is included
    generator      whole - judging: its update, and its moving average

A few percent are noise, more so where others use the machine.
"""

import contextlib
import statistics
from collections.abc import Iterator
from operator import truediv

from omegaconf import DictConfig

from gan_lab import backend
from gan_lab.bench.timed_rounds import TimedRounds
from gan_lab.data.samples import Samples


class DiscriminatorAlone:
    """The updates of the discriminator of a round, and nothing of the generator's.

    Args:
        critic_steps: how many.
    """

    def __init__(self, critic_steps: int):
        self.critic_steps = critic_steps

    def play(self, gan, real: list) -> dict:
        """Update the discriminator of `gan`; logs as a whole round has them."""
        for batch in real:
            fake, _ = gan.generate(batch.shape[0])
            logs = gan.update_discriminator(batch, fake)
        return logs | {"loss/generator": 0.0 * logs["loss/discriminator"]}


@contextlib.contextmanager
def kinds(
    gan,
    whole: TimedRounds,
    config: DictConfig,
    samples: Samples,
    devices: backend.Devices,
) -> Iterator[dict[str, TimedRounds]]:
    """The three kinds of rounds, by name.

    Args:
        gan: which plays `whole`.
        whole: rounds as they are trained.
        config: of the run.
        samples: what it trains on.
        devices: that share a batch.
    """
    with contextlib.ExitStack() as stack:
        found = {"whole": whole}
        with devices.scope():
            others = {"silent": _without_logs(gan), "judging": _without_generator(gan)}
        for name, other in others.items():
            found[name] = TimedRounds(other, config, samples, devices)
            stack.callback(found[name].close)
        yield found


def split(turns: dict[str, list[tuple]]) -> dict[str, float]:
    """Seconds of a round that each part takes.

    Args:
        turns: of each kind of rounds, `(seconds, waited)` a round of each turn, in
            their order.
    """
    played = {kind: [took - waited for took, waited in turns[kind]] for kind in turns}
    whole = statistics.median(played["whole"])
    silent, judging = (
        whole * statistics.median(map(truediv, played[kind], played["whole"]))
        for kind in ("silent", "judging")
    )
    logging = whole - silent
    return {
        "data": statistics.median(waited for _, waited in turns["whole"]),
        "discriminator": judging - logging,
        "generator": whole - judging,
        "logging": logging,
    }


def _without_logs(gan):
    """The same networks and optimisers in a GAN that keeps no means."""
    silent = _other(gan, gan.step, gan.ema)
    silent.train_step = silent.play_round
    return silent


def _without_generator(gan):
    return _other(gan, DiscriminatorAlone(gan.step.critic_steps), 0.0)


def _other(gan, step, ema: float):
    from gan_lab.gan.model import GAN

    other = GAN(gan.networks, gan.objective, step=step, augment=gan.augment, ema=ema)
    other.compile(gan.generator_optimizer, gan.discriminator_optimizer)
    return other
