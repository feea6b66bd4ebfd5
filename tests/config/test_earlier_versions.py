"""Folders and sweeps that were written before a key existed."""

from dataclasses import dataclass

import pytest

from gan_lab import registry
from gan_lab.artifacts import RunFolder
from gan_lab.config.compose import compose
from gan_lab.config.defaults import completed
from gan_lab.config.saved import from_file
from gan_lab.errors import UsageError
from gan_lab.review.report import choices
from gan_lab.sweeps.folder import SweepFolder
from gan_lab.sweeps.job import job
from gan_lab.sweeps.ranking import Reader, differing
from gan_lab.sweeps.worker import work
from gan_lab.system.console import Console
from gan_lab.trainers.shared import TrainerConfig
from gan_lab.training.resume import resume
from gan_lab.training.train import train
from tests.conftest import TINY

pytestmark = pytest.mark.usefixtures("compiled_once")


@dataclass
class Later(TrainerConfig):
    """The keys of every trainer, and one that came later."""

    mood: float = 1


@pytest.fixture
def add_a_key(monkeypatch):
    """A function after which every trainer has the key `mood`."""
    registry.shared("trainer")
    return lambda: monkeypatch.setitem(registry._shared, "trainer", Later)


def state(folder: RunFolder, round: int) -> bytes:
    return (folder.path / f"checkpoints/{round:06d}/state.npz").read_bytes()


def test_a_run_from_before_a_key_goes_on_exactly_and_has_its_default(tiny, add_a_key):
    straight = train(tiny("name=straight")).folder
    folder = train(tiny("name=cut"), until=2).folder
    add_a_key()
    assert "trainer.mood" not in choices.changes(folder.facts()["config"])
    resume(folder.path)
    assert state(folder, 4) == state(straight, 4)
    assert from_file(folder.config).trainer.mood == 1
    assert "mood: 1.0" in folder.config.read_text()


def test_a_later_key_that_is_not_at_its_default_is_a_change(tiny, add_a_key):
    folder = train(tiny(), until=2).folder
    add_a_key()
    text = folder.config.read_text()
    folder.config.write_text(text.replace("  steps: 4\n", "  steps: 4\n  mood: 2\n"))
    with pytest.raises(UsageError, match=r"trainer\.mood was 1\.0, is 2\.0"):
        resume(folder.path)


def test_a_job_from_before_a_key_keeps_its_name_and_goes_on(tmp_path, add_a_key):
    lines = [[*TINY, f"runs='{tmp_path}'", f"seed={seed}"] for seed in (1, 2)]

    def jobs(*more: str) -> list:
        return [job([*x, *more], ("seed",), compose(*x, *more)) for x in lines]

    folder = SweepFolder(tmp_path / "sweeps" / "mine")
    first, second = map(folder.plan, jobs())
    train(from_file(folder.spec(first)), folder=folder.run(first), until=2)
    add_a_key()
    again, changed = SweepFolder(folder.path), jobs("trainer.mood=2")
    assert [again.knows(job) for job in jobs()] == [first, second]
    assert [again.knows(job) for job in changed] == [None, None]
    assert [again.plan(job) for job in jobs()] == [first, second]
    for name in (first, second):
        assert work(again.spec(name), 0, Console()).round == 4
    assert differing(Reader().sweep(again)) == ("seed",)


def test_a_part_that_is_not_registered_stays_as_it_was_written():
    said = {"loss": {"name": "of_yesterday", "penalty": {"name": "none"}}, "odd": 1}
    found = completed(said)
    assert found["loss"] == said["loss"] and found["odd"] == 1
    assert found["seed"] == 0 and "model" not in found
