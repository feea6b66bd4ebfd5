"""The loop of PyTorch's DCGAN example, on its own networks or on those of digits_28.

    python experiments/speed/torch_loop.py dcgan_64 --batches 64 --seconds 20
    python experiments/speed/torch_loop.py dcgan_64 --batches 64 256 1024 \\
        --device cuda --channels-last --bf16 --compile

Prints images a second by batch size. Without `--seconds` it plays as many rounds as it
is told, a number a line, and says `played`: so `against_other_loops.py` uses it.

What the example prints of every round (four numbers that the host waits for) is left
out, and its images lie on the device; both are in its favour.
"""

import argparse
import contextlib
import statistics
import sys
import time

import torch
from torch import nn

TURNS, CHUNK_SECONDS = 5, 0.2


def digits_28():
    """The networks of the recipe; the discriminator gives logits."""
    generator = nn.Sequential(
        nn.Linear(100, 7 * 7 * 256, bias=False),
        nn.BatchNorm1d(7 * 7 * 256),
        nn.LeakyReLU(0.3, inplace=True),
        nn.Unflatten(1, (256, 7, 7)),
        nn.ConvTranspose2d(256, 128, 5, 1, 2, bias=False),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.3, inplace=True),
        nn.ConvTranspose2d(128, 64, 5, 2, 2, 1, bias=False),
        nn.BatchNorm2d(64),
        nn.LeakyReLU(0.3, inplace=True),
        nn.ConvTranspose2d(64, 1, 5, 2, 2, 1, bias=False),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, 64, 5, 2, 2),
        nn.LeakyReLU(0.3, inplace=True),
        nn.Dropout(0.3),
        nn.Conv2d(64, 128, 5, 2, 2),
        nn.LeakyReLU(0.3, inplace=True),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(7 * 7 * 128, 1),
    )
    return generator, discriminator, (1, 28, 28)


def dcgan_64():
    """The networks of the example: nz 100, ngf 64, ndf 64, no biases."""
    generator = [
        nn.Unflatten(1, (100, 1, 1)),
        nn.ConvTranspose2d(100, 512, 4, bias=False),
    ]
    discriminator = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for width in (512, 256, 128):
        generator += [
            nn.BatchNorm2d(width),
            nn.ReLU(True),
            nn.ConvTranspose2d(width, width // 2, 4, 2, 1, bias=False),
        ]
    for width in (128, 256, 512):
        discriminator += [
            nn.Conv2d(width // 2, width, 4, 2, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.LeakyReLU(0.2, True),
        ]
    generator += [
        nn.BatchNorm2d(64),
        nn.ReLU(True),
        nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False),
        nn.Tanh(),
    ]
    discriminator.append(nn.Conv2d(512, 1, 4, bias=False))
    return nn.Sequential(*generator), nn.Sequential(*discriminator), (3, 64, 64)


NETWORKS = {"digits_28": digits_28, "dcgan_64": dcgan_64}


class Loop:
    """Rounds of the example.

    Args:
        asked: what the command line says.
        batch: images a round.
    """

    def __init__(self, asked, batch: int):
        torch.manual_seed(0)
        torch.backends.cudnn.benchmark = True  # as the example does
        self.batch, self.device, self.bf16 = batch, asked.device, asked.bf16
        generator, discriminator, shape = NETWORKS[asked.networks]()
        self.format = (
            torch.channels_last if asked.channels_last else torch.contiguous_format
        )
        place = {"device": self.device, "memory_format": self.format}
        self.generator = generator.to(**place)
        self.discriminator = discriminator.to(**place)
        if asked.compile:
            self.generator.compile()
            self.discriminator.compile()
        self.generator_optimizer = torch.optim.Adam(
            generator.parameters(), 2e-4, (0.5, 0.999)
        )
        self.discriminator_optimizer = torch.optim.Adam(
            discriminator.parameters(), 2e-4, (0.5, 0.999)
        )
        self.criterion = nn.BCELoss()
        self.pictures = torch.randint(
            0, 256, (10_000, *shape), dtype=torch.uint8, device=self.device
        )

    def play(self, rounds: int) -> None:
        """Play so many, and return when they are computed."""
        for _ in range(rounds):
            self._round()
        if self.device == "cuda":
            torch.cuda.synchronize()

    def _round(self) -> None:
        places = torch.randint(0, len(self.pictures), (self.batch,), device=self.device)
        real = self.pictures[places].float() / 127.5 - 1
        real = real.contiguous(memory_format=self.format)
        ones = torch.ones(self.batch, device=self.device)
        zeros = torch.zeros(self.batch, device=self.device)
        self.discriminator.zero_grad()
        self.criterion(self._judge(real), ones).backward()
        with self._precision():
            fake = self.generator(torch.randn(self.batch, 100, device=self.device))
        self.criterion(self._judge(fake.detach()), zeros).backward()
        self.discriminator_optimizer.step()
        self.generator.zero_grad()
        self.criterion(self._judge(fake), ones).backward()
        self.generator_optimizer.step()

    def _judge(self, images):
        with self._precision():
            logits = self.discriminator(images)
        return logits.float().view(-1).sigmoid()  # PyTorch wants this loss in float32

    def _precision(self):
        if not self.bf16:
            return contextlib.nullcontext()
        return torch.autocast(self.device, torch.bfloat16)


def images_per_second(loop: Loop, seconds: float) -> float:
    """The median of turns, after two that prepare and one that counts rounds."""
    loop.play(3)
    began = time.perf_counter()
    loop.play(3)
    chunk = max(1, round(3 * CHUNK_SECONDS / (time.perf_counter() - began)))
    turns, started = [], time.perf_counter()
    while len(turns) < TURNS or time.perf_counter() - started < seconds:
        began = time.perf_counter()
        loop.play(chunk)
        turns.append(time.perf_counter() - began)
    return chunk * loop.batch / statistics.median(turns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("networks", choices=NETWORKS)
    parser.add_argument("--batches", type=int, nargs="+", default=[64])
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--compile", action="store_true")
    asked = parser.parse_args()
    if asked.seconds is None:
        loop = Loop(asked, asked.batches[0])
        for line in sys.stdin:
            loop.play(int(line))
            print("played", flush=True)
        return
    for batch in asked.batches:
        speed = images_per_second(Loop(asked, batch), asked.seconds)
        print(f"batch {batch}: {speed:,.0f} images/s", flush=True)


if __name__ == "__main__":
    main()
