"""A prepared set of 200,000 images: the first batch, and memory while it trains.

    python experiments/speed/opening.py

Makes two sets of 64x64x3, of 5,000 and of 200,000 images (2.5 GB, twice), prepares
them, and opens each in a process of its own. Linux only.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

COUNTS = (5_000, 200_000)


def make(path: Path, count: int) -> None:
    """Noise in a `.npy` file, block by block."""
    shape = (count, 64, 64, 3)
    images = np.lib.format.open_memmap(path, "w+", np.uint8, shape)
    draw = np.random.default_rng(0)
    for start in range(0, count, 5000):
        images[start : start + 5000] = draw.integers(0, 256, (5000, *shape[1:]), "u1")


def look(path: str, cache: str) -> None:
    """Open a prepared set, time its first batch, and train on it."""
    from gan_lab import load_config
    from gan_lab.config.check import check
    from gan_lab.data import dataset
    from gan_lab.data.batches import Batches
    from gan_lab.system.console import Console

    overrides = ("data=array", f"data.path='{path}'", f"data.cache='{cache}'")
    data = check(load_config(*overrides)).data
    began = time.perf_counter()
    samples = dataset.load(data, dataset.find(data), Console())
    Batches(samples, 64, seed=0)(0)
    print(f"first batch of {samples.count:,}: {time.perf_counter() - began:.3f} s")

    from memory import Watch

    import gan_lab

    watch = Watch()
    with tempfile.TemporaryDirectory() as runs:
        sizes = ("model.width=4", "trainer.batch_size=64", "trainer.tick_steps=50")
        length = ("trainer.steps=400", "trainer.sample_ticks=8", f"runs='{runs}'")
        gan_lab.train(load_config(*overrides, *sizes, *length), console=watch)
    print(f"anonymous memory after 400 rounds: {watch.megabytes[-1]:.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--look", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.look:
        return look(*asked.look)
    with tempfile.TemporaryDirectory() as place:
        for count in COUNTS:
            path = Path(place, f"{count}.npy")
            make(path, count)
            prepare = [
                *(sys.executable, "-m", "gan_lab", "data", "prepare", "data=array"),
                *(f"data.path={path}", f"data.cache={place}/cache"),
            ]
            subprocess.run(prepare, check=True)
            program = [sys.executable, __file__, "--look", str(path), f"{place}/cache"]
            subprocess.run(program, check=True)


if __name__ == "__main__":
    main()
