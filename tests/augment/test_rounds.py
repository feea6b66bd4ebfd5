"""What an augmentation does in a round, for every one that is registered."""

import keras
import numpy as np
import pytest
from keras import ops

import gan_lab
from gan_lab import registry
from gan_lab.augment.augment import AS_THEY_ARE
from gan_lab.errors import UsageError
from gan_lab.losses import adversarial, penalties
from gan_lab.losses.relativistic import relativistic
from gan_lab.models.dcgan import Norm, dcgan
from gan_lab.trainers.steps import Alternating, Simultaneous

SHAPE = (16, 16, 3)
GIVEN = {"fixed": {"p": 0.5}}  # what has no default
IMAGES = np.random.default_rng(0).uniform(-1, 1, (8, *SHAPE)).astype("float32")
NAMES = registry.names("augment")
SOME = [name for name in NAMES if name != "none"]


def made(name: str, loss=None, step=None) -> gan_lab.GAN:
    networks = dcgan(SHAPE, width=4, discriminator_norm=Norm.none)
    augment = registry.build("augment", {"name": name, **GIVEN.get(name, {})}, SHAPE)
    loss = loss or adversarial.bce(penalties.r1())
    gan = gan_lab.GAN(networks, loss, step=step, augment=augment)
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    return gan


@pytest.mark.parametrize("step", [Alternating(), Simultaneous()], ids=["two", "one"])
@pytest.mark.parametrize("name", NAMES)
def test_every_augmentation_trains_under_a_penalty(name, step):
    gan = made(name, step=step)
    logs = gan.train_step(IMAGES)
    assert all(np.isfinite(float(value)) for value in logs.values())
    assert set(gan.augment.logs()) <= set(logs)


@pytest.mark.parametrize("name", SOME)
def test_its_draws_and_variables_are_state(name):
    gan = made(name)
    found = {k: v for k, v in gan.state().items() if k.startswith("augment/")}
    *_, draws = found.values()
    assert len(found) == len(gan.augment.variables) + 1
    before, others = ops.copy(draws.value), ops.copy(gan.seed_generator.state.value)
    gan.judge(IMAGES)
    assert not np.array_equal(before, draws.value)
    assert np.array_equal(others, gan.seed_generator.state.value)


def test_without_one_nothing_is_added():
    gan = made("none")
    assert gan.augment is AS_THEY_ARE
    assert not any(name.startswith("augment/") for name in gan.state())


def test_each_pass_is_drawn_anew():
    gan = made("diffaugment")
    first, second = gan.judge(IMAGES), gan.judge(IMAGES)
    assert not np.allclose(first, second)


def test_the_control_follows_each_update_of_the_discriminator():
    gan = made("ada", step=Alternating(2))
    for _ in range(2):
        gan.train_step(IMAGES)
    p, _, seen, position = gan.augment.variables
    assert int(position.value) == 0 and float(seen.value) == 0  # the fourth ended one
    assert float(p.value) in (0.0, pytest.approx(16 / 500_000))


def test_a_control_by_signs_is_refused_where_logits_have_no_level():
    with pytest.raises(UsageError, match=r"have no level\. Take augment=diff"):
        made("ada", loss=relativistic(None))
    assert made("diffaugment", loss=relativistic(None)).augment
