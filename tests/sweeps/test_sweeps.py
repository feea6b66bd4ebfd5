"""Sweeps: jobs, what becomes of them, and the board that ranks them."""

import functools
import json
import math
import ntpath
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest

from gan_lab.artifacts import RunFolder, metrics_csv, scores_jsonl
from gan_lab.artifacts.scores_jsonl import Score
from gan_lab.artifacts.tensorboard import HPARAMS
from gan_lab.cli.main import main
from gan_lab.config.compose import compose
from gan_lab.config.differences import plain
from gan_lab.config.schema import Retry
from gan_lab.errors import UsageError
from gan_lab.sweeps import board_files, hparams, progress, scheduler, watch
from gan_lab.sweeps.combinations import Listed
from gan_lab.sweeps.folder import SweepFolder
from gan_lab.sweeps.job import default_name, job
from gan_lab.sweeps.job_status import REFUSED, State
from gan_lab.sweeps.ranking import Reader, board
from gan_lab.sweeps.scheduler import Player, Settings
from gan_lab.sweeps.sweep import seconds_of, settings_of
from tests.conftest import TINY

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


composed = functools.cache(compose)


def make(*overrides: str, swept=("optim.lr", "loss", "seed")):
    """The job of some overrides."""
    return job(overrides, swept, composed(*TINY, *overrides))


class Engine:
    """Plays jobs by writing what a run leaves; `outcomes` by a part of the name.

    An outcome is an exit code; 9 stands for kill -9.
    """

    def __init__(self, folder: SweepFolder, outcomes=None, score=1.0):
        self.folder, self.outcomes, self.score = folder, outcomes or {}, score
        self.started: list[str] = []

    def start(self, spec: Path, log: Path, slot: int):
        self.started.append(spec.stem)
        codes = (c for part, c in self.outcomes.items() if part in spec.stem)
        return Task(self, spec, log, next(codes, 0))


class Task:
    def __init__(self, engine, spec, log, code):
        self.code = -9 if code == 9 else code
        log.write_text("gan_lab: what went wrong.\n")
        if code != 2:
            _leave_a_run(engine.folder, spec.stem, code, engine.score)

    def poll(self):
        return self.code

    def stop(self):
        self.code = 143


def _leave_a_run(folder: SweepFolder, name: str, code: int, score: float) -> None:
    states = {0: "finished", 9: "running", 4: "stopped"}
    config = folder.specification(name)
    facts = {
        "status": states.get(code, "failed"),
        "reason": f"it came to {code}",
        "exit_code": None if code == 9 else code,
        "config": config,
        "started": "2026-11-22T10:00:00+00:00",
        "ended": "2026-11-22T10:01:00+00:00",
    }
    path = folder.run(name)
    if not path.is_dir():
        RunFolder.create(path, "", facts, np.zeros((2, 3), np.float32))
    RunFolder(path).state(**facts)
    table = metrics_csv.Metrics(path / "metrics.csv", ["loss/generator", "score/swd"])
    table.start(0)
    value = score * config["optim"]["lr"] * (1 + config["seed"])
    table.append(
        {"round": 4, "seconds": 2.0, "loss/generator": 1.0, "score/swd": value}
    )
    measured = Score("swd", value, False, {"samples": 8, "checkpoint": "round"}, 4)
    scores_jsonl.append(path / "scores.jsonl", [measured])


def play(folder, jobs, outcomes=None, **settings):
    """What came of jobs, and the engine that played them."""
    engine = Engine(folder, outcomes)
    player = Player(folder, Listed(jobs), engine, Settings(**settings), lambda _: None)
    return player.play(), engine


@pytest.fixture
def folder(tmp_path):
    return SweepFolder(tmp_path / "sweeps" / "one")


RATES = [f"optim.lr={rate}" for rate in ("1e-4", "2e-4", "3e-4", "4e-4", "5e-4")]


# Jobs.


def test_a_job_is_named_by_what_is_swept_and_a_hash_of_its_configuration():
    one = make("loss=hinge", "optim.lr=1e-4", "seed=3")
    assert re.fullmatch(r"hinge-lr1e-4-seed3-[0-9a-f]{8}", one.name)
    assert one.overrides == ("loss=hinge", "optim.lr=1e-4", "seed=3")


def test_the_hash_of_a_job_depends_on_its_numbers_and_not_on_where_things_are():
    one, same = make("optim.lr=1e-4"), make("optim.lr=0.0001", "runs=elsewhere")
    assert one.hash == same.hash == make("sweep.workers=2", "optim.lr=1e-4").hash
    assert one.hash == make("name=other", "data.cache=there", "optim.lr=1e-4").hash
    assert one.hash != make("optim.lr=2e-4").hash != make("loss=hinge").hash


def test_what_is_of_the_sweep_is_not_among_the_overrides_of_a_job():
    found = make("optim.lr=1e-4", "sweep.workers=2", "engine.devices=[0]", "hpo.seed=1")
    assert found.overrides == ("optim.lr=1e-4",)


def test_a_path_in_a_swept_value_makes_no_folder():
    found = make("name=a/b c", swept=("name",))
    assert "/" not in found.name and " " not in found.name


def test_the_same_line_has_the_same_name_and_another_one_another():
    line = ["loss=bce,hinge", "optim.lr=1e-4,2e-4", "model.width=8"]
    name = default_name(line, ["loss", "optim.lr"])
    assert re.fullmatch(r"loss-lr-[0-9a-f]{8}", name)
    assert name == default_name(line[::-1], ["optim.lr", "loss"])
    assert name == default_name([*line, "sweep.workers=2"], ["loss", "optim.lr"])
    assert name != default_name([*line[:2], "model.width=9"], ["loss", "optim.lr"])


@pytest.mark.parametrize(
    "text, seconds", [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("1.5h", 5400)]
)
def test_a_budget_is_a_time(text, seconds):
    assert seconds_of("budget", text) == seconds


@pytest.mark.parametrize(
    "override, said",
    [
        ("sweep.budget=30", "like 90s, 30m or 1h30m. Received: 30"),
        ("sweep.job_limit=30", "`sweep.job_limit` must be a time like 90s"),
        ("sweep.job_limit=0s", "`sweep.job_limit` must be above 0, or null"),
        ("sweep.workers=0", "`sweep.workers` must be at least 1"),
        ("sweep.fail_fast=-1", "`sweep.fail_fast` must be at least 0"),
        ("sweep.name=a/b", "`sweep.name` must be a folder name"),
        ("sweep.score=sdw", "Did you mean `swd`?"),
        ("sweep.name=..", "`sweep.name` must be a folder name"),
        (f"sweep.name={'a' * 101}", "a folder name of at most 100 letters"),
    ],
)
def test_a_mistake_in_what_is_of_the_sweep_is_named(override, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        settings_of(compose(override).sweep)


# What becomes of them.


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(scheduler, "POLL_SECONDS", 0.0)


def test_every_job_is_played_once_and_the_same_jobs_are_not_played_again(folder):
    jobs = [make(rate) for rate in RATES]
    played, engine = play(folder, jobs)
    assert played.count(State.finished) == 5 and len(engine.started) == 5
    played, engine = play(folder, [*jobs, make("optim.lr=6e-4")])
    assert played.count(State.finished) == 6
    assert engine.started == [folder.names()[-1]]


def test_a_job_is_found_again_whatever_its_slug_is_now(folder):
    play(folder, [make("optim.lr=1e-4")])
    played, engine = play(folder, [make("optim.lr=1e-4", swept=())])
    assert not engine.started and played.count(State.finished) == 1


@pytest.mark.parametrize(
    "code, kind",
    [
        (1, "crash"),
        (2, "bad configuration"),
        (3, "not finite"),
        (4, "collapse"),
        (5, "out of memory"),
        (9, "killed"),
    ],
)
def test_a_failing_job_fails_alone_and_says_in_which_way(folder, code, kind):
    played, _ = play(folder, [make(rate) for rate in RATES], {"lr2e-4": code})
    ((name, status),) = played.failures.items()
    assert "lr2e-4" in name and status.kind == kind
    assert played.count(State.finished) == 4
    assert folder.status(name) == status  # and it can be told from the disk alone


@pytest.mark.parametrize(
    "code, retry, again",
    [
        (3, Retry.all, True),
        (3, Retry.crashed, False),
        (1, Retry.crashed, True),
        (9, Retry.crashed, True),
        (1, Retry.none, False),
    ],
)
def test_failed_jobs_run_again_as_asked(folder, code, retry, again):
    jobs = [make(rate) for rate in RATES[:2]]
    play(folder, jobs, {"lr2e-4": code})
    played, engine = play(folder, jobs, retry=retry)
    assert len(engine.started) == int(again)
    assert played.count(State.failed) == int(not again)


def test_a_failed_job_is_kept_when_it_runs_again_and_a_killed_one_goes_on(folder):
    jobs = [make(rate) for rate in RATES[:2]]
    play(folder, jobs, {"lr1e-4": 3, "lr2e-4": 9})
    kept = folder.run(folder.names()[1]) / "checkpoints" / "kept"
    kept.mkdir()
    play(folder, jobs)
    aside = folder.jobs / "failed" / f"{folder.names()[0]}-1"
    assert RunFolder(aside).facts()["status"] == "failed"
    assert len(Reader().runs(folder.path)) == 2  # it is not a run of the sweep any more
    assert kept.is_dir() and not (folder.jobs / "failed" / f"{jobs[1].name}-1").exists()


def test_when_the_first_three_fail_in_the_same_way_the_rest_is_not_tried(folder):
    jobs = [make(rate) for rate in RATES]
    played, engine = play(folder, jobs, {"lr": 1})
    assert len(engine.started) == 3
    assert played.why == "the first 3 failed in the same way"
    assert len(play(folder, jobs, {"lr": 1}, fail_fast=0)[1].started) == 5


def test_old_failures_do_not_keep_new_jobs_from_being_tried(folder):
    jobs = [make(rate) for rate in RATES]
    play(folder, jobs[:3], {"lr": 1}, fail_fast=0)
    bad = {job.name: 1 for job in jobs[:3]}
    played, engine = play(folder, jobs, bad)
    assert len(engine.started) == 5 and not played.why
    assert played.count(State.finished) == 2


@pytest.mark.parametrize(
    "code, retry, again", [(1, Retry.all, 1), (3, Retry.crashed, 0), (1, Retry.none, 0)]
)
def test_it_is_known_which_failures_are_tried_again(folder, code, retry, again):
    jobs = [make(rate) for rate in RATES[:2]]
    played, _ = play(folder, jobs, {"lr2e-4": code}, retry=retry)
    assert len(played.failures) == 1 and len(played.again) == again


def test_failures_of_several_kinds_stop_nothing(folder):
    jobs = [make(rate) for rate in RATES]
    _, engine = play(folder, jobs, {"lr1e-4": 1, "lr2e-4": 3, "lr3e-4": 1})
    assert len(engine.started) == 5


def test_a_budget_that_is_over_leaves_the_rest_for_the_next_time(folder):
    jobs = [make(rate) for rate in RATES]
    played, engine = play(folder, jobs, budget=0.0)
    assert not engine.started and played.why == "its budget is over"
    assert len(play(folder, jobs)[1].started) == 5


def test_so_many_jobs_as_there_are_workers_run_at_a_time(folder):
    running, most = set(), []

    class Slow(Engine):
        def start(self, spec, log, slot):
            running.add(slot)
            most.append(len(running))
            task, polls = super().start(spec, log, slot), iter((None, None, 0))

            def poll():
                code = next(polls)
                running.discard(slot) if code == 0 else None
                return code

            task.poll = poll
            return task

    jobs = [make(rate) for rate in RATES]
    player = Player(folder, Listed(jobs), Slow(folder), Settings(2), lambda _: None)
    assert player.play().count(State.finished) == 5
    assert max(most) == 2


def test_a_run_that_would_not_go_on_is_a_failure_that_keeps_it(folder):
    one = make(RATES[0])
    play(folder, [one], {"lr": 9})
    play(folder, [one])  # as if it had gone on
    run = RunFolder(folder.run(one.name))
    run.state(status="stopped", exit_code=143)
    folder.record(one.name, exit_code=2)
    folder.log(one.name).write_text("gan_lab: Resuming it would not be exact.\n")
    found = folder.status(one.name)
    assert (found.kind, found.reason) == (REFUSED, "Resuming it would not be exact.")
    kept = run.path / "checkpoints" / "kept"
    kept.mkdir()
    play(folder, [one])
    assert kept.is_dir()


def test_a_job_that_was_ended_before_it_began_waits_again(folder):
    class Never(Engine):
        def start(self, spec, log, slot):
            self.started.append(spec.stem)
            return Stopped()

    class Stopped:
        code = None

        def poll(self):
            return self.code

        def stop(self):
            self.code = 1

    player = Player(
        folder,
        Listed([make(RATES[0]), make(RATES[1])]),
        Never(folder),
        Settings(budget=0.05),
        lambda played: progress._table(played, 2, lambda _: 4, lambda _: None, 9),
    )
    played = player.play()
    assert played.count(State.waiting) == 1 and not played.failures


def test_what_a_killed_write_left_is_no_job(folder):
    one = make(RATES[0])
    folder.jobs.mkdir(parents=True)
    (folder.jobs / f".4711-{one.name}.yaml").write_text("cut o")
    play(folder, [one])
    assert folder.names() == [one.name]


def test_an_error_of_the_sweep_itself_ends_its_jobs(folder):
    engine, stopped = Engine(folder), []

    class Busy:
        def poll(self):
            return None

        def stop(self):
            stopped.append(True)

    class Broken(Listed):
        def is_hopeless(self, job):
            raise RuntimeError("not this")

        def next(self):
            if engine.started:
                raise RuntimeError("this")
            return super().next()

    def start(spec, log, slot):
        engine.started.append(spec.stem)
        return Busy()

    engine.start = start
    jobs = [make(rate) for rate in RATES[:2]]
    with pytest.raises(RuntimeError, match=r"^this$"):
        Player(folder, Broken(jobs), engine, Settings(2), lambda _: None).play()
    assert stopped == [True]


class Late(Engine):
    """Plays jobs that leave a run at once and do not end, unless they are asked to."""

    ends = True

    def __init__(self, folder, hanging=100):
        super().__init__(folder)
        self.left, self.killed = hanging, []

    def start(self, spec, log, slot):
        self.started.append(spec.stem)
        self.left -= 1
        return Lasting(self, spec, log) if self.left >= 0 else Task(self, spec, log, 0)


class Lasting:
    def __init__(self, engine, spec, log):
        self.engine, self.spec, self.code = engine, spec, None
        log.write_text("")
        _leave_a_run(engine.folder, spec.stem, 9, 1.0)

    def poll(self):
        return self.code

    def stop(self):
        if self.engine.ends:
            RunFolder(self.engine.folder.run(self.spec.stem)).state(
                status="stopped", exit_code=143, reason="signal 15"
            )
            self.code = 143

    def kill(self):
        self.engine.killed.append(self.spec.stem)
        self.code = -9


@pytest.fixture
def at_once(monkeypatch):
    """Looks all the time, and takes each look for an hour."""
    monkeypatch.setattr(scheduler, "LOOK_SECONDS", -1.0)
    monkeypatch.setattr(watch, "STEP", math.inf)
    look = watch.Watch.look
    monkeypatch.setattr(watch.Watch, "look", lambda self, _: look(self, 3600.0))


def late(folder, jobs, engine, **settings):
    settings = Settings(**settings)
    return Player(folder, Listed(jobs), engine, settings, lambda _: None).play()


def test_a_job_that_runs_for_too_long_fails_with_its_reason_and_goes_on_later(folder):
    one, engine = make(RATES[0]), Late(folder)
    played = late(folder, [one], engine, job_limit=1e-9)
    ((name, status),) = played.failures.items()
    assert status.kind == "too long" and "of `sweep.job_limit` were over" in (
        status.reason
    )
    assert engine.started == [name] and played.again == {name}
    assert folder.status(name) == status  # and it can be told from the disk alone
    kept = folder.run(name) / "checkpoints" / "kept"
    kept.mkdir()
    assert late(folder, [one], Late(folder), retry=Retry.none).failures
    assert late(folder, [one], Engine(folder)).count(State.finished) == 1
    assert kept.is_dir()  # it went on, and was not begun anew


def test_a_job_that_hangs_is_tried_once_more(folder, at_once):
    jobs = [make(rate) for rate in RATES[:2]]
    engine = Late(folder, hanging=1)
    played = late(folder, jobs, engine)
    names = folder.names()
    assert engine.started == [names[0], names[0], names[1]]
    assert played.count(State.finished) == 2 and not played.again


def test_a_job_that_hangs_twice_has_failed_alone(folder, at_once):
    jobs = [make(rate) for rate in RATES[:2]]
    engine = Late(folder, hanging=2)
    played = late(folder, jobs, engine)
    ((name, status),) = played.failures.items()
    assert engine.started[:2] == [name, name] and played.again == {name}
    assert status.kind == "hung"
    assert status.reason == "Nothing was heard of it for 3:00:00."
    assert len(played.ended) == 2


def test_a_job_that_does_not_end_when_it_is_asked_to_is_killed(folder, monkeypatch):
    monkeypatch.setattr(scheduler, "LOOK_SECONDS", -1.0)
    monkeypatch.setattr(watch, "LEAST", 0.0)
    engine = Late(folder)
    engine.ends = False
    played = late(folder, [make(RATES[0])], engine, job_limit=1e-9)
    assert engine.killed and played.count(State.failed) == 1


def watched(tmp_path, before=0, scores=True):
    """What watches a job with so many rows, and what adds a row or a line of a log."""
    names = ["score/swd"] if scores else ["loss/generator"]
    table, log = metrics_csv.Metrics(tmp_path / "metrics.csv", names), tmp_path / "log"
    table.start(0)

    def row(round, seconds, **more):
        table.append({"round": round, "seconds": seconds, **more})
        os.utime(table.path, (round, round))

    for number in range(before):
        row(number + 1, 10.0 * (number + 1), **{names[0]: 1.0})
    seen = watch.Watch(table.path, log, 1000)
    return seen, row, lambda n: (log.write_text("."), os.utime(log, (n, n)))


def silence(seen, seconds: float) -> str:
    """What is said after so many seconds, looked at every ten."""
    for _ in range(int(seconds / 10)):
        seen.look(10.0)
    return seen.hangs


def test_a_job_hangs_when_it_is_silent_for_many_times_its_longest_tick(tmp_path):
    seen, row, _ = watched(tmp_path)
    row(2, 300.0)
    row(4, 310.0, **{"score/swd": 1.0})
    assert not silence(seen, 20 * 300.0)
    assert silence(seen, 20.0) == (
        "It hung: no tick for 1:40:00, and none had taken longer than 0:05:00."
    )
    row(6, 6400.0)
    assert not silence(seen, 20 * 6090.0)  # it was slow, and that is known now


def test_a_job_with_fast_ticks_has_a_quarter_of_an_hour(tmp_path):
    seen, row, _ = watched(tmp_path, scores=False)
    row(2, 1.0)
    row(4, 2.0)
    assert not silence(seen, 900.0) and "no tick for 0:15:00" in silence(seen, 20.0)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(2, 1.0)],
        [(2, 1.0), (4, 2.0), (6, 3.0)],
        [(998, 1.0), (1000, 2.0)],
    ],
    ids=["starts", "has one tick", "never measured its score", "writes its film"],
)
def test_a_job_of_which_too_little_is_known_has_three_hours(tmp_path, rows):
    seen, row, log = watched(tmp_path, scores=not rows or rows[-1][0] == 6)
    for number, seconds in rows:
        row(number, seconds)
    assert not silence(seen, 10800.0)
    log(1)  # it prepares data, and says how far
    assert not silence(seen, 10800.0) and "for 3:00:00" in silence(seen, 20.0)


def test_a_job_that_goes_on_is_not_judged_before_it_has_ticks_again(tmp_path):
    seen, row, _ = watched(tmp_path, before=4)
    row(5, 50.0)
    assert not silence(seen, 5000.0)
    row(6, 60.0)
    assert silence(seen, 1000.0)


def test_a_machine_that_slept_is_no_job_that_hung(tmp_path):
    seen, row, _ = watched(tmp_path, scores=False)
    row(2, 1.0)
    row(4, 2.0)
    seen.look(1.0)
    seen.look(1e6)
    assert not seen.hangs


def test_a_sweep_is_played_by_one_process(folder):
    with folder.lock(), pytest.raises(UsageError, match="being played by another"):
        SweepFolder(folder.path).lock()


# The board.


def ranked(folder, **options):
    return board(Reader().sweep(folder), **options)


def test_a_board_has_what_differs_and_nothing_else(folder):
    losses = [make(f"loss={name}", "seed=1") for name in ("hinge", "wgan_gp")]
    play(folder, losses)
    assert ranked(folder).parameters == ("loss.name",)
    play(folder, [make("loss=hinge", "loss/penalty=r1", "seed=1")])
    assert ranked(folder).parameters == ("loss.name", "loss.penalty.name")


def test_terms_are_one_column_and_their_options_follow_from_them(folder):
    play(folder, [make("loss/terms=[lecam]"), make("loss/terms=[]")])
    found = ranked(folder)
    assert found.parameters == ("loss.terms.name",)
    chosen = [line.parameters for place in found.places for line in place.lines]
    assert sorted(x["loss.terms.name"] for x in chosen) == ["[]", "[lecam]"]


def test_seeds_are_one_place_with_mean_and_deviation(folder):
    play(folder, [make(r, f"seed={s}") for r in RATES[:2] for s in (0, 1, 2)])
    found = ranked(folder)
    assert found.parameters == ("optim.lr", "seed")
    assert [place.parameters for place in found.places] == [
        {"optim.lr": 1e-4},
        {"optim.lr": 2e-4},
    ]
    first = found.places[0]
    assert first.mean == pytest.approx(2e-4)
    assert first.deviation == pytest.approx(1e-4)
    assert [line.parameters["seed"] for line in first.lines] == [0, 1, 2]


def test_runs_without_a_score_come_last_and_have_no_rank(folder):
    play(folder, [make(rate) for rate in RATES[:3]], {"lr1e-4": 2})
    found = ranked(folder)
    assert found.places[-1].mean is None
    text = board_files.as_markdown(found, "A sweep")
    assert "| 1 | 0.0002 |" in text and "|  | 0.0001 |" in text
    assert "bad configuration. what went wrong." in text


def test_scores_of_another_protocol_are_not_ranked(folder):
    play(folder, [make(rate) for rate in RATES[:3]])
    table = folder.run(folder.names()[0]) / "scores.jsonl"
    table.unlink()
    scores_jsonl.append(table, [Score("swd", 0.0, False, {"samples": 99}, 4)])
    found = ranked(folder)
    assert found.otherwise == (folder.names()[0],)
    assert found.protocol == {"samples": 8, "checkpoint": "round", "repeats": 1}
    other = ranked(folder, score="swd", wanted={"samples": "99"})
    assert other.places[0].mean == 0.0 and len(other.otherwise) == 0


def test_a_protocol_is_found_by_what_the_board_says_of_it(folder):
    play(folder, [make(rate) for rate in RATES[:2]])
    table = folder.run(folder.names()[0]) / "scores.jsonl"
    protocol = {"real": {"data": "ab" * 32}, "options": {"patches": 8}}
    scores_jsonl.append(table, [Score("swd", 0.5, False, protocol, 4)])
    for wanted in ({"patches": "8"}, {"data": "abababab"}, {"options.patches": "8"}):
        found = ranked(folder, score="swd", wanted=wanted)
        assert found.places[0].mean == 0.5, wanted
    assert not ranked(folder, score="swd", wanted={"data": "abab"}).protocol


def test_the_table_for_machines_has_a_row_for_each_run(folder):
    play(folder, [make(r, f"seed={s}") for r in RATES[:2] for s in (0, 1)])
    text = board_files.as_csv(ranked(folder), folder.path)
    head, *rows = (line.split(",") for line in text.splitlines())
    assert head[:4] == ["rank", "optim.lr", "seed", "state"] and len(rows) == 4
    row = dict(zip(head, rows[0], strict=True))
    assert row["best"] == "0.0001" and row["mean"] == "0.00015" and row["seeds"] == "2"
    assert (folder.path / row["run"]).is_dir()


def test_the_page_shows_grids_that_are_there_and_escapes_what_it_shows(folder):
    play(folder, [make(r) for r in RATES[:2]], {"lr1e-4": 1})
    name = folder.names()[1]
    run = RunFolder(folder.run(name))
    run.add_sample(4, np.zeros((8, 8, 1), np.uint8))
    RunFolder(folder.run(folder.names()[0])).state(reason="<script>")
    *_, page = board_files.write(ranked(folder), folder.path, "A & B")
    text = page.read_text()
    (picture,) = re.findall('<img src="([^"]+)"', text)
    assert (folder.path / picture).is_file()
    assert "<script>" not in text and "&lt;script&gt;" in text and "A &amp; B" in text


def test_links_have_slashes_on_every_system(monkeypatch):
    at = ntpath.relpath(r"C:\runs\s\a b\samples\4.png", r"C:\runs\s")
    monkeypatch.setattr(board_files, "PurePath", PureWindowsPath)
    monkeypatch.setattr(board_files.os.path, "relpath", lambda *paths: at)
    assert board_files.link(Path("a"), Path("b")) == "a%20b/samples/4.png"


def test_tensorboard_has_a_row_for_each_job(folder):
    from tensorboard.backend.event_processing.plugin_event_multiplexer import (
        EventMultiplexer,
    )
    from tensorboard.plugins.hparams import metadata

    rows = [make(r, "loss=hinge") for r in RATES[:2]]
    play(folder, [*rows, make("loss=bce", RATES[2])], {"lr2e-4": 3})
    hparams.write(ranked(folder), folder.path)
    before = {p: p.stat().st_mtime_ns for p in folder.path.rglob(HPARAMS)}
    hparams.write(ranked(folder), folder.path)
    assert before == {p: p.stat().st_mtime_ns for p in folder.path.rglob(HPARAMS)}
    events = EventMultiplexer().AddRunsFromDirectory(str(folder.path)).Reload()
    content = events.PluginRunToTagToContent("hparams")
    experiment = metadata.parse_experiment_plugin_data(
        content["."][metadata.EXPERIMENT_TAG]
    )
    names = [info.name for info in experiment.hparam_infos]
    assert names == ["optim.lr", "loss"]
    assert experiment.metric_infos[0].name.tag == "score/swd"
    found = {}
    for run, tags in content.items():
        if metadata.SESSION_START_INFO_TAG in tags:
            start = metadata.parse_session_start_info_plugin_data(
                tags[metadata.SESSION_START_INFO_TAG]
            )
            end = metadata.parse_session_end_info_plugin_data(
                tags[metadata.SESSION_END_INFO_TAG]
            )
            values = start.hparams
            rate = values["optim.lr"].number_value
            found[rate] = (run.split("-")[0], values["loss"].string_value, end.status)
    assert found == {
        1e-4: ("lr1e", "hinge", 1),
        2e-4: ("lr2e", "hinge", 2),
        3e-4: ("bce", "bce", 1),
    }


def test_any_runs_can_be_ranked(folder, capsys):
    from gan_lab.cli.main import main

    play(folder, [make(rate) for rate in RATES[:2]])
    elsewhere = folder.path.parent / "mine"
    folder.path.rename(elsewhere)
    for spec in (elsewhere / "jobs").iterdir():
        spec.unlink()
    (elsewhere / "jobs").rmdir()
    assert main(["leaderboard", str(elsewhere.parent)]) == 0
    said = capsys.readouterr().out
    assert "| 1 | 0.0001 | 0.0001 | 4 | 1 |" in said
    assert (elsewhere.parent / "leaderboard.html").is_file()
    assert main(["leaderboard", str(elsewhere.parent), "--score", "fid"]) == 2
    assert "no run has fid. Measured: swd" in capsys.readouterr().err
    board = (elsewhere.parent / "leaderboard.md").read_text()
    wrong = ["--protocol", "samples=8", "--protocol", "repeats=7"]
    assert main(["leaderboard", str(elsewhere.parent), *wrong]) == 2
    said = capsys.readouterr().err
    assert "`--protocol`: no run has swd with samples=8 with repeats=7" in said
    assert (elsewhere.parent / "leaderboard.md").read_text() == board
    assert main(["leaderboard", str(elsewhere / "nowhere")]) == 2


def test_damaged_files_are_told_or_passed_over(folder, capsys):
    from gan_lab.cli.main import main

    play(folder, [make(rate) for rate in RATES[:2]])
    run = folder.run(folder.names()[0])
    with (run / "scores.jsonl").open("ab") as table:
        table.write(b"\xff\n")
    (folder.jobs / f"{run.name}.json").write_text("")
    (folder.path / "sweep.json").write_text("")
    assert main(["leaderboard", str(folder.path)]) == 0
    assert "0.0001" in capsys.readouterr().out
    for text in ("{}", "[]", "3", "{"):
        (run / "run.json").write_text(text)
        assert main(["leaderboard", str(folder.path)]) == 0
        said = capsys.readouterr().out
        assert f"`{run.name}`: damaged. " in said and "run.json is damaged (" in said
        assert folder.status(run.name).state is State.failed  # and is played again


# Another machine.


@pytest.fixture
def begun(folder, monkeypatch):
    """What plays a job, which stopped at round 2, where facts are others.

    A function from these facts, and what is said of the sweep, to its run.
    """
    from gan_lab.sweeps.worker import work
    from gan_lab.system.console import Console
    from gan_lab.training import environment, start, train

    one = make("optim.lr=1e-4", "trainer.metrics=[swd]")
    spec, path = folder.spec(folder.plan(one)), folder.run(one.name)
    train.train(one.config, folder=path, until=2)

    def again(facts: dict, **said) -> RunFolder:
        folder.describe(**said)
        known = environment.environment() | facts
        monkeypatch.setattr(start, "environment", lambda devices: known)
        work(spec, 0, Console())
        return RunFolder(path)

    return again


def test_a_job_goes_on_on_another_kind_of_machine_and_is_marked(folder, begun):
    run = begun({"processor": "Fast 9", "instructions": "sse4_1", "threads": 99})
    assert run.facts()["status"] == "finished"
    (event,) = (e for e in run.events() if e["event"] == "resume")
    said = "; ".join(event["changes"])
    assert all(clause in said for clause in ("is Fast 9", "is sse4_1", "is 99"))
    assert "Changed from round 2 on: threads was " in run.log.read_text()
    found, mark = ranked(folder), "not exact from round 2"
    assert f"| 1, 1 {mark} |" in board_files.as_markdown(found, "A sweep")
    for text in (
        board_files.as_markdown(found, "A sweep"),
        board_files.as_html(found, folder.path, "A sweep"),
    ):
        assert f"{mark}: threads was " in text and "is Fast 9" in text
    head, row = board_files.as_csv(found, folder.path).splitlines()
    assert head.endswith(",not_exact_from") and row.endswith(",2")
    status = folder.status(run.path.name)
    shown = progress._table(
        scheduler.Played({"a": status}), 1, lambda _: 4, score_of, 9
    )
    assert list(shown.columns[1].cells) == [f"finished ({mark})"]
    assert scheduler._under_way(status).mark == mark


def score_of(row):
    return None


def test_a_job_is_refused_where_more_than_the_machine_differs(begun):
    variables = {"variables": {"ONEDNN_MAX_CPU_ISA": "SSE41"}, "threads": 99}
    only = "be exact: ONEDNN_MAX_CPU_ISA was not set, is SSE41. Take"
    for facts, clause in (
        ({"keras": "9.9"}, r"keras was [\d.]+, is 9.9"),
        ({"gan_lab": "9.9"}, "gan_lab was .*, is 9.9"),
        (variables, only),
    ):
        with pytest.raises(UsageError, match=clause):
            begun(facts)


def test_a_job_is_refused_on_another_kind_of_machine_where_that_is_asked_for(begun):
    with pytest.raises(UsageError, match=r"processor was .*, is Fast 9"):
        begun({"processor": "Fast 9"}, exact=True)


def test_a_run_that_went_on_as_it_was_has_no_mark(folder, begun):
    run = begun({})
    assert not folder.status(run.path.name).mark
    text = board_files.as_markdown(ranked(folder), "A sweep")
    assert "not exact" not in text.lower()
    assert board_files.as_csv(ranked(folder), folder.path).splitlines()[1][-1] == ","


# Processes.


def sweep_folder(path: Path) -> SweepFolder:
    (found,) = path.glob("runs/sweeps/*/jobs")
    return SweepFolder(found.parent)


def test_a_sweep_runs_every_combination_and_the_same_line_continues_it(
    command, tmp_path
):
    line = ("-m", *TINY, "loss=hinge,wgan_gp", "sweep.workers=2")
    said = command(*line)
    assert said.returncode == 0, said.stderr
    folder = sweep_folder(tmp_path)
    configs = [folder.specification(name) for name in folder.names()]
    assert [c["loss"]["name"] for c in configs] == ["hinge", "wgan_gp"]
    assert [p.name for p in tmp_path.iterdir()] == ["runs"]
    assert "Of 2 jobs: 2 finished." in said.stdout
    for suffix in ("csv", "md", "html"):
        assert (folder.path / f"leaderboard.{suffix}").stat().st_size
    facts = RunFolder(folder.run(folder.names()[0])).facts()
    assert facts["overrides"][-1] == "loss=hinge"
    before = {p: p.stat().st_mtime_ns for p in folder.path.rglob("run.json")}
    assert command(*line).returncode == 0
    assert before == {p: p.stat().st_mtime_ns for p in folder.path.rglob("run.json")}


@pytest.mark.parametrize(
    "mistake, said",
    [
        (["optim.lr=1e-4,-2"], "`optim.lr` must be above 0. Received: -2.0."),
        (["loss=bce,hinges"], "Did you mean `hinge`?"),
        (["seed=1,2", "data.image_size=33"], "Received: 33x33x1"),
        (["sweep.workers=1,2"], "`sweep.workers` cannot be swept"),
        (["name=a,b"], "`name` cannot be swept"),
        (["optim.lr=interval(1,2)"], "an interval is for a search: add hpo=tpe"),
    ],
)
def test_what_is_wrong_with_a_sweep_is_said_before_anything_begins(
    tmp_path, monkeypatch, capfd, mistake, said
):
    monkeypatch.chdir(tmp_path)
    assert main(["-m", *TINY, *mistake]) == 2
    error = capfd.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.full
def test_a_signal_during_the_rehearsal_leaves_nothing(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    around = os.environ | {"TMPDIR": str(scratch)}
    line = [sys.executable, "-m", "gan_lab", "-m", *TINY, "seed=1,2"]
    process = subprocess.Popen(
        line, cwd=tmp_path, env=around, stderr=subprocess.PIPE, text=True
    )
    while not (specs := list(scratch.glob("*/000001.yaml"))):
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    assert process.returncode == 143
    assert said == "gan_lab: The sweep was stopped before any job began.\n"
    assert not specs[0].parent.exists() and not (tmp_path / "runs").exists()


def test_a_parent_loads_neither_tensorflow_nor_keras(tmp_path):
    program = (
        "import sys; from gan_lab.cli.main import main; "
        f"assert main({['-m', *TINY, 'seed=1,2', 'sweep.budget=0s']!r}) == 0; "
        "bad = {'tensorflow', 'keras', 'matplotlib', 'optuna'} & set(sys.modules); "
        "assert not bad, bad"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "its budget is over" in done.stdout


LONG = ("trainer.steps=400", "trainer.tick_steps=4", "trainer.metrics=[]")


def begin(tmp_path, *line: str) -> subprocess.Popen:
    """A sweep that is under way, and the grid that says so."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gan_lab", "-m", *TINY, *LONG, *line],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not list(
        tmp_path.glob("runs/sweeps/*/*/checkpoints/000008")
    ):
        time.sleep(0.01)
    return process


def process_of(spec: Path) -> int:
    """The number of the process that plays a job."""
    listed = subprocess.run(["ps", "-wweo", "pid,args"], capture_output=True, text=True)
    lines = (line.split() for line in listed.stdout.splitlines())
    (found,) = (int(line[0]) for line in lines if str(spec) in line)
    return found


def until_free(folder: SweepFolder) -> None:
    """Until the process of no job is left."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and any(
        folder.status(name).state is State.running for name in folder.names()
    ):
        time.sleep(0.05)


@posix
@pytest.mark.full
def test_a_sweep_whose_parent_is_killed_goes_on_exactly(tmp_path, command):
    process = begin(tmp_path, "seed=1,2")
    process.kill()
    process.communicate()
    folder = sweep_folder(tmp_path)
    until_free(folder)  # who has lost its parent saves and ends
    first = RunFolder(folder.run(folder.names()[0]))
    assert first.facts()["status"] == "stopped"
    done = command("-m", *TINY, *LONG, "seed=1,2")
    assert done.returncode == 0 and "2 finished" in done.stdout
    straight = command(*TINY, *LONG, "seed=1", "name=straight")
    assert straight.returncode == 0
    (other,) = (tmp_path / "runs" / "straight").iterdir()
    for part in ("checkpoints/000400/state.npz", "samples/000400.png"):
        assert (other / part).read_bytes() == (first.path / part).read_bytes()
    assert sum(event["event"] == "resume" for event in first.events()) == 1


@posix
@pytest.mark.full
def test_a_killed_job_fails_alone_and_goes_on_with_the_same_line(tmp_path, command):
    process = begin(tmp_path, "seed=1,2")
    folder = sweep_folder(tmp_path)
    name = folder.names()[0]
    spec = folder.spec(name).relative_to(tmp_path)
    os.kill(process_of(spec), signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1 and f"{name}: failed (killed)" in out
    assert folder.status(name).kind == "killed"
    assert "1 failed, 1 finished" in err
    done = command("-m", *TINY, *LONG, "seed=1,2")
    assert done.returncode == 0 and "2 finished" in done.stdout
    resumed = RunFolder(folder.run(name)).events()
    assert [e["round"] > 0 for e in resumed if e["event"] == "resume"] == [True]


HANGS_ONCE = """
import os, signal
from pathlib import Path
from gan_lab import register
from gan_lab import pictures
from gan_lab.data.sources.synthetic import synthetic
from dataclasses import replace

@register("data")
def hangs_once(*, image_size: int = 16):
    drawn = []
    def draw(images):
        drawn.append(1)
        marker = Path("hung")
        if len(drawn) == 5 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGSTOP)
        return pictures.grid(images)
    return replace(synthetic(image_size=image_size), draw=draw)
"""


@posix
@pytest.mark.full
def test_a_job_that_hangs_is_killed_and_goes_on_exactly(tmp_path, command):
    (tmp_path / "my_parts.py").write_text(HANGS_ONCE)
    line = ("imports=[my_parts]", *TINY, "data=hangs_once", "trainer.metrics=[]")
    line += ("trainer.steps=16", "data.image_size=16")
    program = (
        "import sys; from gan_lab.sweeps import watch; "
        "from gan_lab.cli.main import main; "
        "watch.LEAST, watch.TIMES, watch.GRACE = 5.0, 1, 0.0; "
        f"sys.exit(main({['-m', *line, 'seed=1']!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "failed (hung). It hung: no tick for" in done.stdout
    folder = sweep_folder(tmp_path)
    (run,) = (RunFolder(folder.run(name)) for name in folder.names())
    assert [e["event"] for e in run.events()] == ["resume"]
    assert command(*line, "seed=1", "name=straight").returncode == 0
    (other,) = (tmp_path / "runs" / "straight").iterdir()
    for part in ("checkpoints/000016/state.npz", "samples/000016.png"):
        assert (other / part).read_bytes() == (run.path / part).read_bytes()


@posix
@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, marks=pytest.mark.full), signal.SIGTERM]
)
def test_a_stopped_sweep_lets_its_jobs_save(tmp_path, number):
    process = begin(tmp_path, "seed=1,2,3", "sweep.workers=2")
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "The sweep was stopped." in err and "same line continues it" in err
    folder = sweep_folder(tmp_path)
    states = [folder.status(name).state for name in folder.names()]
    assert states[0] is State.stopped and states[2] is State.waiting
    assert states[1] in (State.stopped, State.waiting)  # it may not have begun yet


@pytest.mark.full
def test_hydras_own_sweeper_has_its_jobs_played_here(command, tmp_path):
    done = command("-m", *TINY, "hydra/sweeper=basic", "seed=1,2", "sweep.name=s")
    assert done.returncode == 0 and "Of 2 jobs: 2 finished." in done.stdout


@pytest.mark.full
def test_jobs_go_out_through_submitit_and_fail_alone(command, tmp_path):
    pytest.importorskip("submitit")
    line = (*TINY, "engine=slurm", "engine.cluster=local", "sweep.workers=2")
    done = command("-m", *line, "optim=sgd", "loss=least_squares", "optim.lr=1e9,1e-4")
    folder = sweep_folder(tmp_path)
    kinds = [folder.status(name).kind for name in folder.names()]
    assert kinds == ["not finite", ""] and done.returncode == 1
    assert "1 failed, 1 finished" in done.stderr


def test_without_submitit_its_pip_line_is_named(monkeypatch):
    from gan_lab.sweeps.engines.slurm import slurm

    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(UsageError, match=re.escape('"keras-gan-lab[cluster]"')):
        slurm(1)


def test_gpus_are_taken_in_turn(monkeypatch, tmp_path):
    from gan_lab.sweeps.engines import local

    seen = []
    monkeypatch.setattr(local.cores, "count", lambda: 8)
    monkeypatch.setattr(
        local.subprocess,
        "Popen",
        lambda command, **how: seen.append((command, how["env"])),
    )
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5")
    engine = local.local(3)
    for slot in range(3):
        engine.start(tmp_path / "job.yaml", tmp_path / "job.log", slot)
    assert [e["CUDA_VISIBLE_DEVICES"] for _, e in seen] == ["2", "5", "2"]
    assert all(command[-2:] == ["--threads", "2"] for command, _ in seen)


@pytest.mark.full
def test_a_job_is_played_by_hand_too(folder, tmp_path, command):
    name = folder.plan(make("optim.lr=1e-4"))
    done = command("job", str(folder.spec(name)), "--threads", "1")
    assert done.returncode == 0, done.stderr
    run = RunFolder(folder.run(name))
    assert run.facts()["status"] == "finished"
    assert run.facts()["environment"]["threads"] == 1
    assert json.loads((folder.jobs / f"{name}.json").read_text())["overrides"]
    assert command("job", str(tmp_path / "none.yaml")).returncode == 2


def test_a_single_run_refuses_what_is_of_sweeps(command):
    done = command(*TINY, "sweep.workers=2")
    assert done.returncode == 2
    assert done.stderr == "gan_lab: `sweep.workers` is for a sweep: add -m.\n"


def test_the_configuration_of_a_run_has_nothing_of_sweeps(tiny):
    assert not {"sweep", "engine", "hpo"} & set(plain(tiny()))
