"""The whole folder of a run is the same, however often it was stopped."""

import os
import signal
from types import SimpleNamespace

import pytest
from folders import differing, of_a_run
from torture import alone, torture

from gan_lab.artifacts import Metrics, RunFolder, metrics_csv
from gan_lab.doctor.finding import Finding
from gan_lab.training.callbacks import recording
from gan_lab.training.callbacks.callback import Tick
from gan_lab.training.callbacks.doctor import Doctor
from gan_lab.training.clock import Clock
from gan_lab.training.resume import resume
from gan_lab.training.train import train

pytestmark = pytest.mark.usefixtures("compiled_once")

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
LONGER = (
    "trainer.steps=16",
    "trainer.checkpoint_ticks=2",
    "trainer.sample_ticks=2",
    "trainer.metric_ticks=3",
    "trainer.metric_samples=4",
)


def stop_after(monkeypatch, rounds: set[int]) -> None:
    """Send SIGTERM at the end of some ticks."""
    tick = recording.Checkpoint.tick

    def stopping(self, run, now):
        tick(self, run, now)
        if now.round in rounds:
            rounds.remove(now.round)
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(recording.Checkpoint, "tick", stopping)


@posix
def test_a_run_that_was_stopped_leaves_the_folder_of_one_that_was_not(
    tiny, monkeypatch
):
    config = tiny(*LONGER, "trainer.keep=2", "name=run")
    whole = train(config).folder.path
    stop_after(monkeypatch, {6, 14})
    run, stops = train(config), 0
    while run.signal:
        assert RunFolder(run.folder.path).checkpoints.rounds()[-1] == run.round
        run, stops = resume(run.folder.path), stops + 1
    assert stops == 2
    assert differing(of_a_run(whole), of_a_run(run.folder.path)) == []


@posix
@pytest.mark.parametrize("moment", [(recording.Table, "start"), (Clock, "look")])
def test_a_stop_before_the_first_tick_leaves_no_trace_either(tiny, monkeypatch, moment):
    config = tiny("trainer.tick_steps=4", "trainer.metrics=[]", "name=run")
    whole, (place, name) = train(config).folder.path, moment
    real = getattr(place, name)

    def stopping(self, *given):
        monkeypatch.setattr(place, name, real)
        signal.raise_signal(signal.SIGTERM)
        return real(self, *given)

    monkeypatch.setattr(place, name, stopping)
    run = train(config)
    assert run.signal and run.round < 4
    run = resume(run.folder.path)
    assert differing(of_a_run(whole), of_a_run(run.folder.path)) == []


def test_a_stopgap_drops_no_checkpoint_that_would_have_stayed(tiny):
    config = tiny(*LONGER, "trainer.keep=1", "trainer.metrics=[]")
    run = train(config, until=6)
    assert run.folder.checkpoints.rounds() == [4, 6]
    assert resume(run.folder.path).folder.checkpoints.rounds() == [16]


def test_findings_do_not_depend_on_how_often_a_run_was_stopped(tmp_path):
    ill = {4: "a", 8: "a", 10: "b", 12: "a", 16: "b", 18: "a", 24: "b"}
    trainer = SimpleNamespace(tick_steps=2, sample_ticks=2, steps=30)

    def diagnose(rows):
        name = rows and ill.get(rows[-1]["round"])
        evidence = str([row["loss/generator"] for row in rows])
        return [Finding(name, rows[-1]["round"], evidence, "", ())] if name else []

    def events(stops) -> list:
        found, path = [], tmp_path / f"{len(stops)}.csv"
        folder = SimpleNamespace(
            rows=lambda: metrics_csv.read(path),
            event=lambda event, **facts: found.append(facts),
        )
        run = SimpleNamespace(
            folder=folder, config=SimpleNamespace(trainer=trainer), round=0
        )
        table = Metrics(path, ["loss/generator"])
        table.start(0)
        doctor = Doctor(diagnose, SimpleNamespace(say=lambda line: None))
        doctor.start(run)
        for round in range(2, 32, 2):
            row = {"round": round, "seconds": 0.1, "loss/generator": round / 7}
            table.append(row)
            doctor.tick(run, Tick(round, round == 30, round // 2, row, 0.0))
            if round in stops:
                doctor.start(run)
        return found

    straight = events([])
    assert [event["round"] for event in straight] == [4, 16, 24]
    assert straight == events(range(2, 32, 2)) == events([10, 18])


@posix
@pytest.mark.full
def test_runs_that_are_killed_at_random_become_what_they_would_have_been(tmp_path):
    reference = alone("findings", tmp_path / "alone")
    case = torture("findings", 0, 62, tmp_path / "killed", reference)
    assert case.kills and case.is_right, case
