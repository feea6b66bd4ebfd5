"""A run that is far from its best score: warned of, stopped, or rolled back."""

import json
import os
import signal

import keras
import numpy as np
import pytest

from gan_lab import Samples
from gan_lab.artifacts import RunFolder, metrics_csv
from gan_lab.artifacts.checkpoints import Checkpoints
from gan_lab.errors import CollapseError, UsageError
from gan_lab.training.load import load_run
from gan_lab.training.resume import resume
from gan_lab.training.rollback import Remedy
from gan_lab.training.train import train

pytestmark = pytest.mark.usefixtures("compiled_once")

SCORED = (
    "trainer.metric_ticks=1",
    "trainer.metric_samples=4",
    "trainer.keep=1",
    "trainer.patience=2",
)


def collapse_after(monkeypatch, round):
    """Have the score say that every generator is bad after so many rounds."""
    from gan_lab.evaluation.judge import Judge

    measure = Judge.__call__
    asked = []

    def judged(self, images):
        asked.append(len(asked))
        bad = len(asked) * 2 > round
        return measure(self, images) | {"swd": 100.0 if bad else 10.0 - len(asked)}

    monkeypatch.setattr(Judge, "__call__", judged)


def events(run_or_path):
    folder = RunFolder(run_or_path)
    return [event for event in folder.events() if event["event"] != "finding"]


def only_run(path):
    (folder,) = path.glob("runs/*/*")
    return folder


def test_a_collapse_is_said_once_and_the_run_goes_on(tiny, monkeypatch):
    collapse_after(monkeypatch, 4)
    run = train(tiny(*SCORED, "trainer.steps=12"))
    (event,) = events(run.folder.path)
    assert event["event"] == "collapse" and event["round"] == 8
    assert (
        "Collapse: swd has been more than 1.5 times worse" in run.folder.log.read_text()
    )
    assert run.folder.facts()["status"] == "finished"


def test_the_checkpoint_of_the_best_score_stays(tiny, monkeypatch):
    collapse_after(monkeypatch, 4)
    run = train(tiny(*SCORED, "trainer.steps=12"))
    assert run.folder.checkpoints.rounds() == [4, 12]
    assert run.best_round == 4
    best = load_run(run.folder.path, "best")
    assert best.round == 4
    assert load_run(run.folder.path).round == 12
    with pytest.raises(UsageError, match=r"no checkpoint of round 6 .* Known: 4, 12"):
        load_run(run.folder.path, 6)
    with pytest.raises(UsageError, match="must be last, best or the number of a round"):
        load_run(run.folder.path, "newest")


def test_patience_counts_measurements_in_a_row(tiny, monkeypatch):
    collapse_after(monkeypatch, 4)
    run = train(tiny(*SCORED, "trainer.patience=4", "trainer.steps=10"))
    assert events(run.folder.path) == []


def test_a_collapse_stops_with_a_code_of_its_own(tiny, tmp_path, monkeypatch):
    collapse_after(monkeypatch, 4)
    config = tiny(*SCORED, "trainer.on_collapse=stop", "trainer.steps=12")
    with pytest.raises(CollapseError, match="Collapse after round 8: swd has been"):
        train(config)
    assert CollapseError.exit_code == 4
    facts = RunFolder(only_run(tmp_path)).facts()
    assert facts["status"] == "stopped"
    assert facts["reason"].startswith("Collapse after round 8")


ROLLBACK = (
    *SCORED,
    "trainer.on_collapse=rollback",
    "trainer.attempts=1",
    "trainer.remedy_penalty=r1",
    "trainer.keep=20",
    "optim.discriminator_lr=1e-3",
)


def test_a_rollback_takes_the_best_weights_the_remedy_and_never_the_round(
    tiny, tmp_path, monkeypatch
):
    collapse_after(monkeypatch, 4)
    with pytest.raises(CollapseError):  # the second time nothing is left to try
        train(tiny(*ROLLBACK, "trainer.steps=12"))
    path = only_run(tmp_path)
    (event,) = events(path)
    assert (event["event"], event["round"], event["to"]) == ("rollback", 8, 4)
    assert event["attempt"] == 1
    applied = " ".join(event["applied"])
    assert "optim.lr was 0.0002, is 0.0001" in applied
    assert "optim.discriminator_lr was 0.001, is 0.0005" in applied
    assert "loss.penalty.name was none, is r1" in applied
    best, back = (load_run(path, round) for round in (4, 8))
    assert back.remedy.attempt == 1 and best.remedy.attempt == 0
    assert int(back.gan.rounds.value) == 8
    pairs = zip(back.gan.generator.weights, best.gan.generator.weights, strict=True)
    assert all(np.array_equal(ours, its) for ours, its in pairs)
    seeds = [run.gan.seed_generator.state.numpy().tolist() for run in (best, back)]
    assert seeds[0] != seeds[1]
    rows = metrics_csv.read(path / "metrics.csv")
    assert [row["round"] for row in rows] == [2, 4, 6, 8, 10, 12]
    assert ["penalty/r1" in row for row in rows] == [False] * 4 + [True] * 2


def test_a_rolled_back_run_resumes_as_if_it_had_not_been_stopped(
    tiny, tmp_path, monkeypatch
):
    def traced(run):
        state = {k: np.asarray(v).tolist() for k, v in run.gan.state().items()}
        rows = [
            {k: v for k, v in row.items() if not k.startswith(("speed", "seconds"))}
            for row in metrics_csv.read(run.folder.metrics)
        ]
        return state, rows

    collapse_after(monkeypatch, 4)
    more = ("trainer.attempts=3", "trainer.patience=2")
    straight = train(tiny(*ROLLBACK, *more, "trainer.steps=10"))
    collapse_after(monkeypatch, 4)
    half = train(tiny(*ROLLBACK, *more, "trainer.steps=8", "name=half"))
    assert half.remedy.attempt == 1
    keras.utils.set_random_seed(99)
    whole = resume(half.folder.path, ["trainer.steps=10"])
    assert whole.remedy.attempt == 1
    assert traced(whole) == traced(straight)


def skip_an_update(run, optimizer):
    """One round more, in which a gradient is beyond float16; and its checkpoint."""
    scale = float(optimizer.dynamic_scale)
    optimizer.dynamic_scale.assign(1e38)
    run.gan.play_round(np.zeros((4, 16, 16, 1), np.uint8))
    optimizer.dynamic_scale.assign(scale)
    run.round += 1
    run.save()


NONE = {"generator": 0, "discriminator": 0}


@pytest.mark.full
def test_what_a_rollback_undoes_is_not_taken_for_skipped(tiny, monkeypatch):
    collapse_after(monkeypatch, 4)
    half = "trainer.precision=mixed_float16"
    run = train(tiny(*ROLLBACK, half, "trainer.attempts=3", "trainer.steps=10"))
    assert run.remedy.attempt == 1
    assert run.folder.summary()["skipped_updates"] == NONE
    skip_an_update(run, run.gan.generator_optimizer)
    run = resume(run.folder.path, ["trainer.critic_steps=2", "trainer.steps=14"])
    assert run.folder.summary()["skipped_updates"] == NONE | {"generator": 1}


def test_an_older_checkpoint_that_counted_no_skips_is_told_by_its_rounds(
    tiny, monkeypatch
):
    run = train(tiny("trainer.precision=mixed_float16"))
    skip_an_update(run, run.gan.discriminator_optimizer)
    round, state, meta = run.folder.checkpoints.load(print)
    assert meta.pop("skipped_updates") == NONE | {"discriminator": 1}
    monkeypatch.setattr(Checkpoints, "load", lambda self, warn: (round, state, meta))
    older = load_run(run.folder.path)
    assert older.gan.skipped_updates() == NONE | {"discriminator": 1}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_signal_while_a_run_collapses_stops_it_after_the_rollback(tiny, monkeypatch):
    from gan_lab.training.callbacks.collapse import Collapse

    tick = Collapse.tick

    def interrupted(self, run, now):
        if now.round == 8:
            signal.raise_signal(signal.SIGTERM)
        tick(self, run, now)

    collapse_after(monkeypatch, 4)
    monkeypatch.setattr(Collapse, "tick", interrupted)
    run = train(tiny(*ROLLBACK, "trainer.attempts=3", "trainer.steps=10"))
    assert run.signal == signal.SIGTERM and run.round == 8
    assert run.remedy.attempt == 1
    assert run.folder.facts()["status"] == "stopped"
    run = resume(run.folder.path)
    assert run.remedy.attempt == 1
    assert [e["event"] for e in events(run.folder.path)] == ["rollback", "resume"]


def test_a_score_around_zero_tells_no_collapse(tiny):
    run = train(tiny("trainer.metrics=[mmd,memorisation]", "trainer.metric_ticks=1"))
    assert run.metric == "mmd"
    run.best["score/mmd"] = {"value": -0.001, "round": 2}
    assert not run.judgement.is_far_from_best(0.5, 1.5)
    run.judgement.metric = "swd"
    run.best["score/swd"] = {"value": 10.0, "round": 2}
    assert run.judgement.is_far_from_best(15.1, 1.5)
    assert not run.judgement.is_far_from_best(14.9, 1.5)
    assert run.judgement.is_far_from_best(float("nan"), 1.5)


def test_a_run_of_before_there_were_scores_goes_on(tiny):
    run = train(tiny())
    facts = json.loads((run.folder.path / "run.json").read_text())
    for key in ("metrics", "patience", "extractor"):
        del facts["config"]["trainer"][key]
    (run.folder.path / "run.json").write_text(json.dumps(facts))
    assert resume(run.folder.path, ["trainer.steps=6"]).round == 6


def test_a_remedy_grows_with_each_attempt(tiny):
    config = tiny("trainer.remedy_lr=0.5", "trainer.remedy_penalty=r1")
    assert Remedy().applied(config) == config
    twice = Remedy().next(config.trainer).next(config.trainer)
    assert twice == Remedy(2, 0.25, "r1")
    second = twice.applied(config)
    assert second.optim.lr == pytest.approx(config.optim.lr / 4)
    assert second.optim.discriminator_lr is None
    assert second.loss.penalty.name == "r1"
    given = tiny("loss=wgan_gp", "trainer.remedy_penalty=r1")
    remedied = Remedy().next(given.trainer).applied(given)
    assert remedied.loss.penalty.name == "gradient_penalty"


def test_what_was_applied_is_kept_by_the_checkpoint(tiny, tmp_path, monkeypatch):
    collapse_after(monkeypatch, 4)
    run = train(tiny(*ROLLBACK, "trainer.steps=8"))
    other = ["trainer.steps=10", "trainer.remedy_lr=0.9", "trainer.remedy_penalty=none"]
    again = resume(run.folder.path, other)
    assert again.remedy == Remedy(1, 0.5, "r1")
    assert "penalty/r1" in again.gan.log_names
    (event, _) = events(run.folder.path)  # and that of the resume
    assert event["attempt"] == 1


def test_a_warned_run_can_be_told_to_roll_back(tiny, monkeypatch):
    collapse_after(monkeypatch, 4)
    run = train(tiny(*SCORED, "trainer.steps=12"))
    more = ["trainer.steps=14", "trainer.on_collapse=rollback", "trainer.attempts=1"]
    resume(run.folder.path, more)
    names = [event["event"] for event in events(run.folder.path)]
    assert names == ["collapse", "resume", "rollback"]


@pytest.mark.parametrize(
    "override, said",
    [
        ("trainer.metrics=[swdd]", "`swdd` is not a score. Did you mean `swd`?"),
        ("trainer.metrics=[fid]", "`fid` is `frechet` on features of Inception"),
        ("trainer.best_metric=fid", "`trainer.best_metric` is not measured"),
        ("trainer.metrics=[classes]", "`classes` cannot be measured: it needs labels"),
        ("trainer.patience=-1", "`trainer.patience` must be at least 0"),
        ("trainer.remedy_lr=0", r"`trainer.remedy_lr` must be in \(0, 1\]"),
        ("trainer.remedy_penalty=r3", "`trainer.remedy_penalty` must be one of"),
        ("trainer.extractor=inception", "needs its weights"),
        ("trainer.on_collapse=stop", "`trainer.on_collapse` needs a score"),
    ],
)
def test_a_mistake_is_said_before_there_is_a_run_folder(tiny, tmp_path, override, said):
    more = ["trainer.metrics=[frechet]"] if "extractor" in override else []
    more += ["trainer.metrics=[]"] if "on_collapse" in override else []
    with pytest.raises(UsageError, match=said):
        train(tiny(override, *more))
    assert not (tmp_path / "runs").exists()


def test_a_remedy_that_cannot_be_applied_is_said_before_there_is_a_run_folder(
    tiny, tmp_path
):
    remedy = ("trainer.on_collapse=rollback", "trainer.remedy_penalty=r1")
    with pytest.raises(UsageError, match="`loss/penalty=r1` judges images one by one"):
        train(tiny(*remedy, "model.discriminator_norm=batch"))
    assert not (tmp_path / "runs").exists()


def test_scores_do_not_change_what_is_trained(tiny):
    """Nor do they draw from anybody's random numbers."""
    scored = train(tiny("trainer.metric_ticks=1"))
    plain = train(tiny("trainer.metrics=[]"))
    states = [
        {k: np.asarray(v).tolist() for k, v in run.gan.state().items()}
        for run in (scored, plain)
    ]
    assert states[0] == states[1]


def test_every_score_of_a_run_has_its_protocol(tiny):
    run = train(tiny("trainer.metric_ticks=1", "trainer.metric_samples=8"))
    lines = [json.loads(line) for line in run.folder.scores.read_text().splitlines()]
    assert {line["round"] for line in lines} == {2, 4}
    for line in lines:
        protocol = line["protocol"]
        assert protocol["samples"] == protocol["real_images"] == 8
        assert protocol["real"] == "train" and protocol["generator"] == "average"
        assert len(protocol["data"]) == 64 and protocol["resize"] == "none"
    rows = metrics_csv.read(run.folder.metrics)
    assert rows[-1]["score/swd"] == pytest.approx(
        next(s["value"] for s in lines if s["name"] == "swd" and s["round"] == 4)
    )


def test_the_batches_of_an_attempt_are_its_own():
    from gan_lab.data.batches import Batches

    samples = Samples(np.arange(64, dtype=np.uint8).reshape(64, 1, 1, 1))
    orders = [Batches(samples, 64, 0, attempt=a).indices(0).tolist() for a in range(3)]
    assert sorted(orders[1]) == sorted(orders[0])
    assert len({tuple(order) for order in orders}) == 3
