"""Draws columns of a run's metrics.csv below each other, for a page of a study.

python experiments/judged/curves.py RUN OUT.png score/copies score/diversity ...
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

from gan_lab.artifacts import metrics_csv


def main(run: str, out: str, *names: str) -> None:
    rows = metrics_csv.read(Path(run) / "metrics.csv")
    figure, panels = pyplot.subplots(
        len(names), sharex=True, figsize=(7, 1.5 * len(names)), squeeze=False
    )
    for panel, name in zip(panels[:, 0], names, strict=True):
        points = [(row["round"], row[name]) for row in rows if name in row]
        panel.plot(*zip(*points, strict=True), marker=".", color="black", linewidth=1)
        panel.set_title(name, loc="left", fontsize=9)
        panel.grid(alpha=0.3)
    panels[-1, 0].set_xlabel("round")
    figure.tight_layout()
    figure.savefig(out, dpi=100)


if __name__ == "__main__":
    main(*sys.argv[1:])
