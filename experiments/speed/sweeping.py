"""What a sweep costs beside the same jobs in a shell loop, and what two workers save.

    python experiments/speed/sweeping.py --jobs 8 --rounds 1000

The loop, a sweep and a sweep with two workers take turns; each job is a run of its own.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GAN_LAB = [sys.executable, "-m", "gan_lab"]


def run(arguments: list[str], folder: Path) -> tuple[float, float]:
    """Seconds of a command line, and the most MB that its own process had."""
    began, most = time.perf_counter(), 0.0
    process = subprocess.Popen(
        [*GAN_LAB, *arguments], cwd=folder, stdout=subprocess.DEVNULL
    )
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        found = re.search(r"VmHWM:\s+(\d+)", status.read_text())
        most = max(most, int(found[1]) / 1024) if found else most
        time.sleep(0.2)
    if process.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {process.returncode}")
    return time.perf_counter() - began, most


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=1000)
    asked = parser.parse_args()
    rounds = f"trainer.steps={asked.rounds}"
    seeds = [str(seed) for seed in range(asked.jobs)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(["trainer.steps=1", "name=warm"], folder)
        loop = sum(run([rounds, f"seed={seed}"], folder)[0] for seed in seeds)
        line = ["-m", rounds, f"seed={','.join(seeds)}"]
        one, memory = run([*line, "sweep.name=one"], folder)
        two, _ = run([*line, "sweep.name=two", "sweep.workers=2"], folder)
    print(f"{asked.jobs} jobs of {asked.rounds} rounds")
    print(f"shell loop      {loop:7.1f} s, {loop / asked.jobs:.1f} s a job")
    print(f"sweep           {one:7.1f} s, {(one - loop) / asked.jobs:+.1f} s a job")
    print(f"two workers     {two:7.1f} s, {two / one:.2f} of one worker")
    print(f"parent          {memory:7.0f} MB at most")


if __name__ == "__main__":
    main()
