"""Which share of a round its parts take, by playing rounds without some of them.

What a graph takes cannot be split by a clock, so three kinds of rounds take turns in
one process: whole ones; whole ones that log nothing; and rounds that end after the
discriminator's last update. The parts are the differences of their medians:

    data           what a whole round waits for its images
    logging        whole - without logs
    discriminator  until its last update, drawing fakes for it included
    generator      the rest: its update, its moving average

Differences of a percent or two are noise.
"""

import statistics
import time

from omegaconf import DictConfig

from gan_lab.bench.course import Course
from gan_lab.data.samples import Samples

TURNS = 3  # at least


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


def shares(
    gan, whole: Course, config: DictConfig, samples: Samples, seconds: float
) -> dict[str, float]:
    """Seconds of a round that each part takes.

    Args:
        gan: which has played `whole`.
        whole: rounds as they are trained.
        config: of the run.
        samples: what it trains on.
        seconds: how long turns are taken; each has `TURNS` at least.
    """
    parts = (_without_logs(gan), _without_generator(gan))
    courses = [whole, *(Course(part, config, samples) for part in parts)]
    try:
        turns = [[] for _ in courses]
        began = time.perf_counter()
        while len(turns[0]) < TURNS or time.perf_counter() - began < seconds:
            order = list(zip(courses, turns, strict=True))
            for course, found in order if len(turns[0]) % 2 else order[::-1]:
                found.append(course.turn())
    finally:
        for course in courses[1:]:
            course.close()
    return split(*turns)


def split(whole: list[tuple], silent: list[tuple], judged: list[tuple]) -> dict:
    """The parts of a round from turns of the three kinds: (seconds, waited) each."""
    data = statistics.median(waited for _, waited in whole)
    played, quiet, judging = (
        statistics.median(seconds - waited for seconds, waited in turns)
        for turns in (whole, silent, judged)
    )
    logging = played - quiet
    return {
        "data": data,
        "discriminator": judging - logging,
        "generator": played - judging,
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
    from gan_lab.gan import GAN

    other = GAN(gan.networks, gan.objective, step=step, ema=ema)
    other.compile(gan.generator_optimizer, gan.discriminator_optimizer)
    return other
