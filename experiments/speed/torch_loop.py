"""The loop of PyTorch's DCGAN example on the networks of digits_28.

Started by `against_other_loops.py`: it reads a number of rounds a line, plays them, and
says `played`.
"""

import sys

import torch
from torch import nn


def networks():
    """The generator and the discriminator, with the sigmoid of the example."""
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
        nn.Sigmoid(),
    )
    return generator, discriminator


def main() -> None:
    batch, memory_format = int(sys.argv[1]), sys.argv[2]
    torch.manual_seed(0)
    generator, discriminator = networks()
    if memory_format == "channels_last":
        generator.to(memory_format=torch.channels_last)
        discriminator.to(memory_format=torch.channels_last)
    criterion = nn.BCELoss()
    generator_optimizer = torch.optim.Adam(generator.parameters(), 1e-4)
    discriminator_optimizer = torch.optim.Adam(discriminator.parameters(), 1e-4)
    pictures = torch.randint(0, 256, (10_000, 1, 28, 28), dtype=torch.uint8)

    for line in sys.stdin:
        for _ in range(int(line)):
            places = torch.randint(0, len(pictures), (batch,))
            real = pictures[places].float() / 127.5 - 1
            ones, zeros = torch.ones(batch), torch.zeros(batch)
            discriminator.zero_grad()
            criterion(discriminator(real).view(-1), ones).backward()
            fake = generator(torch.randn(batch, 100))
            criterion(discriminator(fake.detach()).view(-1), zeros).backward()
            discriminator_optimizer.step()
            generator.zero_grad()
            criterion(discriminator(fake).view(-1), ones).backward()
            generator_optimizer.step()
        print("played", flush=True)


if __name__ == "__main__":
    main()
