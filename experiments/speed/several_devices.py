"""What it costs to share a batch among devices that are one CPU.

    python experiments/speed/several_devices.py experiment=roses_64 data.path=roses.zip

Rounds on two logical devices take turns with rounds on one of them, with the same
global batch, in one process: what differs is the arithmetic of half batches and what
the devices tell each other.
"""

import argparse

from measure import interleave, ratio

from gan_lab import backend, load_config
from gan_lab.bench.timed_rounds import TimedRounds
from gan_lab.config.check import check
from gan_lab.data import dataset
from gan_lab.system.console import Console
from gan_lab.training.build import gan_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--count", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--turns", type=int, default=7)
    asked = parser.parse_args()
    config = check(load_config(*asked.overrides))
    devices = {
        "several": backend.Devices("mirrored", asked.count),  # it divides the CPU
        "one": backend.Devices(),
    }
    samples = dataset.load(config.data, dataset.find(config.data), Console())
    variants = {}
    for name, shared in devices.items():
        with shared.scope():
            gan = gan_of(config, samples.shape)
        variants[name] = TimedRounds(gan, config, samples, shared)
        variants[name].chunk = asked.rounds
    seconds = interleave(
        {name: rounds.turn for name, rounds in variants.items()}, asked.turns
    )
    for rounds in variants.values():
        rounds.close()
    print(
        f"time of a round on {asked.count} devices / on one: "
        f"{ratio(seconds['several'], seconds['one'])}"
    )


if __name__ == "__main__":
    main()
