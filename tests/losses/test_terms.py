"""Terms beside a loss: by closed forms, and in a round."""

import keras
import numpy as np
import pytest
from keras import ops

import gan_lab
from gan_lab import registry
from gan_lab.errors import UsageError
from gan_lab.gan import logs
from gan_lab.losses.adversarial import bce
from gan_lab.losses.loss import Loss, Update
from gan_lab.losses.relativistic import relativistic
from gan_lab.losses.terms.consistency import _moved, _reflected, consistency
from gan_lab.losses.terms.lecam import lecam
from gan_lab.models.dcgan import Norm, dcgan
from gan_lab.trainers.steps import Alternating, Simultaneous

SHAPE = (16, 16, 1)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (4, *SHAPE)).astype("float32")


def seen(real, fake, round=1, critic=None, images=IMAGES):
    logits = [ops.convert_to_tensor([[x] for x in values]) for values in (real, fake)]
    at = ops.convert_to_tensor(round, "int32")
    seed = keras.random.SeedGenerator(0)
    return Update(critic, images, images, *logits, at, seed)


def made(*terms, loss=None, step=None) -> gan_lab.GAN:
    networks = dcgan(SHAPE, width=4, discriminator_norm=Norm.none)
    whole = {**vars(loss or bce(None)), "terms": terms}
    gan = gan_lab.GAN(networks, Loss(**whole), step=step)
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    return gan


def test_lecam_is_the_distance_from_the_mean_of_the_others():
    term = lecam(weight=1.0, decay=1.0 - 1e-9, start=0)  # the means stay
    for mean, value in zip(term.variables, (0.5, -0.5), strict=True):
        mean.assign(value)
    found = term.value(seen([1.0, -1.0], [0.0, 2.0]))
    assert float(found) == pytest.approx(1.125 + 0.125, rel=1e-6)


def test_the_means_of_lecam_take_the_batch_before_they_are_used():
    term = lecam(weight=1.0, decay=0.9, start=0)
    real, fake = term.variables
    real.assign(0.5)
    term.value(seen([1.0, 1.0], [0.0, 0.0]))
    assert float(real.value) == pytest.approx(0.55)
    assert float(fake.value) == 0.0


def test_lecam_waits_and_has_the_means_of_the_batch_until_then():
    term = lecam(weight=1.0, start=10)
    assert float(term.value(seen([1.0, 3.0], [0.0, -2.0], round=10))) == 0.0
    assert [float(mean.value) for mean in term.variables] == [2.0, -1.0]
    assert float(term.value(seen([1.0, 3.0], [0.0, -2.0], round=11))) > 0.0


def test_a_critic_that_sees_no_place_is_consistent():
    def brightness(images):
        return ops.mean(images, axis=(1, 2, 3))[:, None]

    flat = ops.ones((4, *SHAPE)) * ops.reshape(
        ops.arange(4, dtype="float32"), (4, 1, 1, 1)
    )
    values = [0.0, 1.0, 2.0, 3.0]
    both = consistency(weight=10.0, fake_weight=10.0)
    update = seen(values, values, critic=brightness, images=flat)
    assert float(both.value(update)) == pytest.approx(0.0, abs=1e-9)


def test_consistency_is_the_squared_distance_of_logits():
    update = seen([1.0] * 4, [3.0] * 4, critic=lambda images: ops.zeros((4, 1)))
    assert float(consistency(weight=10.0).value(update)) == pytest.approx(10.0)
    both = consistency(weight=10.0, fake_weight=1.0)
    assert float(both.value(update)) == pytest.approx(19.0)
    assert (consistency().passes, both.passes) == (1, 2)


def test_an_image_is_mirrored_and_shifted_by_an_eighth_at_most():
    column = np.arange(16.0, dtype="float32")
    images = np.broadcast_to(column[None, None, :, None], (64, 16, 16, 1))
    found = ops.convert_to_numpy(_moved(images, keras.random.SeedGenerator(1)))
    lines = {tuple(image[0, :, 0]) for image in found}
    mirror = np.pad(column, 2, mode="reflect")
    shifted = [mirror[2 + by : 18 + by] for by in range(-2, 3)]
    turned = [np.pad(column[::-1], 2, mode="reflect")[s : s + 16] for s in range(5)]
    assert lines == {tuple(line) for line in (*shifted, *turned)}
    assert all(np.ptp(image, axis=0).max() == 0 for image in found)


def test_a_place_beyond_an_edge_is_reflected():
    places = ops.convert_to_tensor([-2, -1, 0, 3, 4, 5])
    assert ops.convert_to_numpy(_reflected(places, 4)).tolist() == [2, 1, 0, 3, 2, 1]


@pytest.mark.parametrize("step", [Alternating(), Simultaneous()], ids=["two", "one"])
def test_every_term_trains_and_is_logged_and_is_state(step):
    terms = [registry.build("loss/terms", {"name": n}) for n in NAMES]
    gan = made(*terms, step=step)
    found = gan.train_step(IMAGES)
    assert list(found) == logs.names_of(gan.objective)
    assert all(np.isfinite(float(found[f"term/{name}"])) for name in NAMES)
    state = [name for name in gan.state() if name.startswith("terms/")]
    assert len(state) == sum(len(term.variables) for term in terms)


NAMES = registry.names("loss/terms")


def test_what_goes_by_a_level_is_refused_where_logits_have_none():
    with pytest.raises(UsageError, match=r"lecam.*have none"):
        made(lecam(), loss=relativistic(None))
    assert made(consistency(), loss=relativistic(None)).objective.terms
