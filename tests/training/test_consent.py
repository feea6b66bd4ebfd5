"""A run that was stopped goes on only as it was, unless someone agrees."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from gan_lab.artifacts import RunFolder, metrics_csv
from gan_lab.errors import UsageError
from gan_lab.system import cores
from gan_lab.training import changes
from gan_lab.training.resume import resume
from gan_lab.training.train import train
from tests.training.test_resume import differing, rounds_in_tensorboard, trace

pytestmark = pytest.mark.usefixtures("compiled_once")


@pytest.fixture
def half(tiny):
    """A run of four rounds that is to go on to eight."""
    return train(tiny()).folder.path


def test_a_run_that_is_complete_says_how_to_go_on(half):
    with pytest.raises(UsageError, match=r"has played its 4 rounds.*trainer.steps=8"):
        resume(half)


def test_keys_on_the_resume_line_are_consent(half):
    run = resume(half, ["trainer.steps=6", "optim.lr=1e-5", "trainer.batch_size=2"])
    assert run.round == 6
    assert run.config.optim.lr == 1e-5
    assert RunFolder(half).facts()["config"]["trainer"]["batch_size"] == 2
    event = json.loads((half / "events.jsonl").read_text())
    assert event["event"] == "resume" and "optim.lr=1e-5" in event["overrides"]
    assert resume(half, ["trainer.steps=8"]).round == 8


def test_a_resume_of_a_run_that_another_process_trains_is_refused(half):
    holding = (
        "import sys; from gan_lab.artifacts import RunFolder; from pathlib import Path;"
        "folder = RunFolder(Path(sys.argv[1])); folder.lock();"
        "print('held', flush=True); sys.stdin.read()"
    )
    line = [sys.executable, "-c", holding, str(half)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(line, **pipes) as other:
        assert other.stdout.readline() == b"held\n"
        said = refusal(half, "trainer.steps=6")
        assert "is being trained by another process" in said and "\n" not in said
        other.stdin.close()
    assert resume(half, ["trainer.steps=6"]).round == 6


def test_a_configuration_that_was_edited_is_listed_and_refused(half):
    config = half / "config.yaml"
    config.write_text(config.read_text().replace("batch_size: 4", "batch_size: 8"))
    with pytest.raises(
        UsageError, match=r"trainer.batch_size was 4, is 8.*--accept-changes"
    ):
        resume(half, ["trainer.steps=6"])
    assert resume(half, ["trainer.steps=6"], accept_changes=True).round == 6


@pytest.mark.parametrize(
    "fact", ["threads", "device", "keras", "processor", "instructions"]
)
def test_a_changed_environment_is_listed_and_refused(half, monkeypatch, fact):
    from gan_lab.training import environment

    real = environment.environment
    monkeypatch.setattr(
        "gan_lab.training.start.environment",
        lambda devices: real(devices) | {fact: "other"},
    )
    with pytest.raises(UsageError, match=f"{fact} was .*, is other"):
        resume(half, ["trainer.steps=6"])
    run = resume(half, ["trainer.steps=6"], accept_changes=True)
    assert run.environment[fact] == "other"
    assert resume(half, ["trainer.steps=8"]).round == 8


def test_changed_data_is_listed_and_refused(half, monkeypatch):
    monkeypatch.setattr("gan_lab.data.samples.Samples.sha256", lambda self: "0" * 64)
    with pytest.raises(
        UsageError, match=r"the hash of its images was .*, is 000000000000"
    ):
        resume(half, ["trainer.steps=6"])


def refusal(path: Path, *overrides: str) -> str:
    """Why a run does not go on; and nothing in its folder has changed."""
    before = {p: p.read_bytes() for p in path.rglob("*") if p.is_file()}
    with pytest.raises(UsageError) as said:
        resume(path, overrides)
    assert before == {p: p.read_bytes() for p in path.rglob("*") if p.is_file()}
    return str(said.value)


def test_a_variable_that_changes_arithmetic_is_listed_and_refused(half, monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    said = refusal(half, "trainer.steps=6")
    assert "ONEDNN_MAX_CPU_ISA was not set, is SSE41" in said
    resume(half, ["trainer.steps=6"], accept_changes=True)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA")
    said = refusal(half, "trainer.steps=8")
    assert "ONEDNN_MAX_CPU_ISA was SSE41, is not set" in said


def test_other_kernels_or_threads_in_the_environment_are_refused(half):
    around = {"ONEDNN_MAX_CPU_ISA": "SSE41", "TF_NUM_INTRAOP_THREADS": "77"}
    done = subprocess.run(
        [sys.executable, "-m", "gan_lab", "resume", str(half), "trainer.steps=6"],
        env=os.environ | around,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "ONEDNN_MAX_CPU_ISA was not set, is SSE41" in done.stderr
    assert re.search(r"threads was \d+, is 77", done.stderr)


def test_a_flag_that_a_key_on_the_line_sets_is_no_difference():
    meta = {"environment": {"device": "CPU", "variables": {}}, "data": "0"}
    around = {"device": "CPU", "variables": {"XLA_FLAGS": "--some"}}
    run = SimpleNamespace(environment=around, data="0")
    assert changes._around(run, meta, ["trainer.deterministic"]) == {}
    assert changes._around(run, meta, []) == {"XLA_FLAGS": ("not set", "--some")}


def test_threads_are_those_that_a_variable_asks_for_or_one_a_core(monkeypatch):
    monkeypatch.setenv("SOME_THREADS", "3")
    assert cores.threads("OTHER_THREADS", "SOME_THREADS") == 3
    for text in ("0", "many", ""):
        monkeypatch.setenv("SOME_THREADS", text)
        assert cores.threads("SOME_THREADS") == cores.count()


def test_what_an_older_run_did_not_record_is_no_difference(half):
    checkpoints = RunFolder(half).checkpoints
    round, state, meta = checkpoints.load_round(4)
    for fact in ("processor", "instructions", "variables"):
        del meta["environment"][fact]
    shutil.rmtree(checkpoints.path)
    checkpoints.save(round, state, meta, keep=1)
    run = resume(half, ["trainer.steps=6"])
    assert run.folder.events()[-1]["changes"] == []
    assert "processor" in run.folder.facts()["environment"]


# Images.


@pytest.fixture
def pictures(tmp_path):
    """A file of six images."""
    images = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 1), np.uint8)
    np.save(tmp_path / "pictures.npy", images)
    return tmp_path / "pictures.npy"


def test_images_that_were_moved_are_the_same_and_others_are_refused(tiny, pictures):
    path = train(tiny("data=array", f"data.path='{pictures}'")).folder.path
    moved = pictures.rename(pictures.with_name("moved.npy"))
    assert resume(path, [f"data.path={moved}", "trainer.steps=6"]).round == 6
    np.save(moved, 255 - np.load(moved)[:5])
    said = refusal(path, f"data.path={moved}", "trainer.steps=8")
    assert "the hash of its images was " in said and "--accept-changes" in said


def test_what_a_run_says_of_its_images_follows_them(tiny, pictures):
    path = train(tiny("data=array", f"data.path='{pictures}'")).folder.path
    first = RunFolder(path).facts()
    other = pictures.with_name("other.npz")
    labels = np.array([0, 1, 1, 1])
    np.savez(other, images=np.load(pictures)[:4], labels=labels)
    resume(path, [f"data.path={other}", "trainer.steps=6"], accept_changes=True)
    facts = RunFolder(path).facts()
    assert (first["images"], facts["images"]) == (6, 4)
    assert (first["classes"], facts["classes"]) == ({}, {"0": 1, "1": 3})
    assert facts["data"] != first["data"]
    resume(path, ["data.limit=3", "trainer.steps=8"])
    assert RunFolder(path).facts()["images"] == 3


# What a run would lose.


@pytest.mark.parametrize(
    "override, message",
    [
        ("trainer.stepz=5", "Did you mean `steps`"),
        ("loss=hinge", "`loss` cannot be changed in a run"),
        ("trainer.samples=9", "`trainer.samples` cannot be changed in a run"),
        ("loss.name=hinge", "`loss.name` cannot be changed in a run"),
        (
            "trainer.steps=many",
            "`trainer.steps` must be a whole number. Received: many",
        ),
        ("trainer.steps", "does not change a key"),
    ],
)
def test_a_wrong_override_of_a_resume_is_one_line(half, override, message):
    with pytest.raises(UsageError, match=message) as said:
        resume(half, [override])
    assert "\n" not in str(said.value)


def test_a_damaged_checkpoint_is_passed_over_with_a_warning(half, capsys):
    state = half / "checkpoints" / "000004" / "state.npz"
    state.write_bytes(state.read_bytes()[:-100])
    run = resume(half)
    assert "The checkpoint of round 4 is damaged" in capsys.readouterr().out
    assert run.round == 4
    assert rounds_in_tensorboard(half) == [2, 4]
    assert "is damaged" in (half / "log.txt").read_text()


def test_checkpoints_of_which_none_is_whole_are_not_thrown_away(half):
    for state in half.glob("checkpoints/*/state.npz"):
        state.write_bytes(b"")
    before = sorted(half.rglob("*.png"))
    with pytest.raises(UsageError, match=r"No checkpoint in .* is whole"):
        resume(half, ["trainer.steps=6"])
    assert sorted(half.rglob("*.png")) == before
    assert len(list(half.glob("checkpoints/*/state.npz"))) == 2


def test_a_run_killed_after_its_last_checkpoint_is_completed(half):
    folder = RunFolder(half)
    for name in ("generator.keras", "summary.json", "timelapse.gif"):
        (half / name).unlink()
    folder.state(status="running")
    run = resume(half)
    assert run.round == 4 and folder.facts()["status"] == "finished"
    for name in ("generator.keras", "summary.json", "timelapse.gif"):
        assert (half / name).is_file()
    assert rounds_in_tensorboard(half) == [2, 4]


def test_a_learning_rate_on_the_resume_line_is_the_one_that_trains(half):
    run = resume(half, ["trainer.steps=6", "optim.lr=1e-5"])
    assert float(run.gan.generator_optimizer.learning_rate) == pytest.approx(1e-5)
    run = resume(half, ["trainer.steps=8", "optim.schedule=linear"])
    assert float(run.gan.generator_optimizer.learning_rate) == pytest.approx(
        0, abs=1e-9
    )


@pytest.mark.parametrize("emptied", [False, True])
def test_a_run_whose_checkpoints_are_gone_does_not_lose_the_rest(half, emptied):
    shutil.rmtree(half / "checkpoints")
    if emptied:
        (half / "checkpoints").mkdir()
    said = refusal(half, "trainer.steps=6")
    assert "its checkpoints are gone" in said and "--accept-changes" in said
    assert "which loses 2 rows of metrics.csv, 3 grids and 3 scores." in said
    before = (half / "samples" / "000000.png").read_bytes()
    run = resume(half, ["trainer.steps=6"], accept_changes=True)
    assert run.round == 6 and rounds_in_tensorboard(half) == [2, 4, 6]
    assert (half / "samples" / "000000.png").read_bytes() == before


def test_a_failed_run_whose_checkpoints_are_gone_does_not_lose_the_rest(half):
    shutil.rmtree(half / "checkpoints")
    (half / "generator.keras").unlink()
    RunFolder(half).state(status="failed")
    assert "which loses 2 rows" in refusal(half, "trainer.steps=6")


def test_a_run_that_was_ended_before_its_first_checkpoint_starts_anew(
    tiny, monkeypatch
):
    from gan_lab.training.callbacks import recording

    class Killed(BaseException):
        pass

    def killed(self, run, tick):
        if tick.round == 4:
            raise Killed

    late = ("trainer.checkpoint_ticks=3", "trainer.steps=8", "trainer.metrics=[]")
    straight = train(tiny(*late)).folder.path
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(recording.Checkpoint, "tick", killed)
        train(tiny(*late))
    (path,) = (p for p in straight.parent.iterdir() if p != straight)
    RunFolder(path).state(status="running")
    assert len(list((path / "samples").glob("*.png"))) == 3
    assert resume(path).folder.events()[-1]["changes"] == []
    assert differing(trace(straight, 8), trace(path, 8)) == []


def header(path: Path) -> list[str]:
    return (path / "metrics.csv").read_text().splitlines()[0].split(",")


def test_a_score_that_is_no_longer_measured_keeps_its_column(half):
    before = (half / "metrics.csv").read_text()
    resume(half, ["trainer.steps=6", "trainer.metrics=[]"])
    after = (half / "metrics.csv").read_text()
    assert after.startswith(before) and len(after) > len(before)
    resume(half, ["trainer.steps=8", "trainer.metrics=[swd]"])
    assert (half / "metrics.csv").read_text().startswith(after)


def test_a_column_that_is_new_comes_after_those_that_there_are(tiny):
    path = train(tiny("trainer.metrics=[]")).folder.path
    before = header(path)
    resume(path, ["trainer.steps=6", "trainer.metrics=[swd]"])
    assert header(path) == [*before, "score/swd"]
    rows = metrics_csv.read(path / "metrics.csv")
    assert ["score/swd" in row for row in rows] == [False, False, True]
