"""The networks of digits_28: gan_lab's steps against the loops that people copy.

    python experiments/speed/against_other_loops.py --batch 16
    python experiments/speed/against_other_loops.py --batch 128

`article` is what the faces_128 article prints: predict, concatenate, train_on_batch of
the discriminator, train_on_batch of both with the discriminator frozen. `torch` is the
loop of PyTorch's DCGAN example on the same networks, in a process of its own, where
torch is installed for the interpreter that `--torch` names.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
from measure import interleave, median_ms, ratio
from ours import images, rounds

from gan_lab.models.digits_28 import digits_28
from gan_lab.steps import Alternating, Simultaneous


def article(batch: int):
    """A function that plays so many rounds as the article does."""
    keras.utils.set_random_seed(0)
    networks = digits_28((28, 28, 1))
    generator, discriminator = networks.generator, networks.discriminator
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    discriminator.compile(keras.optimizers.Adam(1e-4), loss)
    discriminator.trainable = False
    latents = keras.Input((100,))
    both = keras.Model(latents, discriminator(generator(latents)))
    both.compile(keras.optimizers.Adam(1e-4), loss)
    pictures = images().astype("float32") / 127.5 - 1

    def play(count):
        for _ in range(count):
            noise = np.random.normal(size=(batch, 100))
            fake = generator.predict(noise, verbose=0)
            real = pictures[np.random.randint(0, len(pictures), batch)]
            labels = np.concatenate([np.zeros((batch, 1)), np.ones((batch, 1))])
            discriminator.train_on_batch(np.concatenate([fake, real]), labels)
            noise = np.random.normal(size=(batch, 100))
            both.train_on_batch(noise, np.ones((batch, 1)))

    return play


class Torch:
    """Plays rounds in a process that has torch."""

    def __init__(self, interpreter: str, batch: int, memory_format: str):
        program = Path(__file__).with_name("torch_loop.py")
        self._process = subprocess.Popen(
            [interpreter, str(program), str(batch), memory_format],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, count: int) -> None:
        """Play so many rounds, and return when they are played."""
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        if self._process.stdout.readline() != "played\n":
            raise RuntimeError("the torch loop ended")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--torch", default=sys.executable)
    asked = parser.parse_args()
    count = asked.rounds or max(4, 640 // asked.batch)
    plays = {
        "shared": rounds(Alternating(shared=True), asked.batch),
        "fresh": rounds(Alternating(), asked.batch),
        "simultaneous": rounds(Simultaneous(), asked.batch),
        "article": article(asked.batch),
    }
    test = [asked.torch, "-c", "import torch"]
    if subprocess.run(test, capture_output=True).returncode == 0:
        for memory_format in ("contiguous", "channels_last"):
            torch = Torch(asked.torch, asked.batch, memory_format)
            plays[f"torch {memory_format}"] = torch
    seconds = interleave(
        {name: (lambda play=play: play(count)) for name, play in plays.items()},
        asked.turns,
    )
    for name, turns in seconds.items():
        print(
            f"{name}: {median_ms(turns, count)} a round, batch {asked.batch}; "
            f"time / shared {ratio(turns, seconds['shared'])}"
        )
    shared = ratio(seconds["shared"], seconds["simultaneous"])
    fresh = ratio(seconds["fresh"], seconds["simultaneous"])
    print(f"time of shared / simultaneous: {shared}")
    print(f"time of fresh / simultaneous: {fresh}")


if __name__ == "__main__":
    main()
