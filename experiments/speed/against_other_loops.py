"""gan_lab's steps against the loops that people copy, on the same networks.

    python experiments/speed/against_other_loops.py --batch 16
    python experiments/speed/against_other_loops.py --batch 128
    python experiments/speed/against_other_loops.py --networks dcgan_64 --batch 64

`torch` is the loop of PyTorch's DCGAN example, in a process of its own, where torch is
installed for the interpreter that `--torch` names. `article`, on the networks of
digits_28, is what the faces_128 article prints: predict, concatenate, train_on_batch of
the discriminator, train_on_batch of both with the discriminator frozen.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
from measure import interleave, median_ms, ratio
from ours import SHAPES, images, networks, rounds, trained

from gan_lab.flops import of_network, of_round
from gan_lab.trainers.steps import Alternating, Simultaneous


def article(batch: int):
    """A function that plays so many rounds as the article does."""
    keras.utils.set_random_seed(0)
    pair = networks("digits_28")
    generator, discriminator = pair.generator, pair.discriminator
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

    def __init__(self, interpreter: str, *arguments: str):
        program = Path(__file__).with_name("torch_loop.py")
        self._process = subprocess.Popen(
            [interpreter, str(program), *arguments],
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
    parser.add_argument("--networks", choices=SHAPES, default="digits_28")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--torch", default=sys.executable)
    asked = parser.parse_args()
    count = asked.rounds or max(4, 640 // asked.batch)
    steps = {"shared": Alternating(shared=True)}
    if asked.networks == "digits_28":
        steps |= {"fresh": Alternating(), "simultaneous": Simultaneous()}
    gans = {name: trained(step, asked.networks) for name, step in steps.items()}
    plays = {name: rounds(gan, asked.batch) for name, gan in gans.items()}
    if asked.networks == "digits_28":
        plays["article"] = article(asked.batch)
    test = [asked.torch, "-c", "import torch"]
    if subprocess.run(test, capture_output=True).returncode == 0:
        loop = [asked.torch, asked.networks, "--batches", str(asked.batch)]
        plays["torch"] = Torch(*loop)
        plays["torch channels last"] = Torch(*loop, "--channels-last")
    print_arithmetic(gans["shared"], asked.batch)
    seconds = interleave(
        {name: (lambda play=play: play(count)) for name, play in plays.items()},
        asked.turns,
    )
    for name, turns in seconds.items():
        print(
            f"{name}: {median_ms(turns, count)} a round, batch {asked.batch}; "
            f"time / shared {ratio(turns, seconds['shared'])}"
        )
    if "simultaneous" in seconds:
        for name in ("shared", "fresh"):
            compared = ratio(seconds[name], seconds["simultaneous"])
            print(f"time of {name} / simultaneous: {compared}")


def print_arithmetic(gan, batch: int) -> None:
    """GFLOP of a round, ours and PyTorch's."""
    ours = of_round(gan, batch)
    # Its generator's update computes the gradient of the discriminator's weights, too.
    more = batch * of_network(gan.discriminator).weights
    print(f"GFLOP a round: shared {ours / 1e9:.1f}, torch {(ours + more) / 1e9:.1f}")


if __name__ == "__main__":
    main()
