"""Known truths: what real images are, and generators that were made to be sick."""

import numpy as np
import pytest

from gan_lab.data.holdout import split
from gan_lab.doctor.diagnose import diagnose
from gan_lab.evaluation.extractors import extractor_of
from gan_lab.evaluation.judge import Judge
from gan_lab.system.console import Console

pytestmark = pytest.mark.full
METRICS = ["frechet", "kernel", "prdc", "classes", "memorisation", "swd", "ms_ssim"]
COUNT = 1000


@pytest.fixture(scope="module")
def digits():
    """Real digits to train on, and as many that training has not seen."""
    from omegaconf import OmegaConf

    from gan_lab.config.schema import schema
    from gan_lab.data import dataset

    data = OmegaConf.structured(schema("data", "digits"))
    return split(dataset.load(data, dataset.find(data), Console(quiet=True)), 0.5)


@pytest.fixture(scope="module")
def judge(digits):
    training, held_out = digits
    extractor = extractor_of("lab", training, Console(quiet=True))
    return Judge(training, held_out, METRICS, extractor, real_images=COUNT)


def some(samples, seed, classes=None):
    """Real images at random, of these classes alone."""
    draw = np.random.default_rng(seed)
    places = np.arange(samples.count)
    if classes is not None:
        places = places[np.isin(samples.labels, classes)]
    return np.asarray(samples.images[draw.choice(places, COUNT, replace=True)])


def findings(judge, generator):
    """What the doctor says after a generator was measured three times."""
    rows = [
        {"round": round}
        | {f"score/{name}": value for name, value in judge(generator(round)).items()}
        for round in (1, 2, 3)
    ]
    return {finding.name: finding for finding in diagnose(rows)}


def noise(seed):
    return np.random.default_rng(seed).integers(0, 256, (COUNT, 28, 28, 1), np.uint8)


def test_held_out_images_are_near_zero_and_far_below_noise(judge, digits):
    _, held_out = digits
    real, strange = judge(some(held_out, 0)), judge(noise(0))
    for name in ("frechet/lab", "kernel/lab", "swd"):
        assert real[name] < 0.05 * strange[name], name
    assert real["kernel/lab"] < 0.01 * strange["kernel/lab"]
    assert real["precision/lab"] > 0.8 > strange["precision/lab"]
    assert real["coverage/lab"] > 0.8 > 0.05 > strange["coverage/lab"]
    assert real["strangeness"] == pytest.approx(1, abs=0.05)
    assert real["mode_share/lab"] > 0.97
    assert real["diversity"] == pytest.approx(1, abs=0.05)


def test_the_accuracy_of_the_judge_is_recorded(digits):
    extractor = extractor_of("lab", digits[0], Console(quiet=True))
    assert extractor.facts["accuracy"] > 0.95


def test_held_out_images_are_healthy(judge, digits):
    assert findings(judge, lambda seed: some(digits[1], seed)) == {}


def test_one_digit_is_diagnosed_as_one_mode_of_ten(judge, digits):
    found = findings(judge, lambda seed: some(digits[1], seed, [3]))
    assert list(found) == ["modes lost"]
    assert "over 1." in found["modes lost"].evidence


def test_three_digits_are_diagnosed_as_three_modes_of_ten(judge, digits):
    found = findings(judge, lambda seed: some(digits[1], seed, [0, 4, 8]))
    assert list(found) == ["modes lost"]
    assert "over 3." in found["modes lost"].evidence


def test_copies_of_training_pictures_are_diagnosed_as_memorised(judge, digits):
    found = findings(judge, lambda seed: some(digits[0], seed))
    assert list(found) == ["memorising"]
    assert found["memorising"].evidence.startswith("100%")


def test_copies_with_a_little_noise_are_memorised_too(judge, digits):
    def generator(seed):
        shaken = np.random.default_rng(seed).normal(0, 8, (COUNT, 28, 28, 1))
        return np.clip(some(digits[0], seed) + shaken, 0, 255).astype(np.uint8)

    assert list(findings(judge, generator)) == ["memorising"]


def test_noise_is_diagnosed_as_noise(judge):
    assert list(findings(judge, noise)) == ["noise"]
