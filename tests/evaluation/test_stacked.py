"""Scores of stacked digits: what is counted, by whom, and what the protocol says."""

import json

import numpy as np
import pytest

import gan_lab
from gan_lab.artifacts import scores_jsonl
from gan_lab.cli.main import main
from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError
from gan_lab.evaluation import chosen
from gan_lab.evaluation.judge import Judge
from gan_lab.evaluation.measure import measure
from gan_lab.system.console import Console
from gan_lab.training.resume import resume
from gan_lab.training.train import train
from tests.pictures import write_digits

BOTH = ["stacked_modes", "stacked_kl"]


class Reader:
    """An extractor that knows a digit by its level of gray, in steps of ten."""

    name, weights, resize = "lab", "0" * 64, "none"

    def __init__(self):
        self.facts = {"classes": 3, "accuracy": 0.5}

    def __call__(self, images):
        assert images.dtype == np.uint8 and images.shape[1:] == (4, 4, 1)
        return None, np.eye(3)[images[:, 0, 0, 0] // 10]


def pictures(digits):
    """Images whose channels show these digits: `(count, 4, 4, 3)`."""
    levels = 10 * np.array(digits, np.uint8)[:, None, None]
    return np.broadcast_to(levels, (len(levels), 4, 4, 3))


def judge(metrics=BOTH):
    gray = Samples(np.zeros((2, 4, 4, 1), np.uint8))
    names = tuple(map(str, range(27)))
    labels = np.arange(5) % 27
    real = pictures([[0, 1, 2]] * 5)
    samples = Samples(real, labels=labels, classes=names, stacked=gray)
    return Judge(samples, None, metrics, by_channel=Reader())


def test_each_channel_is_looked_at_and_its_place_counts():
    found = judge()(pictures([[0, 1, 2], [2, 1, 0], [2, 1, 0], [0, 1, 2]]))
    assert found == {"stacked_modes": 2, "stacked_kl": pytest.approx(np.log(27 / 2))}


def test_all_stacks_equally_often_are_all_modes_and_even():
    every = np.stack(np.unravel_index(np.arange(27), (3, 3, 3)), 1)
    found = judge()(pictures(every))
    assert found == {"stacked_modes": 27, "stacked_kl": pytest.approx(0)}


def test_the_protocol_says_how_many_by_whom_and_what_chance_alone_leads_to():
    images = pictures([[0, 1, 2]] * 9)
    modes, kl = measure(judge(), lambda seed: images, seed=0)
    assert (modes.name, modes.higher_is_better) == ("stacked_modes", True)
    assert (kl.name, kl.higher_is_better) == ("stacked_kl", False)
    for score in (modes, kl):
        said = score.protocol
        assert said["extractor"] == "lab" and said["weights"] == Reader.weights
        assert said["quality"] == {"accuracy": 0.5}
        assert said["samples"] == 9 and said["options"] == {"at_most": 26_000}
        assert (said["digits"], said["modes"], said["to"]) == (3, 27, "uniform")
        assert said["floor"] == pytest.approx(26 / 18)


def test_other_images_have_no_stacks():
    others = Samples(pictures([[0, 1, 2]] * 5))
    message = r"`stacked_kl` cannot be measured: it is of stacked digits \(see"
    with pytest.raises(UsageError, match=message):
        Judge(others, None, ["stacked_kl"])
    assert not set(BOTH) & set(Judge(others, None, None).families)


def test_classes_of_stacks_are_counted_by_channel_alone():
    with pytest.raises(UsageError, match=r"classes by channel: see `stacked_modes`"):
        judge(["classes"])
    assert set(BOTH) <= set(judge(None).families)


def test_nobody_is_trained_for_scores_that_are_not_asked_for(samples, tmp_path):
    write_digits(tmp_path)
    stacks = samples("stacked_mnist", path=str(tmp_path), count=20)
    assert chosen.by_channel(["swd"], stacks, Console()) is None
    assert chosen.by_channel(None, stacks.stacked, Console()) is None


# A run.


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    write_digits(folder, train=60, test=20)
    config = gan_lab.load_config(
        "data=stacked_mnist",
        f"data.path='{folder}'",
        "data.count=100",
        "data.digits=2",
        "model.width=4",
        f"runs='{folder / 'runs'}'",
        "trainer.steps=2",
        "trainer.tick_steps=2",
        "trainer.metric_ticks=1",
        "trainer.checkpoint_ticks=1",
        "trainer.sample_ticks=1",
        "trainer.batch_size=8",
        "trainer.samples=4",
        "trainer.metrics=[stacked_modes,stacked_kl]",
        "trainer.metric_samples=16",
    )
    return train(config, console=Console(quiet=True))


def test_a_run_is_scored_while_it_trains(run):
    modes, kl = scores_jsonl.read(run.folder.scores)
    assert (modes.name, kl.name) == tuple(BOTH)
    assert 1 <= modes.value <= 8 and 0 <= kl.value <= np.log(8)
    assert modes.protocol["quality"]["accuracy"] == 1
    assert modes.protocol["floor"] == pytest.approx(7 / 32)
    assert run.folder.facts()["image_shape"] == [28, 28, 3]
    assert sum(run.folder.facts()["classes"].values()) == 100


def test_evaluate_measures_a_run_by_the_same_classifier(run, capsys):
    asked = ["evaluate", str(run.folder.path), "--metrics", ",".join(BOTH)]
    assert main([*asked, "--samples", "32", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) == set(BOTH)
    known = scores_jsonl.read(run.folder.scores)[0].protocol
    for score in said.values():
        assert score["protocol"]["weights"] == known["weights"]
        assert score["protocol"]["samples"] == 32


def test_a_run_on_stacks_goes_on(run):
    further = resume(run.folder.path, ["trainer.steps=4"], console=Console(quiet=True))
    assert further.round == 4
    assert len(scores_jsonl.read(further.folder.scores)) >= 4
