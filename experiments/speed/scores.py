"""The scores of features against the way they are usually computed, and its memory.

    python experiments/speed/scores.py frechet
    python experiments/speed/scores.py manifold
    python experiments/speed/scores.py memory

`frechet`: NumPy's covariances and scipy's matrix root, as in the published code of the
FID. `manifold`: three full matrices of scikit-learn's distances, as in the published
code of density and coverage. Needs scipy and scikit-learn; the memory is Linux only.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from measure import interleave, ratio

from gan_lab.metrics.frechet import frechet_distance, gather
from gan_lab.metrics.neighbours import manifold_scores

NEIGHBOURS = 5


def features(count: int, dimensions: int, seed: int) -> np.ndarray:
    """At least 0 and of few dimensions in the main, as a network's are."""
    draw = np.random.default_rng(seed)
    mixing = np.random.default_rng(100).standard_normal((64, dimensions), np.float32)
    main = draw.standard_normal((count, 64), np.float32) @ mixing / 8
    rest = draw.standard_normal((count, dimensions), np.float32)
    return np.maximum(main + np.float32(0.3) * rest + np.float32(0.02 * seed), 0)


def our_frechet(real, fake):
    return frechet_distance(gather(real), gather(fake))


def usual_frechet(real, fake):
    from scipy.linalg import sqrtm

    means = [part.mean(axis=0, dtype=np.float64) for part in (real, fake)]
    covariances = [np.cov(part, rowvar=False) for part in (real, fake)]
    root = sqrtm(covariances[0] @ covariances[1]).real
    apart = np.sum(np.square(means[0] - means[1]))
    return apart + sum(np.trace(each) for each in covariances) - 2 * np.trace(root)


def our_manifold(real, fake):
    return manifold_scores(real, fake, neighbours=NEIGHBOURS)


def usual_manifold(real, fake):
    from sklearn.metrics import pairwise_distances

    def radii(x):
        distances = pairwise_distances(x, x, metric="euclidean", n_jobs=8)
        near = np.argpartition(distances, NEIGHBOURS + 1, axis=-1)
        near = near[..., : NEIGHBOURS + 1]
        return np.take_along_axis(distances, near, axis=-1).max(axis=-1)

    real_radii, fake_radii = radii(real), radii(fake)
    pairs = pairwise_distances(real, fake, metric="euclidean", n_jobs=8)
    return (
        (pairs < real_radii[:, None]).any(axis=0).mean(),
        (pairs < fake_radii[None]).any(axis=1).mean(),
        (pairs < real_radii[:, None]).sum(axis=0).mean() / NEIGHBOURS,
        (pairs.min(axis=1) < real_radii).mean(),
    )


SCORES = {
    "frechet": {"gan_lab": our_frechet, "usual": usual_frechet},
    "manifold": {"gan_lab": our_manifold, "usual": usual_manifold},
}


def time(score: str, real: np.ndarray, fake: np.ndarray, turns: int) -> None:
    """Seconds of both ways in turn, and what they find."""
    found = {}

    def play(name, function):
        found[name] = function(real, fake)

    contestants = {
        name: lambda name=name, function=function: play(name, function)
        for name, function in SCORES[score].items()
    }
    seconds = interleave(contestants, turns)
    for name, values in found.items():
        print(f"{score}, {name}: {np.round(np.array(values), 7)}")
        print(f"  seconds: {', '.join(f'{value:.1f}' for value in seconds[name])}")
    gain = ratio(seconds["usual"], seconds["gan_lab"])
    print(f"time of the usual way / of gan_lab: {gain}")


def memory(count: int, dimensions: int) -> None:
    """Peak resident memory of each way beyond the features, each in a process."""
    for score, ways in SCORES.items():
        for name in ways:
            asked = ["peak", "--way", f"{score}/{name}", "--count", str(count)]
            asked += ["--dimensions", str(dimensions)]
            said = subprocess.run(
                [sys.executable, __file__, *asked],
                check=True,
                capture_output=True,
                text=True,
            )
            print(f"{score}, {name}: {said.stdout.strip()} MB beyond the features")


def resident(kind: str) -> float:
    """Megabytes of this process: now (VmRSS) or at its peak (VmHWM)."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"^{kind}:\s+(\d+) kB", status, re.M)[1]) / 1024


def peak(way: str, real: np.ndarray, fake: np.ndarray) -> None:
    """What one call adds at most to this process' resident memory."""
    score, name = way.split("/")
    SCORES[score][name](real[:64, :64], fake[:64, :64])  # imports are not of the call
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
    before = resident("VmRSS")
    SCORES[score][name](real, fake)
    print(f"{resident('VmHWM') - before:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=[*SCORES, "memory", "peak"])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--dimensions", type=int, default=2048)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--way", default="frechet/gan_lab")
    asked = parser.parse_args()
    if asked.what == "memory":
        return memory(asked.count, asked.dimensions)
    real, fake = (features(asked.count, asked.dimensions, seed) for seed in (0, 1))
    if asked.what == "peak":
        return peak(asked.way, real, fake)
    return time(asked.what, real, fake, asked.turns)


if __name__ == "__main__":
    main()
