"""Which operations the rounds of an experiment spend their time in.

    python experiments/speed/operations.py experiment=roses_64 data.path=roses.zip

Some rounds under TensorFlow's profiler. Shares are of the time of all operations, over
all threads; a thread that helps another's operation is not counted twice.
"""

import argparse
import collections
import re
import tempfile
from pathlib import Path

import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from gan_lab import load_config
from gan_lab.bench.timed_rounds import TimedRounds
from gan_lab.config.check import check
from gan_lab.data import dataset
from gan_lab.system.console import Console
from gan_lab.training.build import gan_of

SHOWN = 10


def times(space) -> collections.Counter:
    """Picoseconds by operation, `path:kind`, that executors have run."""
    found = collections.Counter()
    for plane in space.planes:
        names = {key: known.name for key, known in plane.event_metadata.items()}
        for line in plane.lines:
            for event in line.events:
                name = names[event.metadata_id]
                if "/" in name and re.fullmatch(r"[^:]+:\w+", name):
                    found[name] += event.duration_ps
    return found


def by_kind(found: collections.Counter) -> collections.Counter:
    """The same by kind alone, without the name of who computes it."""
    kinds = collections.Counter()
    for name, spent in found.items():
        kind = name.rpartition(":")[2]
        kinds[re.sub("^_(Mkl(Native)?|Fused)+|^_", "", kind)] += spent
    return kinds


def profile(rounds: TimedRounds, turns: int):
    """What the profiler saw of so many turns."""
    with tempfile.TemporaryDirectory() as place:
        with tf.profiler.experimental.Profile(place):
            for _ in range(turns):
                rounds.turn()
        (file,) = Path(place).rglob("*.xplane.pb")
        return xplane_pb2.XSpace.FromString(file.read_bytes())


def show(found: collections.Counter) -> None:
    """The largest shares."""
    for name, spent in found.most_common(SHOWN):
        print(f"{spent / found.total():6.1%}  {name.rpartition('Call/')[2]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    config = check(load_config(*asked.overrides))
    samples = dataset.load(config.data, dataset.find(config.data), Console())
    rounds = TimedRounds(gan_of(config, samples.shape), config, samples)
    found = times(profile(rounds, asked.turns))
    rounds.close()
    show(by_kind(found))
    print()
    show(found)


if __name__ == "__main__":
    main()
