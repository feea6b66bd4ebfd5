"""Searches: what Optuna proposes, what it is told, and what survives a kill."""

import re
import sys

import pytest

from gan_lab.cli.main import main
from gan_lab.config.compose import compose
from gan_lab.errors import UsageError
from gan_lab.evaluation.expected import resolve
from gan_lab.sweeps import samplers, sweep
from gan_lab.sweeps.folder import SweepFolder
from gan_lab.sweeps.job import job
from gan_lab.sweeps.job_status import State
from gan_lab.sweeps.scheduler import Player, Settings
from gan_lab.sweeps.search import Search
from tests.conftest import TINY
from tests.sweeps.test_sweeps import Engine, composed, quick  # noqa: F401

optuna = pytest.importorskip("optuna")

SPACE = {
    "optim.lr": optuna.distributions.FloatDistribution(1e-5, 1e-3, log=True),
    "loss": optuna.distributions.CategoricalDistribution(["bce", "hinge"]),
}


def search(*overrides: str, space=SPACE) -> Search:
    """A search that makes real jobs."""

    def chosen(values, trial):
        line = [f"{key}={value}" for key, value in values.items()]
        return job(line, space, composed(*TINY, *line), trial)

    asked = compose("hpo=tpe", *overrides).hpo
    return Search(asked, list(asked.objectives), space, chosen)


def play(folder, found: Search, outcomes=None, **settings):
    found.begin(folder)
    engine = Engine(folder, outcomes)
    return Player(folder, found, engine, Settings(**settings), lambda _: None).play()


def jobs(folder) -> list[str]:
    return sorted(folder.names())


@pytest.fixture
def folder(tmp_path):
    found = SweepFolder(tmp_path / "one")
    found.jobs.mkdir(parents=True)
    return found


def test_a_search_tries_so_many_and_finds_the_best_region(folder):
    found = search("hpo.trials=25")
    assert play(folder, found).count(State.finished) == len(jobs(folder)) == 25
    # The score is the learning rate: small ones are best, and come to be preferred.
    rates = [trial.params["optim.lr"] for trial in found.study.trials]
    assert sum(r < 1e-4 for r in rates[15:]) > sum(r < 1e-4 for r in rates[:10])
    assert found.study.best_value == pytest.approx(min(rates), rel=1e-4)


def test_the_same_seed_proposes_the_same_and_another_seed_something_else(tmp_path):
    names = []
    for place, seed in (("a", 1), ("b", 1), ("c", 2)):
        folder = SweepFolder(tmp_path / place)
        folder.jobs.mkdir(parents=True)
        play(folder, search("hpo.trials=12", f"hpo.seed={seed}", "hpo.startup=4"))
        names.append(jobs(folder))
    assert names[0] == names[1] != names[2]


def test_a_search_in_two_calls_is_that_of_one(folder, tmp_path):
    play(folder, search("hpo.trials=5", "hpo.startup=3"))
    play(folder, search("hpo.trials=9", "hpo.startup=3"))
    other = SweepFolder(tmp_path / "other")
    other.jobs.mkdir(parents=True)
    play(other, search("hpo.trials=9", "hpo.startup=3"))
    assert jobs(folder) == jobs(other)


def test_a_trial_that_was_left_behind_is_queued_again(folder):
    found = search("hpo.trials=3")
    found.begin(folder)
    left = found.next()  # and then the process is killed
    again = search("hpo.trials=3")
    played = play(folder, again)
    assert left.name in played.statuses and played.count(State.finished) == 3
    states = [trial.state.name for trial in again.study.trials]
    assert sorted(states) == ["COMPLETE"] * 3 + ["FAIL"]


def test_a_killed_job_goes_on_with_the_next_call(folder):
    played = play(folder, search("hpo.trials=3"), {"bce": 9, "hinge": 9})
    assert len(played.failures) == 3
    again = play(folder, search("hpo.trials=3"))
    assert set(again.statuses) == set(played.statuses)
    assert again.count(State.finished) == 3


def test_a_failed_trial_is_made_good_by_a_later_call_and_nan_counts_as_hopeless(folder):
    found = search("hpo=random", "hpo.trials=8")
    play(folder, found, {"bce": 1, "hinge": 3}, fail_fast=0)
    states = [trial.state.name for trial in found.study.trials]
    assert set(states) == {"FAIL", "PRUNED"} and len(states) == 8
    again = search("hpo=random", "hpo.trials=8")
    play(folder, again)
    assert len(again.study.trials) == 8 + states.count("FAIL")


def test_a_failed_trial_is_tried_again_and_no_finished_one_in_its_place(folder):
    first = search("hpo=random", "hpo.trials=6")
    found = play(folder, first, {"bce": 1}, fail_fast=0)
    failed = set(found.failures)
    assert 0 < len(failed) < 6 and found.again == failed
    again = search("hpo=random", "hpo.trials=6")
    played = play(folder, again)
    assert set(played.statuses) == failed and not played.failures
    assert len(jobs(folder)) == 6  # nothing that was not proposed before
    assert play(folder, search("hpo=random", "hpo.trials=6")).statuses == {}


def test_a_bad_result_of_a_search_is_a_result(folder):
    found = play(folder, search("hpo.trials=3"), {"bce": 3, "hinge": 3}, fail_fast=0)
    assert len(found.failures) == 3 and not found.again


def test_a_trial_that_makes_no_job_is_not_left_running(folder):
    space = {"trainer.batch_size": optuna.distributions.FloatDistribution(2.1, 2.2)}
    found = search("hpo.trials=3", space=space)
    found.begin(folder)
    with pytest.raises(UsageError, match=r"`trainer\.batch_size` must be a whole"):
        found.next()
    assert [trial.state.name for trial in found.study.trials] == ["FAIL"]


def test_what_is_hopeless_by_its_scores_is_ended(folder):
    found = search("hpo.trials=8")
    play(folder, found)
    late = search("hpo.trials=9")
    late.begin(folder)
    proposed = late.next()
    name = folder.plan(proposed)
    Engine(folder, score=1e6).start(folder.spec(name), folder.log(name), 0)
    assert late.is_hopeless(proposed)
    without = search("hpo.trials=9", "hpo.prune=false")
    without.begin(folder)
    assert not without.is_hopeless(proposed)


def test_several_objectives_have_a_front(folder):
    found = search("hpo=nsga2", "hpo.trials=6", "hpo.objectives=[swd,seconds]")
    play(folder, found)
    assert [d.name for d in found.study.directions] == ["MINIMIZE", "MINIMIZE"]
    assert all(len(trial.values) == 2 for trial in found.study.trials)
    assert found.study.best_trials


def named(*overrides: str) -> str:
    """The default name of a search of the command line."""
    space = {"loss": optuna.distributions.CategoricalDistribution(["bce", "hinge"])}

    def composed(line):
        return compose("hpo=random", *TINY, *overrides, *line)

    fixed = ["hpo=random", *TINY, *overrides]
    played = sweep.search(space, fixed, [{"loss": "bce"}], composed)
    return played.args[2]


def test_what_makes_it_another_search_is_part_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    usual = named()
    same = (["hpo.trials=7"], ["hpo.objectives=[swd]"], ["hpo.seed=0"])
    assert {named(*line) for line in same} == {usual}
    other = (["hpo.objectives=[seconds]"], ["hpo.seed=1"], ["hpo=tpe"])
    names = {named(*line) for line in other}
    assert len(names) == 3 and usual not in names


def test_a_search_goes_on_in_the_folder_that_it_began_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sweep, "objectives_of", lambda folder: ["swd"])
    before = named()
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    found = SweepFolder(tmp_path / "runs" / "sweeps" / before)
    found.jobs.mkdir(parents=True)
    search("hpo=random").begin(found)
    assert named() == before != named("hpo.objectives=[seconds]")
    for content in (b"", b"no database", bytes(4096)):
        (found.path / "search.db").write_bytes(content)
        assert named() == before  # which sets the file aside, and says so


def test_scores_of_which_more_is_better_are_maximised(folder):
    found = search("hpo.objectives=[mode_share]")
    found.begin(folder)
    assert found.study.direction.name == "MAXIMIZE"


@pytest.mark.parametrize(
    "override, said",
    [
        ("hpo.trials=0", "`hpo.trials` must be at least 1"),
        ("hpo.objectives=[]", "`hpo.objectives` must have at least one"),
        ("hpo.seed=-1", "`hpo.seed` must be at least 0"),
    ],
)
def test_a_mistake_in_a_search_is_named(override, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        search(override)


@pytest.mark.parametrize(
    "name, said",
    [
        ("frechte", "Did you mean `frechet`?"),
        ("mmd", "mmd is not measured while training, see `trainer.metrics`"),
    ],
)
def test_an_objective_that_will_not_be_measured_is_refused_before_anything(name, said):
    with pytest.raises(UsageError, match=said):
        resolve("hpo.objectives", name, compose(*TINY))


def test_the_extractor_of_an_objective_may_be_left_out():
    config = compose(*TINY, "trainer.metrics=[frechet,prdc]")
    assert resolve("hpo.objectives", "frechet", config) == "frechet/lab"
    assert resolve("hpo.objectives", "recall/lab", config) == "recall/lab"


def test_an_objective_that_is_not_a_number_fails_its_trial(folder, monkeypatch):
    found = search("hpo.trials=2", "hpo.objectives=[seconds]")
    monkeypatch.setattr(Search, "_value", lambda *asked: float("nan"))
    play(folder, found)
    assert [trial.state.name for trial in found.study.trials] == ["FAIL", "FAIL"]


def test_what_is_proposed_twice_at_a_time_is_played_once(folder):
    space = {"loss": optuna.distributions.CategoricalDistribution(["bce"])}
    found = search("hpo.trials=6", space=space)
    found.begin(folder)
    engine = Engine(folder)
    played = Player(folder, found, engine, Settings(3), lambda _: None).play()
    assert len(engine.started) == 1 and played.count(State.finished) == 1
    assert [trial.state.name for trial in found.study.trials] == ["COMPLETE"] * 6


def test_a_study_goes_on_in_a_folder_that_was_renamed(folder):
    play(folder, search("hpo.trials=2"))
    moved = SweepFolder(folder.path.rename(folder.path.with_name("two")))
    again = search("hpo.trials=3")
    play(moved, again)
    assert len(again.study.trials) == 3


def test_several_objectives_end_in_what_is_not_beaten(folder):
    found = search("hpo=nsga2", "hpo.trials=4", "hpo.objectives=[swd,seconds]")
    play(folder, found)
    said = found.conclusion()
    assert said[0] == "The search has 4 trials: 4 complete."
    assert said[1].startswith("Not beaten in everything: swd ")


def test_an_objective_that_is_not_measured_is_named(folder):
    with pytest.raises(UsageError, match=r"measured no mmd\. It measured: swd"):
        play(folder, search("hpo.objectives=[mmd]", "hpo.trials=1"))


def test_a_study_keeps_its_objectives_and_its_space(folder):
    play(folder, search("hpo.trials=1"))
    with pytest.raises(UsageError, match="was swd, and cannot change"):
        search("hpo.objectives=[seconds]").begin(folder)
    more = SPACE | {
        "loss": optuna.distributions.CategoricalDistribution(["bce", "wgan_gp"])
    }
    other = search("hpo.trials=2", space=more)
    other.begin(folder)
    with pytest.raises(UsageError, match="searched in another space before"):
        other.next()


def test_without_optuna_its_pip_line_is_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError, match=re.escape('"keras-gan-lab[search]"')):
        samplers.tpe(0)
    assert main(["-m", "hpo=tpe", "loss=bce,hinge"]) == 2
    assert '"keras-gan-lab[search]"' in capsys.readouterr().err


def spaces(*overrides: str):
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra_plugins.gan_lab_sweeps import spaces

    return spaces.of(OverridesParser.create().parse_overrides(list(overrides)))


def test_hydras_grammar_is_a_space():
    compose()  # has the plugin found
    space, tried = spaces(
        "optim.lr=tag(log,interval(1e-5,1e-3))",
        "loss=bce,hinge",
        "model.width=range(8,33,8)",
        "trainer.ema=interval(0.9,0.99)",
        "trainer.critic_steps=int(interval(1,5))",
    )
    assert {key: space[key] for key in SPACE} == SPACE
    assert space["model.width"] == optuna.distributions.IntDistribution(8, 32, step=8)
    assert space["trainer.ema"] == optuna.distributions.FloatDistribution(0.9, 0.99)
    assert space["trainer.critic_steps"] == optuna.distributions.IntDistribution(1, 5)
    # Each choice and each end is tried before anything begins.
    assert {line["loss"] for line in tried} == {"bce", "hinge"}
    # So is a number within, which need not be whole as the ends may be.
    assert {line["optim.lr"] for line in tried} == {"0.00038818", "1e-05", "0.001"}


def test_an_interval_must_have_an_inside():
    compose()
    with pytest.raises(UsageError, match="must begin below its end, and above 0"):
        spaces("optim.lr=tag(log,interval(0,1))")


def test_whole_numbers_of_an_interval_are_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["-m", *TINY, "hpo=random", "trainer.batch_size=interval(2,8)"]) == 2
    said = capsys.readouterr().err
    assert "`trainer.batch_size` must be a whole number. Received: 4.292." in said
    assert said.endswith("Whole numbers are int(interval(1,5)).\n")
    assert not list(tmp_path.iterdir())


def test_a_search_without_a_space_says_how_to_give_one(capsys):
    assert main(["-m", "hpo=random", "loss=bce"]) == 2
    assert "`hpo` has nothing to search" in capsys.readouterr().err


@pytest.mark.full
def test_a_search_from_the_command_line_goes_on_with_the_same_line(command, tmp_path):
    line = ("-m", *TINY, "hpo=tpe", "loss=bce,hinge", "optim.lr=interval(1e-4,1e-3)")
    line += ("trainer.metric_ticks=1", "sweep.name=s")
    done = command(*line, "hpo.trials=2")
    assert done.returncode == 0 and "Of 2 jobs: 2 finished." in done.stdout
    done = command(*line, "hpo.trials=3")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "runs" / "sweeps" / "s" / "jobs").glob("*.yaml"))) == 3
    bad = command(*line, "hpo.objectives=[seconds]")
    assert bad.returncode == 2 and "cannot change" in bad.stderr
