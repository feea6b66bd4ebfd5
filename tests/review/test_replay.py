"""A replay says whether a run is reproduced, and where it is not."""

import json
import shutil
import tempfile

import numpy as np
import pytest

from gan_lab import pictures
from gan_lab.artifacts import RunFolder
from gan_lab.cli.main import main
from gan_lab.review.replay.again import configuration
from gan_lab.review.replay.differences import compare
from gan_lab.review.replay.reasons import reasons
from gan_lab.review.replay.reproducible import beginning
from gan_lab.system import cores
from gan_lab.training.resume import resume
from gan_lab.training.train import train
from tests.conftest import TINY
from tests.training.test_collapse import ROLLBACK, collapse_after

pytestmark = pytest.mark.usefixtures("compiled_once")

LINEAR = ("optim.schedule=linear", "trainer.steps=8", "trainer.metric_samples=4")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small run whose learning rate depends on how many rounds it has."""
    from gan_lab import load_config

    runs = tmp_path_factory.mktemp("runs")
    return train(load_config(*TINY, *LINEAR, f"runs='{runs}'")).folder.path


@pytest.fixture
def copy(run, tmp_path):
    """A copy of that run, to be changed."""
    return RunFolder(shutil.copytree(run, tmp_path / "copy"))


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Where temporary folders are made, which stays empty."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert not list(place.iterdir())


def test_a_replay_of_a_run_on_the_same_machine_is_identical(run, capfd):
    before = {p: p.stat().st_mtime_ns for p in run.rglob("*") if p.name != ".lock"}
    assert main(["replay", str(run), "--rounds", "3"]) == 0
    said = capfd.readouterr().out
    assert "2 of rows, 3 of grids, 1 of checkpoints" in said
    assert "Identical, bit for bit, up to round 4." in said
    now = {p: p.stat().st_mtime_ns for p in run.rglob("*") if p.name != ".lock"}
    assert before == now


def test_a_replay_can_be_kept_and_resumed_as_if_it_had_never_stopped(run, tmp_path):
    kept = tmp_path / "kept"
    assert main(["replay", str(run), "--rounds", "4", "--keep", str(kept)]) == 0
    facts = RunFolder(kept).facts()
    assert facts["status"] == "stopped"
    assert facts["reason"] == "it was to stop after round 4"
    resume(kept)
    found = compare(RunFolder(run), RunFolder(kept), 8)
    assert found.since is None
    assert found.compared["rows"] == [2, 4, 6, 8]
    assert found.compared["checkpoints"][-1] == 8


def test_another_seed_shows_from_the_first_grid_on(copy, capfd):
    config = copy.read_config()
    copy.config.write_text(config.replace("\nseed: 0", "\nseed: 1"))
    assert main(["replay", str(copy.path), "--rounds", "2"]) == 1
    said = capfd.readouterr().out
    assert "Different from round 0 on." in said
    assert "rows: 1 of 1, the first of round 2:" in said
    assert "  loss/discriminator: " in said and "of it apart" in said
    assert "grids: 2 of 2, the first of round 0:" in said
    assert "What may explain it: seed was 0, is 1" in said


def test_more_rounds_than_a_run_has_are_not_compared(run, capfd):
    assert main(["replay", str(run), "--rounds", "99"]) == 0
    said = capfd.readouterr().out
    assert "Not up to round 99: its table ends there." in said
    assert "up to round 8." in said


def test_a_number_that_was_changed_is_named(run, copy):
    table = copy.metrics.read_text().splitlines()
    names, row = table[0].split(","), table[2].split(",")
    row[names.index("loss/generator")] = "0.75"
    row[names.index("logits/real")] = ""
    row[names.index("seconds")] = "99"  # no difference
    copy.metrics.write_text("\n".join([*table[:2], ",".join(row), *table[3:]]) + "\n")
    found = compare(RunFolder(run), copy, 8)
    assert [(d.round, d.kind, d.name) for d in found.differences] == [
        (4, "rows", "loss/generator"),
        (4, "rows", "logits/real"),
    ]
    assert "now 0.75" in found.differences[0].apart
    assert found.differences[1].apart.endswith(", now empty")
    assert not found.only_measured and found.since == 4
    assert compare(RunFolder(run), copy, 2).differences == []


def test_a_row_that_is_missing_is_a_difference_and_a_column_is_none(run, copy):
    lines = [line.split(",") for line in copy.metrics.read_text().splitlines()[:-1]]
    place = lines[0].index("samples/spread")
    copy.metrics.write_text(
        "".join(",".join(c[:place] + c[place + 1 :]) + "\n" for c in lines)
    )
    found = compare(RunFolder(run), copy, 8)
    assert found.unshared == ["samples/spread"]
    (missing,) = found.differences
    assert (missing.round, missing.name) == (8, "the whole row")


def test_a_pixel_and_a_weight_that_were_changed_are_found(run, copy):
    sheet = pictures.read_png(copy.grids()[1]).copy()
    sheet[5, 5] ^= 4
    pictures.write_png(copy.grids()[1], sheet)
    round, state, meta = copy.checkpoints.load_round(6)
    state["generator/000"] = state["generator/000"] + np.float32(0.5)
    shutil.rmtree(copy.checkpoints.path / f"{round:06d}")
    copy.checkpoints.save(round, state, meta, keep=20)
    grid, weight = compare(RunFolder(run), copy, 8).differences
    assert (grid.round, grid.kind) == (2, "grids") and "by 4 of 255" in grid.apart
    assert (weight.round, weight.kind) == (6, "checkpoints")
    assert weight.apart.startswith("1 of ") and "generator/000 by up to 0.5" in (
        weight.apart
    )


def test_a_damaged_checkpoint_is_not_compared(run, copy):
    (copy.checkpoints.path / "000006" / "state.npz").write_bytes(b"half")
    found = compare(RunFolder(run), copy, 8)
    assert found.since is None and 6 not in found.compared["checkpoints"]


def test_scores_alone_are_told_from_another_training(run, copy):
    text = copy.metrics.read_text()
    names = text.partition("\n")[0].split(",")
    rows = [line.split(",") for line in text.splitlines()]
    rows[-1][names.index("score/swd")] = "1"
    copy.metrics.write_text("".join(",".join(row) + "\n" for row in rows))
    found = compare(RunFolder(run), copy, 8)
    assert found.since == 8 and found.only_measured


def test_what_was_resumed_with_changes_is_compared_up_to_there(tiny, capfd):
    path = train(tiny("optim.schedule=linear")).folder.path
    resume(path, ["trainer.steps=8"])
    assert main(["replay", str(path), "--rounds", "8"]) == 0
    said = capfd.readouterr().out
    assert "resumed after round 4 with changes: trainer.steps=8" in said
    assert "Identical, bit for bit, up to round 4." in said


def test_what_was_resumed_without_changes_is_compared_as_a_whole(tiny):
    run = train(tiny(), until=2)
    assert run.round == 2 and run.folder.facts()["status"] == "stopped"
    resume(run.folder.path)
    assert beginning(run.folder).ticks == [2, 4]
    assert main(["replay", str(run.folder.path), "--rounds", "4"]) == 0


def test_a_run_whose_first_configuration_is_lost_is_refused(tiny, capfd):
    path = train(tiny()).folder.path
    resume(path, ["trainer.steps=8"])
    shutil.rmtree(path / "tensorboard")
    assert main(["replay", str(path)]) == 2
    assert "TensorBoard files, which held the configuration" in capfd.readouterr().err


@pytest.mark.full
def test_a_rollback_is_played_again(tiny, monkeypatch, capfd):
    collapse_after(monkeypatch, 4)
    path = train(tiny(*ROLLBACK, "trainer.steps=10")).folder.path
    collapse_after(monkeypatch, 4)
    assert main(["replay", str(path), "--rounds", "10"]) == 0
    assert "1 of rollbacks" in capfd.readouterr().out
    monkeypatch.undo()
    events = [e for e in RunFolder(path).events() if e["event"] != "rollback"]
    lines = "".join(json.dumps(event) + "\n" for event in events)
    copy = shutil.copytree(path, path.with_name("copy"))
    (copy / "events.jsonl").write_text(lines)
    (difference,) = compare(RunFolder(path), RunFolder(copy), 10).differences
    assert difference.apart == "the run alone took the weights of round 4"


def test_a_collapse_that_happens_again_is_the_same(tiny, tmp_path, monkeypatch, capfd):
    from gan_lab.errors import CollapseError
    from tests.training.test_collapse import SCORED

    collapse_after(monkeypatch, 4)
    with pytest.raises(CollapseError):
        train(tiny(*SCORED, "trainer.on_collapse=stop", "trainer.steps=12"))
    (path,) = tmp_path.glob("runs/*/*")
    collapse_after(monkeypatch, 4)
    assert main(["replay", str(path), "--rounds", "12"]) == 0
    said = capfd.readouterr().out
    assert "The replay ended: Collapse after round 8" in said
    assert "Identical, bit for bit, up to round 8." in said


def test_data_that_was_moved_can_be_pointed_at_and_other_data_shows(
    tiny, tmp_path, capfd
):
    draw, old, new = np.random.default_rng(0), tmp_path / "a.npy", tmp_path / "b.npy"
    np.save(old, draw.integers(0, 256, (8, 16, 16, 1), np.uint8))
    path = train(tiny("data=array", f"data.path='{old}'")).folder.path
    old.rename(new)
    asked = ["replay", str(path), f"data.path={new}", "--rounds", "2"]
    assert main(asked) == 0
    np.save(new, draw.integers(0, 256, (8, 16, 16, 1), np.uint8))
    capfd.readouterr()
    assert main(asked) == 1
    said = capfd.readouterr().out
    assert "Different from round 2 on." in said
    assert "the hash of its images was" in said


def test_what_differs_around_a_run_is_listed(run, copy):
    known = copy.facts()
    copy.state(
        environment=known["environment"] | {"keras": "9.9", "device": "Fast"},
        git_revision=None,
        config=known["config"] | {"seed": 7, "runs": "elsewhere"},
    )
    found = reasons(RunFolder(run), copy, same_config=True)
    keras = known["environment"]["keras"]
    assert f"keras was {keras}, is 9.9" in found and "seed was 0, is 7" in found
    assert "the revision of gan_lab is not known of both" in found
    assert any("trainer.deterministic=true" in clause for clause in found)
    assert not any("elsewhere" in clause for clause in found)
    younger = known["config"] | {"trainer": known["config"]["trainer"] | {"new": 1}}
    copy.state(config=younger)
    assert not any("new" in c for c in reasons(RunFolder(run), copy, same_config=True))
    copy.state(config=known["config"] | {"seed": 7})
    assert "seed was 0, is 7" not in reasons(RunFolder(run), copy, same_config=False)


def test_processor_and_variables_are_reasons_where_both_recorded_them(run, copy):
    known = copy.facts()["environment"]
    other = {"processor": "Fast 9", "instructions": "sse4_1", "threads": 99}
    variables = {"ONEDNN_MAX_CPU_ISA": "SSE41"}
    copy.state(environment=known | other | {"variables": variables})
    found = reasons(RunFolder(run), copy, same_config=True)
    assert f"processor was {known['processor']}, is Fast 9" in found
    assert f"instructions was {known['instructions']}, is sse4_1" in found
    assert f"threads was {known['threads']}, is 99" in found
    assert "ONEDNN_MAX_CPU_ISA was not set, is SSE41" in found
    found = reasons(copy, RunFolder(run), same_config=True)
    assert "ONEDNN_MAX_CPU_ISA was SSE41, is not set" in found
    older = {k: v for k, v in known.items() if k not in (*other, "variables")}
    copy.state(environment=older)
    assert reasons(copy, RunFolder(run), same_config=True) == reasons(
        RunFolder(run), RunFolder(run), same_config=True
    )


def test_the_first_rounds_of_a_run_that_moved_are_those_of_the_first_machine(
    tiny, monkeypatch
):
    from gan_lab.training import environment

    path = train(tiny(), until=2).folder.path
    real = environment.environment
    monkeypatch.setattr(
        "gan_lab.training.start.environment",
        lambda devices: real(devices) | {"processor": "Fast 9"},
    )
    resume(path, accept_machine=True)
    folder = RunFolder(path)
    assert folder.facts()["environment"]["processor"] == "Fast 9"
    assert beginning(folder).facts["environment"] == real()
    again = RunFolder(train(tiny(), until=2).folder.path)
    (clause,) = [
        clause
        for clause in reasons(folder, again, True, beginning(folder).facts)
        if "processor" in clause
    ]
    assert clause.endswith("is Fast 9")


def test_scores_that_were_measured_otherwise_are_a_reason(run, copy):
    lines = copy.scores.read_text()
    copy.scores.write_text(lines.replace('"resize": "none"', '"resize": "area"'))
    found = reasons(RunFolder(run), copy, same_config=True)
    assert "resize of its scores was none, is area" in found


def test_a_replay_has_the_threads_of_the_run(copy):
    assert configuration(beginning(copy), copy, [], True, print).trainer.threads == 0
    environment = copy.facts()["environment"]
    copy.state(environment=environment | {"threads": cores.count() + 1})
    assert (
        configuration(beginning(copy), copy, [], True, print).trainer.threads
        == cores.count() + 1
    )


def test_a_replay_has_the_threads_of_the_run_where_a_variable_says_others(
    copy, monkeypatch
):
    from gan_lab import backend

    monkeypatch.setattr(backend, "count_threads", lambda: cores.count() + 1)
    assert (
        configuration(beginning(copy), copy, [], True, print).trainer.threads
        == cores.count()
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["/nowhere"], "/nowhere is not a run folder"),
        ([], "gan_lab replay: .*required: run"),
        (["RUN", "--rounds", "0"], "`--rounds` must be at least 1. Received: 0"),
        (["RUN", "--rounds", "x"], "`--rounds` must be a whole number. Received: x"),
        (["RUN", "optim.lr=1"], "`optim.lr=1` would make it another run.*data.path"),
        (["RUN", "--keep", "RUN"], "`--keep` must be a new folder. Received:"),
        (["RUN", "data.path=x"], "`data.path=x` does not change a key of this run"),
    ],
)
def test_a_mistake_is_one_line(run, capfd, arguments, message):
    import re

    given = [str(run) if a == "RUN" else a for a in arguments]
    assert main(["replay", *given]) == 2
    said = capfd.readouterr().err
    assert re.search(message, said) and said.count("\n") == 1


def test_a_run_without_a_tick_cannot_be_replayed(copy, capfd):
    copy.metrics.unlink()
    assert main(["replay", str(copy.path)]) == 2
    assert "has no tick that could be compared" in capfd.readouterr().err
