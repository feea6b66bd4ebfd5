"""Whatever becomes of a file: no verb breaks, and a run goes on as if nothing had."""

import csv
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from gan_lab import load_config
from gan_lab.artifacts import RunFolder, events
from gan_lab.artifacts.metrics import TIMING
from gan_lab.cli import main
from gan_lab.training import train
from tests.conftest import TINY
from tests.harms import HARMS, OF_FOLDERS, Once

STEPS, STOP = 6, 4
FILES = (
    ".lock",
    "config.yaml",
    "run.json",
    "metrics.csv",
    "summary.json",
    "log.txt",
    "latents.npy",
    "scores.jsonl",
    "events.jsonl",
    "timelapse.gif",
    "generator.keras",
    "generator_ema.keras",
    "samples/000000.png",
    "samples/000002.png",
    "samples/000004.png",
    "checkpoints/000002/state.npz",
    "checkpoints/000002/meta.json",
    "checkpoints/000002/sha256sums",
    "checkpoints/000004/state.npz",
    "checkpoints/000004/meta.json",
    "checkpoints/000004/sha256sums",
    "tensorboard/events.*",
)
FOLDERS = ("samples", "checkpoints", "checkpoints/000004", "tensorboard")
CASES = [
    *itertools.product(FILES, HARMS),
    *itertools.product(FOLDERS, OF_FOLDERS),
]
# Of these a person may have changed what they say: that is refused, and told.
CHANGED = [("config.yaml", "flipped")]
NETWORKS = {
    "sample": ["--count", "4", "--out", "OUT.png"],
    "evaluate": ["--metrics", "swd", "--samples", "8"],
    "interpolate": ["--points", "2", "--steps", "2", "--out", "OUT.gif"],
    "neighbours": ["--count", "2", "--near", "2", "--out", "OUT.png"],
    "report": ["--out", "OUT.html"],
    "replay": ["--rounds", "2"],
}


@pytest.fixture(scope="module", autouse=True)
def once():
    """Networks are compiled once."""
    with pytest.MonkeyPatch.context() as patch:
        yield Once(patch)


@pytest.fixture(scope="module")
def runs(tmp_path_factory, once):
    """A run that was never harmed or stopped, and the same one, stopped on its way."""
    place = tmp_path_factory.mktemp("runs")
    options = (f"trainer.steps={STEPS}", "trainer.metric_ticks=1")
    config = load_config(*TINY, *options, "trainer.metric_samples=8", f"runs='{place}'")
    train(config, folder=place / "whole")
    half = train(config, folder=place / "half", until=STOP).folder
    half.event("finding", round=2, name="one")
    half.event("finding", round=4, name="another")
    return place


@pytest.fixture
def half(runs, tmp_path):
    """A copy of the stopped run, to be harmed."""
    return shutil.copytree(runs / "half", tmp_path / "runs" / "half")


@pytest.fixture
def plain_curves(monkeypatch):
    """Curves take seconds to draw, and show what the table says, whole or not."""
    curves = "gan_lab.review.report.curves._drawing"
    monkeypatch.setattr(curves, lambda lines, marks, prefix: "<svg></svg>")


def harm(folder: Path, file: str, how: str) -> bytes | None:
    """What is in the file now, where there is one."""
    (path,) = folder.glob(file)
    (HARMS | OF_FOLDERS)[how](path)
    return path.read_bytes() if path.is_file() else None


def rows(folder: Path) -> dict[str, dict]:
    with (folder / "metrics.csv").open() as table:
        return {
            row["round"]: {k: v for k, v in row.items() if k not in TIMING}
            for row in csv.DictReader(table)
        }


def grids(folder: Path) -> dict[str, bytes]:
    return {png.name: png.read_bytes() for png in (folder / "samples").glob("*.png")}


def scores(folder: Path) -> dict[tuple, float]:
    found = RunFolder(folder).measured()
    return {(score.name, score.round): score.value for score in found}


def state(folder: Path) -> dict[str, bytes]:
    file = folder / f"checkpoints/{STEPS:06d}/state.npz"
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name].tobytes() for name in arrays}


def later(found: dict, round) -> dict:
    """What there is of the rounds after the checkpoint."""
    return {key: value for key, value in found.items() if round(key) > STOP}


def require_the_same(folder: Path, whole: Path, file: str, how: str) -> None:
    """What a harmed run came to must be what one without harm did.

    What was harmed itself, and is written once only, may lack what came before.
    """
    assert state(folder) == state(whole)
    assert grids(folder) == grids(whole)
    found = {
        "metrics.csv": (rows(folder), rows(whole), int),
        "scores.jsonl": (scores(folder), scores(whole), lambda key: key[1]),
    }
    for name, (mine, other, round) in found.items():
        if file != name:
            assert mine == other
            continue
        assert later(mine, round) == later(other, round)
        if how != "flipped":
            assert mine.items() <= other.items()
    if file != "metrics.csv":
        charted = events.charted(folder / "tensorboard")
        assert charted == events.charted(whole / "tensorboard")


def test_every_file_of_a_run_is_in_the_matrix(runs):
    folder = runs / "half"
    known = {path for file in FILES for path in folder.glob(file)}
    assert known == {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("file, how", CASES)
def test_a_run_goes_on_as_if_nothing_had_been_harmed(half, runs, file, how, capfd):
    harm(half, file, how)
    code, said = main(["resume", str(half)]), capfd.readouterr()
    if (file, how) in CHANGED:
        assert code == 2 and "would not go on as it was" in said.err
        return
    if file == "checkpoints":
        assert code in (0, 2) and "Traceback" not in said.err
        return
    assert code == 0, said.err
    require_the_same(half, runs / "whole", file, how)


@pytest.mark.parametrize("file, how", CASES)
def test_verbs_that_only_look_work_with_what_is_whole(half, runs, file, how, capfd):
    harm(half, file, how)
    whole = str(runs / "whole")
    for line in (
        ["doctor", str(half)],
        ["doctor", str(half), "--json"],
        ["compare", str(half), whole, "--json"],
        ["leaderboard", str(half.parent)],
    ):
        require_a_sentence(line, capfd)


@pytest.mark.parametrize("file, how", CASES)
@pytest.mark.parametrize("verb", NETWORKS)
def test_verbs_with_networks_work_with_what_is_whole(
    half, file, how, verb, tmp_path, plain_curves, capfd
):
    harm(half, file, how)
    options = [o.replace("OUT", str(tmp_path / "out")) for o in NETWORKS[verb]]
    require_a_sentence([verb, str(half), *options], capfd)


def require_a_sentence(line: list[str], capfd) -> None:
    """A verb ends well, or says why it does not."""
    code, said = main(line), capfd.readouterr()
    assert code == 0 or (code in (1, 2) and said.err.startswith("gan_lab: ")), said
    if code == 0 and "--json" in line:
        json.loads(said.out)
