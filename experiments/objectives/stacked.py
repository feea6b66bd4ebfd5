"""How many modes of StackedMNIST an objective finds.

python experiments/objectives/stacked.py --path mnist [--digits 5] [--steps 3000]
    [--weight 1] [--samples 5000] [--seeds 0] [--arms NAME ...] [--out stacked.png]
"""

import argparse
from pathlib import Path

import numpy as np

import gan_lab
from gan_lab import pictures
from gan_lab.system.console import Console

COMMON = (
    "data=stacked_mnist",
    "model=dcgan",
    "model.width=32",
    "model.discriminator_norm=none",
    "optim.lr=2e-4",
    "optim.beta_1=0.0",
    "optim.beta_2=0.99",
    "optim.epsilon=1e-8",
    "trainer.batch_size=64",
    "trainer.ema_half_life=32000",
    "trainer.tick_steps=500",
    "trainer.metrics=[]",
)
ARMS = {
    "relativistic, R1 + R2": ("loss=relativistic", "loss/penalty=r1_r2"),
    "bce": ("loss=bce",),
    "bce, R1 + R2": ("loss=bce", "loss/penalty=r1_r2"),
    "bce, R1": ("loss=bce", "loss/penalty=r1"),
    "relativistic, R1": ("loss=relativistic", "loss/penalty=r1"),
}
SCORES = ["stacked_modes", "stacked_kl"]


def main() -> None:
    """Train each arm with each seed; a line a run, and a picture of the last seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", required=True)
    parser.add_argument("--digits", type=int, default=5)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--weight", type=float, default=1.0)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--runs", default="runs/objectives")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    for seed in asked.seeds:
        grids = []
        for name in asked.arms:
            run = trained(asked, name, seed)
            found = gan_lab.evaluate(
                run.folder.path, metrics=SCORES, samples=asked.samples
            )
            modes, kl = (s.value for n in SCORES for s in found if s.name == n)
            grids.append(pictures.grid(run.gan.sample(64, seed=1)))
            row = f"| {name} | {seed} | {modes:.0f} | {kl:.3f} | {run.seconds:.0f} s |"
            print(row, flush=True)
        if asked.out:
            pictures.write_png(asked.out, np.concatenate(grids, axis=1))


def trained(asked: argparse.Namespace, name: str, seed: int) -> gan_lab.Run:
    """The run of an arm."""
    penalty = "loss/penalty" in " ".join(ARMS[name])
    config = gan_lab.load_config(
        *COMMON,
        *ARMS[name],
        *([f"loss.penalty.weight={asked.weight}"] if penalty else []),
        f"data.path='{asked.path}'",
        f"data.digits={asked.digits}",
        f"trainer.steps={asked.steps}",
        f"seed={seed}",
        f"runs='{asked.runs}'",
    )
    run = gan_lab.train(config, console=Console(quiet=True))
    if run.signal:
        raise SystemExit("stopped")
    return run


if __name__ == "__main__":
    main()
