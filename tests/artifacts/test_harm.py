"""Whatever becomes of a file: no verb breaks, and a run goes on as if nothing had."""

import csv
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from gan_lab import load_config
from gan_lab.artifacts import RunFolder, tensorboard
from gan_lab.artifacts.metrics_csv import TIMING
from gan_lab.cli.main import main
from gan_lab.training.train import train
from tests.conftest import TINY
from tests.harms import HARMS, OF_FOLDERS

pytestmark = pytest.mark.usefixtures("compiled_once")
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
# The first tier has a lost and a cut file of each kind, and each other harm on some.
FEW = ("cut", "missing")
SOME = [
    pytest.param(
        *case, marks=() if case[1] in FEW or place % 7 == 0 else pytest.mark.full
    )
    for place, case in enumerate(CASES)
]
NETWORKS = {
    "sample": ["--count", "4", "--out", "OUT.png"],
    "evaluate": ["--metrics", "swd", "--samples", "8"],
    "interpolate": ["--points", "2", "--steps", "2", "--out", "OUT.gif"],
    "neighbours": ["--count", "2", "--near", "2", "--out", "OUT.png"],
    "report": ["--out", "OUT.html"],
    "replay": ["--rounds", "2"],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory, compiled_once):
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
    curves = "gan_lab.review.report.drawing._drawing"
    monkeypatch.setattr(curves, lambda lines, marks, prefix: "<svg></svg>")


def harm(folder: Path, file: str, how: str) -> Path:
    """Harm a file; where it is."""
    (path,) = folder.glob(file)
    (HARMS | OF_FOLDERS)[how](path)
    return path


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
        charted = tensorboard.charted(folder / "tensorboard")
        assert charted == tensorboard.charted(whole / "tensorboard")


def test_every_file_of_a_run_is_in_the_matrix(runs):
    folder = runs / "half"
    known = {path for file in FILES for path in folder.glob(file)}
    assert known == {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("file, how", SOME)
def test_a_run_goes_on_as_if_nothing_had_been_harmed(half, runs, file, how, capfd):
    harm(half, file, how)
    code, said = main(["resume", str(half)]), capfd.readouterr()
    if file == "checkpoints":  # none is left
        assert code == 0 or (code == 2 and said.err.startswith("gan_lab: "))
    elif (file, how, code) == ("config.yaml", "flipped", 2):
        assert "would not be exact" in said.err  # a person may have done that
    else:
        assert code == 0, said.err
        require_the_same(half, runs / "whole", file, how)


SET_ASIDE = [file for file in FILES if not file.endswith((".gif", ".keras", ".txt"))]
MADE_AGAIN = ("config.yaml", "run.json", "latents.npy")


@pytest.mark.parametrize("file", [f for f in SET_ASIDE if f[0] != "."])
def test_what_is_damaged_is_kept_beside_and_told_in_a_line(half, file, capfd):
    path = harm(half, file, "random")
    content = path.read_bytes()
    assert main(["resume", str(half)]) == 0
    said = capfd.readouterr().out
    if file.startswith("checkpoints"):
        aside, name = path.parent.with_suffix(".damaged") / path.name, path.name
    else:
        name = path.name.replace(".tfevents", "")
        aside = path.with_name(f"{name}.damaged")
    if file == "summary.json":  # it is written anew at every end
        assert not aside.exists()
        return
    assert aside.read_bytes() == content
    lines = [line for line in said.splitlines() if "is damaged" in line]
    assert len(lines) == 1
    assert "It is made again." in lines[0] or file not in MADE_AGAIN
    assert lines[0] in (half / "log.txt").read_text()
    *_, event = RunFolder(half).events()
    assert lines == [said for said in event["damaged"] if "is damaged" in said]


def behind(path: Path, content: bytes) -> None:
    path.write_bytes(path.read_bytes() + content)


def before(path: Path, content: bytes) -> None:
    path.write_bytes(content + path.read_bytes())


STRAYS = {
    "a line of null": lambda f: before(
        f / "events.jsonl", b'{"event": "finding", "round": null}\n'
    ),
    "a cut line": lambda f: behind(f / "events.jsonl", b'{"event": "fin'),
    "words among events": lambda f: behind(f / "scores.jsonl", b"words\n"),
    "no header": lambda f: (f / "metrics.csv").write_text(
        "".join((f / "metrics.csv").read_text().splitlines(keepends=True)[1:])
    ),
    "a stray file": lambda f: (f / "checkpoints" / "notes.txt").write_text("mine"),
    "a stray round": lambda f: (f / "checkpoints" / "000099").write_text("mine"),
    "a stray folder": lambda f: (f / "checkpoints" / "000099").mkdir(),
    "a folder of dots": lambda f: [
        (place / ".1-x").mkdir() for place in (f, f / "samples", f / "tensorboard")
    ],
    "a file of dots": lambda f: (f / "checkpoints" / ".1-x").write_text("mine"),
    "a grid of words": lambda f: (f / "samples" / "000001.png").write_text("mine"),
}


@pytest.mark.parametrize("stray", STRAYS)
def test_a_run_goes_on_whatever_else_is_in_its_folder(half, runs, stray, capfd):
    STRAYS[stray](half)
    before = {p for p in half.rglob("*") if p.is_file() and p.read_bytes() == b"mine"}
    require_a_sentence(["doctor", str(half)], capfd)
    require_a_sentence(["compare", str(half), str(runs / "whole")], capfd)
    assert main(["resume", str(half)]) == 0
    require_the_same(half, runs / "whole", "", stray)
    after = [p for p in half.rglob("*") if p.is_file() and p.read_bytes() == b"mine"]
    assert len(after) == len(before)


def test_a_run_that_lost_config_facts_and_latents_goes_on(half, runs, capfd):
    for name in ("config.yaml", "run.json", "latents.npy"):
        (half / name).unlink()
    shutil.rmtree(half / "samples")
    require_a_sentence(["doctor", str(half)], capfd)
    assert main(["resume", str(half)]) == 0
    require_the_same(half, runs / "whole", "", "")
    kept = RunFolder(half).facts()
    whole = RunFolder(runs / "whole").facts()
    beside = ("argv", "overrides", "git_revision", "python", "started", "system")
    assert kept.keys() | {*beside} == whole.keys() | {*beside}
    for name in ("config", "environment", "data", "image_shape", "classes", "latents"):
        assert kept[name] == whole[name]
    assert (half / "latents.npy").read_bytes() == (
        runs / "whole" / "latents.npy"
    ).read_bytes()
    assert (half / "config.yaml").read_bytes() == (
        runs / "whole" / "config.yaml"
    ).read_bytes()


@pytest.mark.parametrize("file, how", SOME)
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


# Two verbs meet each lost or cut file in the first tier, and all meet all in the other.
MET = [
    pytest.param(
        *case,
        verb,
        marks=()
        if case[1] in FEW and (number + place // len(HARMS)) % 3 == 0
        else pytest.mark.full,
    )
    for number, verb in enumerate(NETWORKS)
    for place, case in enumerate(CASES)
]


@pytest.mark.parametrize("file, how, verb", MET)
def test_verbs_with_networks_work_with_what_is_whole(
    half, file, how, verb, tmp_path, plain_curves, capfd
):
    harm(half, file, how)
    options = [o.replace("OUT", str(tmp_path / "out")) for o in NETWORKS[verb]]
    require_a_sentence([verb, str(half), *options], capfd)


def require_a_sentence(line: list[str], capfd) -> None:
    """A verb ends well, or says why it does not."""
    code, said = main(line), capfd.readouterr()
    refused = code in (1, 2) and said.err.startswith("gan_lab: ")
    differs = code == 1 and line[0] == "replay" and "\nDifferent from" in said.out
    assert code == 0 or refused or differs, said
    if code == 0 and "--json" in line:
        json.loads(said.out)
