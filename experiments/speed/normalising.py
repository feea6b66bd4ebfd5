"""What batch normalisation in one operation saves a round.

    python experiments/speed/normalising.py model=dcgan data=synthetic

Rounds of a configuration as they are trained, against rounds of the same networks in
which Keras' own layers normalise.
"""

import argparse

import keras
from measure import interleave, median_ms, ratio

from gan_lab import load_config
from gan_lab.bench.timed_rounds import TimedRounds
from gan_lab.config.check import check
from gan_lab.data import dataset
from gan_lab.system.console import Console
from gan_lab.training.build import gan_of


def by_keras(gan):
    """The same GAN, in training as Keras itself computes it."""
    gan._generate = lambda latents: gan.generator(latents, training=True)
    gan._judge = lambda images: gan.discriminator(images, training=True)
    return gan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=4)
    asked = parser.parse_args()
    config = check(load_config(*asked.overrides))
    keras.config.set_dtype_policy(config.trainer.precision.value)
    samples = dataset.load(config.data, dataset.find(config.data), Console())
    variants = {
        "one operation": TimedRounds(gan_of(config, samples.shape), config, samples),
        "keras": TimedRounds(by_keras(gan_of(config, samples.shape)), config, samples),
    }
    for rounds in variants.values():
        rounds.chunk = asked.rounds
    seconds = interleave({n: c.turn for n, c in variants.items()}, asked.turns)
    for rounds in variants.values():
        rounds.close()
    for name, turns in seconds.items():
        print(f"{name}: {median_ms(turns, asked.rounds)} a round")
    print(f"time of keras / of one operation: {ratio(*reversed(seconds.values()))}")


if __name__ == "__main__":
    main()
