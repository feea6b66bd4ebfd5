"""A run that was killed and resumed is bit-identical to one that was not."""

import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import gan_lab
from gan_lab.artifacts import RunFolder, metrics_csv
from gan_lab.errors import UsageError
from gan_lab.system import cores
from gan_lab.training import changes
from gan_lab.training.resume import resume
from gan_lab.training.train import train

TIMING = ("seconds", "speed/images_per_second", "speed/data_wait", "speed/scoring")
# Dropout, label noise, latents, a penalty's mixing, two kinds of slots, batch
# statistics, a moving average, two critic steps: all that has a state.
STATEFUL = (
    "data=synthetic",
    "data.count=30",
    "model=digits_28",
    "loss=bce",
    "loss.label_noise=0.1",
    "loss/penalty=gradient_penalty",
    "optim=rmsprop",
    "optim.momentum=0.5",
    "optim.schedule=linear",
    "trainer.critic_steps=2",
    "trainer.batch_size=4",
    "trainer.ema=0.9",
    "trainer.samples=4",
    "trainer.tick_steps=2",
    "trainer.sample_ticks=1",
    "trainer.checkpoint_ticks=2",
    "trainer.keep=20",
    "trainer.metric_ticks=1",
    "trainer.metric_samples=4",
)


def trace(path: Path, round: int) -> dict[str, bytes]:
    """Everything that must not differ, as bytes."""
    folder = RunFolder(path)
    with np.load(
        path / f"checkpoints/{round:06d}/state.npz", allow_pickle=False
    ) as state:
        found = {f"state {name}": state[name].tobytes() for name in state}
    with folder.metrics.open() as table:
        for row in csv.DictReader(table):
            kept = {k: v for k, v in row.items() if k not in TIMING}
            found[f"row {row['round']}"] = json.dumps(kept).encode()
    for png in folder.samples.iterdir():
        found[f"sample {png.name}"] = png.read_bytes()
    found["latents"] = (path / "latents.npy").read_bytes()
    return found


def differing(first: dict, second: dict) -> list[str]:
    return sorted(
        k for k in first.keys() | second.keys() if first.get(k) != second.get(k)
    )


def rounds_in_tensorboard(path: Path) -> list[int]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(path / "tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    return [event.step for event in events.Scalars("loss/generator")]


# In one process: what would happen if something were left out.


def load(path: Path, steps: int, *overrides: str):
    # A linear schedule over half the rounds is another one.
    constant = "optim.schedule=constant"
    return gan_lab.load_config(
        *STATEFUL, constant, f"runs='{path}'", f"trainer.steps={steps}", *overrides
    )


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """The trace of eight rounds without a break."""
    run = train(load(tmp_path_factory.mktemp("straight"), 8))
    return trace(run.folder.path, 8)


def four_and_four(path: Path) -> dict[str, bytes]:
    half = train(load(path, 4))
    return trace(resume(half.folder.path, ["trainer.steps=8"]).folder.path, 8)


def test_a_resumed_run_is_the_same_byte_for_byte(straight, tmp_path):
    assert differing(straight, four_and_four(tmp_path)) == []


@pytest.mark.full
def test_a_resumed_run_keeps_the_scales_of_its_losses(tmp_path):
    half = "trainer.precision=mixed_float16"
    straight = train(load(tmp_path / "a", 8, half)).folder.path
    begun = train(load(tmp_path / "b", 4, half)).folder.path
    gone_on = resume(begun, ["trainer.steps=8"]).folder.path
    assert not differing(trace(straight, 8), trace(gone_on, 8))


@pytest.mark.parametrize(
    "left_out",
    [
        "run/001",  # the seed of latents, label noise and penalties
        # That of the first dropout.
        pytest.param("discriminator/004", marks=pytest.mark.full),
        *(
            pytest.param(name, marks=pytest.mark.full)
            for name in (
                "generator_ema/000",
                "generator_optimizer/002",
                "discriminator_optimizer/002",
            )
        ),
    ],
)
def test_a_state_that_is_left_out_of_the_checkpoint_shows(
    straight, tmp_path, monkeypatch, left_out
):
    state = gan_lab.GAN.state

    def without(self):
        known = state(self)
        assert known.pop(left_out) is not None
        return known

    monkeypatch.setattr(gan_lab.GAN, "state", without)
    # It is missing from the trace itself; it has to show in something else.
    assert differing(straight, four_and_four(tmp_path)) != [f"state {left_out}"]


def test_the_random_states_of_dropout_are_in_the_checkpoint(tmp_path):
    run = train(gan_lab.load_config(*STATEFUL, f"runs='{tmp_path}'", "trainer.steps=2"))
    seeds = [v for v in run.gan.state().values() if "seed" in v.path]
    assert len(seeds) == 3  # two dropouts and the GAN's own


# In processes of their own.


def start(path: Path, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "gan_lab", *arguments],
        cwd=path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen) -> str:
    said, _ = process.communicate(timeout=300)
    return said


def run_folder(path: Path) -> Path | None:
    found = [p for p in path.glob("runs/*/*") if p.name[0] != "."]
    return found[0] if found else None


def wait_for(condition, process) -> None:
    while process.poll() is None and not condition():
        time.sleep(0.002)


def checkpoints(path: Path) -> list[Path]:
    return list(path.glob("runs/*/*/checkpoints/0*"))


def more_than(count: int, path: Path):
    return lambda: len(checkpoints(path)) > count


def saving(path: Path):
    """Whether a checkpoint is being written."""
    return lambda: any(path.glob("runs/*/*/checkpoints/.*-*"))


@pytest.mark.parametrize("most", [2, pytest.param(8, marks=pytest.mark.full)])
def test_a_run_killed_at_any_moment_ends_like_one_that_was_not(tmp_path, most):
    steps = "trainer.steps=24"
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir(), killed.mkdir()
    finish(start(whole, *STATEFUL, steps))

    draw = random.Random(0)
    process = start(killed, *STATEFUL, steps)
    wait_for(lambda: run_folder(killed), process)
    kills = 0
    for attempt in range(most):
        if attempt % 2:
            wait_for(saving(killed), process)
            time.sleep(draw.uniform(0, 0.02))
        else:
            wait_for(more_than(len(checkpoints(killed)), killed), process)
            time.sleep(draw.uniform(0, 0.5))
        if process.poll() is not None:
            break
        process.kill()
        finish(process)
        kills += 1
        assert RunFolder(run_folder(killed)).facts()["status"] == "interrupted"
        process = start(killed, "resume", str(run_folder(killed)))
        time.sleep(draw.uniform(0, 1))
    said = finish(process)
    assert process.returncode == 0, said
    assert kills >= most // 2
    assert differing(trace(run_folder(whole), 24), trace(run_folder(killed), 24)) == []
    assert rounds_in_tensorboard(run_folder(killed)) == list(range(2, 25, 2))


@pytest.mark.full
@pytest.mark.parametrize(
    "number, code",
    [pytest.param(signal.SIGINT, 130, marks=pytest.mark.full), (signal.SIGTERM, 143)],
)
def test_a_signal_saves_marks_the_run_stopped_and_ends_with_its_code(
    tmp_path, number, code
):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    whole.mkdir(), stopped.mkdir()
    long = (*STATEFUL, "trainer.checkpoint_ticks=1000")
    process = start(stopped, *long, "trainer.steps=1000", "optim.schedule=constant")
    wait_for(lambda: any(stopped.glob("runs/*/*/samples/000004.png")), process)
    process.send_signal(number)
    said = finish(process)
    assert process.returncode == code, said
    assert "Stopped after round" in said and "resume" in said
    path = run_folder(stopped)
    assert RunFolder(path).facts()["status"] == "stopped"
    round = RunFolder(path).checkpoints.rounds()[-1]
    more = f"trainer.steps={round + 3}"
    said = finish(start(stopped, "resume", str(path), more))
    assert "Finished" in said
    finish(start(whole, *long, more, "optim.schedule=constant"))
    assert differing(trace(run_folder(whole), round + 3), trace(path, round + 3)) == []


def test_a_second_resume_of_a_run_that_is_alive_is_refused(tmp_path):
    process = start(tmp_path, *STATEFUL, "trainer.steps=1000")
    try:
        wait_for(lambda: any(tmp_path.glob("runs/*/*/samples/000002.png")), process)
        second = start(tmp_path, "resume", str(run_folder(tmp_path)))
        said = finish(second)
        assert second.returncode == 2
        assert said.count("\n") == 1 and "is being trained by another process" in said
        assert process.poll() is None
    finally:
        process.kill()
        finish(process)


# Consent.


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
