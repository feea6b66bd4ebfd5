"""How many of the 25 Gaussians of a grid an objective finds.

python experiments/objectives/grid.py [--seeds 0 1 2] [--out grid.png]

The networks and settings are those of a published comparison (two layers of 256, Adam
at 2e-4 with betas 0 and 0.99, batches of 256, 20,000 rounds, gamma 1 on a grid of
spacing 2); our grid is five times smaller, so gamma is 25 times less.
"""

import argparse
from pathlib import Path

import numpy as np

import gan_lab
from gan_lab import pictures
from gan_lab.data import dataset
from gan_lab.metrics.mixture import mode_scores
from gan_lab.system.console import Console

COMMON = (
    "data=grid",
    "model=mlp",
    "model.width=256",
    "model.depth=2",
    "model.latent_dim=64",
    "optim.lr=2e-4",
    "optim.beta_1=0.0",
    "optim.beta_2=0.99",
    "optim.epsilon=1e-8",
    "trainer.steps=20000",
    "trainer.batch_size=256",
    "trainer.tick_steps=1000",
)
R1_R2 = ("loss/penalty=r1_r2", "loss.penalty.weight=0.04")
ARMS = {
    "bce": ("loss=bce",),
    "bce, R1 + R2": ("loss=bce", *R1_R2),
    "relativistic": ("loss=relativistic",),
    "relativistic, R1 + R2": ("loss=relativistic", *R1_R2),
}
COUNT, SHOWN = 10_000, 1000


def main() -> None:
    """Train each arm with each seed; a line a run, and a picture of the last seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--runs", default="runs/objectives")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    for seed in asked.seeds:
        sheets = []
        for name, overrides in ARMS.items():
            where = (f"seed={seed}", f"runs='{asked.runs}'")
            config = gan_lab.load_config(*COMMON, *overrides, *where)
            run = gan_lab.train(config, console=Console(quiet=True))
            if run.signal:
                raise SystemExit("stopped")
            mixture = dataset.find(config.data).mixture
            points = run.gan.sample(COUNT, seed=1)
            modes, good = mode_scores(points, *mixture)
            sheets.append(run.draw(points[:SHOWN]))
            row = f"| {name} | {seed} | {modes} | {good:.1%} | {run.seconds:.0f} s |"
            print(row, flush=True)
        if asked.out:
            sheet = pictures.grid(np.stack(sheets), columns=len(sheets))
            pictures.write_png(asked.out, sheet)


if __name__ == "__main__":
    main()
