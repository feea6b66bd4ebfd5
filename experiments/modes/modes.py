"""How many modes of a mixture a GAN finds, with and without a penalty.

python experiments/modes/modes.py --data ring [--seeds 0 1 2] [--out ring.png]
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
    "model=mlp",
    "loss=bce",
    "optim.lr=1e-3",
    "trainer.steps=8000",
    "trainer.batch_size=256",
    "trainer.tick_steps=500",
)
R1 = ("loss/penalty=r1", "loss.penalty.weight=0.1")
VARIANTS = {
    "plain": (),
    "r1": R1,
    "plain, beta_1 0.9": ("optim.beta_1=0.9",),
    "r1, beta_1 0.9": (*R1, "optim.beta_1=0.9"),
}
COUNT, SHOWN = 2500, 1000


def main() -> None:
    """Train each variant with each seed; a line a run, and a picture of the last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=("ring", "grid"), required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--runs", default="runs/modes")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    quiet = Console(quiet=True)
    for seed in asked.seeds:
        sheets = []
        for name, overrides in VARIANTS.items():
            config = gan_lab.load_config(
                f"data={asked.data}",
                *COMMON,
                *overrides,
                f"seed={seed}",
                f"runs='{asked.runs}'",
            )
            run = gan_lab.train(config, console=quiet)
            if run.signal:
                raise SystemExit("stopped")
            found = dataset.find(config.data)
            points = run.gan.sample(COUNT, seed=1)
            modes, good = mode_scores(points, *found.mixture)
            sheets.append(run.draw(points[:SHOWN]))
            print(
                f"{asked.data} | {name} | {seed} | {modes} of "
                f"{len(found.mixture.centres)} | {good:.1%} | {run.seconds:.0f} s",
                flush=True,
            )
        if asked.out:
            sheet = pictures.grid(np.stack(sheets), columns=len(sheets))
            pictures.write_png(asked.out, sheet)


if __name__ == "__main__":
    main()
