"""Whether a run's anonymous resident memory is flat from round 100 to round 2,000.

    python experiments/speed/memory.py

A whole run, with everything that happens at ticks; Linux only.
"""

import re
import tempfile
from pathlib import Path

import gan_lab
from gan_lab.system.console import Console

ROUNDS = range(100, 2001, 100)


def anonymous_megabytes() -> float:
    """Resident memory that no file backs."""
    smaps = Path("/proc/self/smaps_rollup").read_text()
    return int(re.search(r"^Anonymous: +(\d+) kB", smaps, re.M)[1]) / 1024


class Watch(Console):
    """Measures when a tick is said."""

    def __init__(self):
        super().__init__()
        self.megabytes = []

    def say(self, line: str) -> None:
        """Note the memory instead of the line."""
        if line.startswith("round"):
            self.megabytes.append(anonymous_megabytes())


def main() -> None:
    watch = Watch()
    with tempfile.TemporaryDirectory() as runs:
        config = gan_lab.load_config(
            "data=synthetic",
            "data.count=5000",
            "model.width=8",
            "trainer.batch_size=16",
            "trainer.tick_steps=100",
            "trainer.sample_ticks=1",
            "trainer.checkpoint_ticks=1",
            "trainer.steps=2000",
            f"runs='{runs}'",
        )
        gan_lab.train(config, console=watch)
    for round, megabytes in zip(ROUNDS, watch.megabytes, strict=True):
        print(f"round {round:5}: {megabytes:.1f} MB")
    print(f"from 100 to 2,000: {watch.megabytes[-1] - watch.megabytes[0]:+.1f} MB")


if __name__ == "__main__":
    main()
