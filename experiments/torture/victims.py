"""Runs of several kinds, as a user would begin them and have them go on."""

import os
import subprocess
import sys
import time
from pathlib import Path

from folders import leftovers, of_a_run, of_a_sweep

from gan_lab.artifacts import RunFolder

SHARED = {
    "data": "synthetic",
    "data.count": 30,
    "data.image_size": 16,
    "model": "dcgan",
    "model.width": 4,
    "trainer.batch_size": 4,
    "trainer.samples": 4,
    "trainer.steps": 48,
    "trainer.tick_steps": 2,
    "trainer.sample_ticks": 2,
    "trainer.checkpoint_ticks": 3,
    "trainer.keep": 2,
    "trainer.metric_ticks": 3,
    "trainer.metric_samples": 4,
    "trainer.threads": 1,
}
# What each kind has of its own; None takes a key out.
KINDS = {
    "plain": {},
    "dropout": {"model": "digits_28", "model.width": None, "data.image_size": 28},
    "label noise": {"loss.label_noise": 0.1, "trainer.ema": 0},
    "critic steps": {"loss": "wgan_gp", "optim": "rmsprop", "trainer.critic_steps": 3},
    "flips": {"data.flip": True, "data.device": True, "optim.schedule": "linear"},
    "rollback": {
        "optim.lr": 0.1,
        "trainer.metric_ticks": 1,
        "trainer.patience": 1,
        "trainer.on_collapse": "rollback",
        "trainer.attempts": 99,
        "trainer.remedy_penalty": "r1",
    },
    "findings": {
        "optim.lr": 0.02,
        "optim.discriminator_lr": 0.0001,
        "trainer.metric_ticks": 1,
    },
    "scores": {"trainer.metrics": "[swd,ms_ssim,mmd,memorisation]", "trainer.keep": 1},
    "half precision": {"trainer.precision": "mixed_float16", "trainer.steps": 24},
    "two devices": {"trainer.strategy": "mirrored", "trainer.devices": 2},
    "jax": {},
    "sweep": {"seed": "1,2", "sweep.name": "s", "trainer.steps": 24},
}


class Victim:
    """A run, or a sweep of two, in a folder of its own.

    Args:
        kind: one of `KINDS`.
        place: the folder, which is made.
    """

    def __init__(self, kind: str, place: Path):
        self.kind, self.place = kind, place
        self.options = {
            key: value
            for key, value in (SHARED | KINDS[kind]).items()
            if value is not None
        }
        self.is_sweep = kind == "sweep"
        self.process: subprocess.Popen | None = None
        self._resumes, self._said = False, 0
        place.mkdir(parents=True)

    def begin(self) -> None:
        """Start it, or have it go on."""
        runs = self.runs()
        self._resumes = bool(runs)
        line = [f"{key}={value}" for key, value in self.options.items()]
        line = ["-m", *line] if self.is_sweep else ["name=run", *line]
        if runs and not self.is_sweep:
            line = ["resume", str(runs[0])]
        chosen = {"KERAS_BACKEND": "jax"} if self.kind == "jax" else {}
        with (self.place / "said.txt").open("ab") as said:
            self._said = said.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gan_lab", *line],
                cwd=self.place,
                env=os.environ | chosen,
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def wait_for_main(self) -> None:
        """Until the first line of `main`: before it a signal finds Python alone."""
        table = Path(f"/proc/{self.process.pid}/status")
        while self.process.poll() is None:
            caught = table.read_text().partition("SigCgt:")[2].split()
            if caught and int(caught[0], 16) >> 14 & 1:  # SIGTERM
                return
            time.sleep(0.001)

    def said(self) -> str:
        """What the process has said."""
        with (self.place / "said.txt").open("rb") as file:
            file.seek(self._said)
            return file.read().decode("utf-8", "replace")

    def has_begun(self) -> bool:
        """Whether the process answers for the folder."""
        return ("Sweep: " if self.is_sweep else "Run folder: ") in self.said()

    def moment(self) -> str:
        """What the process is doing."""
        if not self.has_begun():
            return "resuming" if self._resumes else "starting"
        return "ending" if self.is_over() else "playing"

    def is_over(self) -> bool:
        """Whether all rounds are played."""
        last = f"\n{self.options['trainer.steps']},"
        tables = [run / "metrics.csv" for run in self.runs()]
        whole = [table.is_file() and last in table.read_text() for table in tables]
        return len(whole) == 1 + self.is_sweep and all(whole)

    def is_writing(self) -> bool:
        """Whether something is being written just now."""
        return bool(leftovers(self.place))

    def status(self) -> str:
        """What all of it has come to."""
        statuses = []
        for run in self.runs():
            statuses.append(RunFolder(run).facts()["status"])
        if not statuses:
            return "nothing"
        whole = len(statuses) == 1 + self.is_sweep
        others = [s for s in statuses if s != "finished"]
        return others[0] if others else "finished" if whole else "stopped"

    def has_ended(self) -> bool:
        """Whether nothing is left to do; a sweep's process writes its board last."""
        done = not self.is_sweep or self.process.returncode == 0
        return done and self.status() == "finished"

    def contents(self) -> dict[str, object]:
        """What must be the same as if it had been left alone."""
        if self.is_sweep:
            return of_a_sweep(self.place / "runs/sweeps/s")
        return of_a_run(self.runs()[0])

    def runs(self) -> list[Path]:
        """The run folders that are there."""
        where = "runs/sweeps/s" if self.is_sweep else "runs/run"
        found = (p.parent for p in self.place.glob(f"{where}/*/run.json"))
        return sorted(p for p in found if p.name[0] != ".")
