"""Digests of what short runs of every kind leave, to compare two revisions.

python experiments/bytes/record.py [--only PATTERN] [--runs FOLDER]

Prints a line a case: its name, and digests of its rows (but for times), grids, scores
and newest checkpoint. Each run is stopped half way and resumed. Two revisions print the
same on one machine where no run has changed. From the root of a checkout:

    git worktree add ../before REVISION
    PYTHONPATH=../before python experiments/bytes/record.py >before.txt
    PYTHONPATH=. python experiments/bytes/record.py >after.txt
    diff before.txt after.txt
"""

import argparse
import contextlib
import csv
import fnmatch
import hashlib
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import gan_lab

SMALL = (
    "data=synthetic",
    "data.image_size=16",
    "data.channels=3",
    "trainer.batch_size=8",
    "trainer.samples=4",
    "trainer.steps=8",
    "trainer.tick_steps=2",
    "trainer.sample_ticks=1",
    "trainer.checkpoint_ticks=1",
    "trainer.metric_ticks=2",
    "trainer.metric_samples=16",
)
DCGAN = ("model=dcgan", "model.width=4")
POINTS = ("model=mlp", "data.image_size=null", "data.channels=null")
LOSSES = ("bce", "minimax", "least_squares", "hinge", "wasserstein", "wgan_gp")
PENALTIES = ("gradient_penalty", "r1", "dragan")
RECIPES = {
    "digits_28": (28, 1),
    "faces_28": (28, 3),
    "faces_64": (64, 3),
    "roses_64": (64, 3),
    "faces_128": (128, 3),
}
TIMING = ("seconds", "speed/")
ALONE = ("two devices",)  # a processor is divided before the first run of a process

CASES = {
    **{f"loss {name}": (*DCGAN, f"loss={name}") for name in LOSSES},
    **{f"penalty {name}": (*DCGAN, f"loss/penalty={name}") for name in PENALTIES},
    "penalty of wasserstein": (*DCGAN, "loss=wasserstein", "loss/penalty=r1"),
    "label noise": (*DCGAN, "loss.real_target=0.9", "loss.label_noise=0.2"),
    "adam": (*DCGAN, "optim.clipnorm=0.1", "optim.weight_decay=0.01"),
    "rmsprop": (*DCGAN, "optim=rmsprop", "optim.schedule=cosine"),
    "sgd": (*DCGAN, "optim=sgd", "optim.momentum=0.5", "optim.schedule=linear"),
    "two learning rates": (*DCGAN, "optim.discriminator_lr=1e-3"),
    "critic steps": (*DCGAN, "trainer.critic_steps=3"),
    "shared latents": (*DCGAN, "trainer.latents=shared"),
    "simultaneous": (*DCGAN, "trainer=simultaneous"),
    "no average": (*DCGAN, "trainer.ema=0"),
    "uniform latents": (*DCGAN, "model.latent=uniform", "model.latent_dim=8"),
    "no norms": (*DCGAN, "model.norm=none", "model.discriminator_norm=none"),
    "instance norms": (*DCGAN, "model.norm=instance", "model.discriminator_norm=batch"),
    "flip": (*DCGAN, "data.flip=true", "data.holdout=0.2"),
    "order kept": (*DCGAN, "data.shuffle=false", "data.limit=30"),
    "on the device": (*DCGAN, "data.device=true"),
    "bfloat16": (*DCGAN, "trainer.precision=mixed_bfloat16"),
    "float16": (*DCGAN, "trainer.precision=mixed_float16"),
    "jit": (*DCGAN, "trainer.jit=true"),
    "two devices": (*DCGAN, "trainer.strategy=mirrored", "trainer.devices=2"),
    "features": (*DCGAN, "trainer.metrics=[frechet,prdc,kernel,memorisation]"),
    "rollback": (
        *DCGAN,
        "trainer.on_collapse=rollback",
        "trainer.patience=1",
        "trainer.metric_ticks=1",
        "trainer.remedy_penalty=r1",
        "optim.lr=0.05",
    ),
    "mlp": ("model=mlp",),
    "ring": ("data=ring", *POINTS, "loss/penalty=r1"),
    "grid": ("data=grid", *POINTS, "trainer.metrics=[mixture]"),
    "digits": ("data=digits", "data.image_size=null", "data.channels=null", *DCGAN),
    **{
        f"recipe {name}": (
            f"experiment={name}",
            f"data.image_size={size}",
            f"data.channels={channels}",
            "trainer.steps=2",
            "trainer.tick_steps=1",
            "trainer.batch_size=2",
            "trainer.samples=1",
            "trainer.metric_samples=4",
        )
        for name, (size, channels) in RECIPES.items()
    },
}


def main() -> None:
    """Play each case; a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*", help="a pattern of names")
    parser.add_argument("--runs", type=Path, help="where the run folders stay")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        runs = asked.runs or Path(temporary)
        for name in fnmatch.filter(CASES, asked.only):
            if name in ALONE and asked.only != name:
                subprocess.run([sys.executable, __file__, "--only", name], check=True)
                continue
            try:
                digests = _played(CASES[name], runs / name.replace(" ", "_"))
            except gan_lab.GanLabError as error:
                digests = f"{type(error).__name__}: {error}"
            print(f"{name}: {digests}", flush=True)


def _played(overrides: tuple[str, ...], folder: Path) -> str:
    """Train half of it, resume, and digest the folder."""
    given = [*SMALL, *overrides, f"runs='{folder}'"]
    config = gan_lab.load_config(*given)
    half = config.trainer.steps // 2
    with contextlib.redirect_stdout(io.StringIO()):
        run = gan_lab.train(config, until=half, folder=folder / "run")
        gan_lab.resume(run.folder.path)
    parts = {
        "rows": _rows(folder / "run/metrics.csv"),
        "grids": _files(sorted((folder / "run/samples").glob("*.png"))),
        "scores": _scores(folder / "run/scores.jsonl"),
        "state": _state(sorted((folder / "run/checkpoints").iterdir())[-1]),
    }
    return "  ".join(f"{name} {value}" for name, value in parts.items())


def _rows(table: Path) -> str:
    with table.open() as lines:
        rows = [
            {k: v for k, v in row.items() if not k.startswith(TIMING)}
            for row in csv.DictReader(lines)
        ]
    return _digest(repr(rows).encode())


def _scores(path: Path) -> str:
    lines = path.read_text().splitlines() if path.is_file() else []
    values = [
        {k: v for k, v in json.loads(line).items() if k in ("name", "round", "value")}
        for line in lines
    ]
    return _digest(repr(values).encode())


def _files(paths: list[Path]) -> str:
    return _digest(b"".join(path.name.encode() + path.read_bytes() for path in paths))


def _state(checkpoint: Path) -> str:
    with np.load(checkpoint / "state.npz", allow_pickle=False) as state:
        arrays = {name: state[name] for name in sorted(state)}
    content = b"".join(
        f"{name} {values.dtype} {values.shape}".encode() + values.tobytes()
        for name, values in arrays.items()
    )
    return f"{checkpoint.name}:{_digest(content)}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


if __name__ == "__main__":
    main()
