"""A run that was killed and resumed is bit-identical to one that was not."""

import csv
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import gan_lab
from gan_lab.artifacts import RunFolder
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


MODERN = {
    "ada, terms": (
        *("augment=ada", "augment.interval=2", "augment.speed_kimg=0.1"),
        *("augment.pipe=blit", "loss/terms=[lecam]", "loss.terms.lecam.start=2"),
    ),
    "pairs": ("loss=relativistic", "loss/penalty=r1_r2", "augment=diffaugment"),
}


@pytest.mark.parametrize(
    "parts", ["ada, terms", pytest.param("pairs", marks=pytest.mark.full)]
)
def test_a_resumed_run_of_modern_parts_is_the_same_byte_for_byte(tmp_path, tiny, parts):
    plain = (
        "model.discriminator_norm=none",
        "data.channels=3",
        "trainer.metric_ticks=1",
    )
    asked = (*MODERN[parts], *plain)
    straight = train(tiny(*asked, "trainer.steps=8")).folder.path
    begun = train(tiny(*asked), folder=tmp_path / "begun").folder.path
    gone_on = resume(begun, ["trainer.steps=8"]).folder.path
    whole = trace(straight, 8)
    assert differing(whole, trace(gone_on, 8)) == []
    assert "state augment/000" in whole


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


@pytest.mark.parametrize("most", [1, pytest.param(8, marks=pytest.mark.full)])
def test_a_run_killed_at_any_moment_ends_like_one_that_was_not(tmp_path, most):
    steps = "trainer.steps=24"
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    killed.mkdir()
    train(gan_lab.load_config(*STATEFUL, steps, f"runs='{whole}'"), folder=whole)

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
    assert differing(trace(whole, 24), trace(run_folder(killed), 24)) == []
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
