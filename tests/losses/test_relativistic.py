"""Losses that compare, by closed forms, and what a round gives them."""

import keras
import numpy as np
import pytest
from keras import ops

import gan_lab
from gan_lab import backend
from gan_lab.errors import UsageError
from gan_lab.gan import logs
from gan_lab.losses import adversarial, penalties
from gan_lab.losses.relativistic import relativistic, relativistic_average
from gan_lab.models.dcgan import Norm, dcgan
from gan_lab.trainers.steps import Alternating, Simultaneous

REAL = ops.convert_to_tensor([[2.0], [-1.0], [0.5]])
FAKE = ops.convert_to_tensor([[-0.5], [1.5], [-3.0]])
LOSSES = {"relativistic": relativistic, "relativistic_average": relativistic_average}


def softplus(x: float) -> float:
    return np.log1p(np.exp(x))


class Dirac:
    """D(x) = psi x, the real image at 0 and the generated one at theta."""

    def __init__(self, psi: float, theta: float):
        self.psi = keras.Variable(psi)
        self.real = ops.zeros((1, 1))
        self.fake = ops.convert_to_tensor([[theta]])

    def judge(self, images):
        return self.psi.value * images

    def discriminator(self, loss):
        """Its loss, and the derivative by psi."""

        def total():
            term = loss.discriminator(self.judge(self.real), self.judge(self.fake), 0)
            penalty = loss.penalty.value(self.judge, self.real, self.fake, 0)
            return term + penalty, None

        value, _, (slope,) = backend.value_and_gradients(total, [self.psi])
        return float(value), float(slope)

    def generator(self, loss):
        """Its loss, and the derivative by theta."""
        value, _, (slope,) = backend.value_and_gradients(
            lambda fake: (
                loss.generator(self.judge(fake), self.judge(self.real)),
                None,
            ),
            [self.fake],
        )
        return float(value), float(slope[0, 0])


def test_the_dirac_game_of_pairs_with_r1_and_r2_has_its_closed_form():
    loss = relativistic(penalties.r1_r2(weight=1.0))
    game = Dirac(0.5, 1.0)
    assert game.discriminator(loss) == pytest.approx((1.2240770, 1.6224593), abs=1e-6)
    assert game.generator(loss) == pytest.approx((0.4740770, -0.1887703), abs=1e-6)


def test_pairs_are_by_their_places_in_the_batch():
    expected = np.mean([softplus(-2.5), softplus(2.5), softplus(-3.5)])
    assert float(relativistic(None).discriminator(REAL, FAKE, 0)) == pytest.approx(
        expected, rel=1e-6
    )


def test_the_average_compares_with_the_mean_of_the_others():
    real, fake = np.array([2.0, -1.0, 0.5]), np.array([-0.5, 1.5, -3.0])
    expected = np.mean(softplus(fake.mean() - real)) + np.mean(
        softplus(fake - real.mean())
    )
    loss = relativistic_average(None)
    assert float(loss.discriminator(REAL, FAKE, 0)) == pytest.approx(expected, rel=1e-6)
    assert float(loss.generator(REAL, FAKE)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_logits_have_no_level(name):
    loss = LOSSES[name](None)
    raised = loss.discriminator(REAL + 7.0, FAKE + 7.0, 0)
    assert float(raised) == pytest.approx(float(loss.discriminator(REAL, FAKE, 0)))
    assert float(loss.generator(FAKE + 7.0, REAL + 7.0)) == pytest.approx(
        float(loss.generator(FAKE, REAL))
    )


@pytest.mark.parametrize("name", LOSSES)
def test_what_it_comes_to_by_chance_is_its_level(name):
    loss, zero = LOSSES[name](None), ops.zeros((4, 1))
    assert float(loss.discriminator(zero, zero, 0)) == pytest.approx(loss.levels[2])


def test_r1_and_r2_together_are_both():
    real, fake = ops.ones((2, 3)), 2.0 * ops.ones((2, 3))

    def critic(x):
        return ops.sum(x**3, axis=-1, keepdims=True)

    one, other = penalties.r1(weight=3.0), penalties.r2(weight=3.0)
    both = penalties.r1_r2(weight=3.0).value(critic, real, fake, 0)
    apart = [penalty.value(critic, real, fake, 0) for penalty in (one, other)]
    assert float(both) == pytest.approx(float(sum(apart)))
    assert float(apart[1]) == pytest.approx(1.5 * 3 * (3 * 4.0) ** 2)


class Seen:
    """Notes the real images of a round, in turn."""

    def __init__(self, gan):
        self.batches, judge = [], gan.judge

        def judging(images):
            self.batches.append(ops.convert_to_numpy(images))
            return judge(images)

        gan.judge = judging

    def real(self, images) -> list[int]:
        """Which of these batches were looked at, in order."""
        places = [
            place
            for seen in self.batches
            for place, batch in enumerate(images)
            if np.array_equal(seen, batch)
        ]
        return places


def made(step, loss) -> gan_lab.GAN:
    networks = dcgan((16, 16, 1), width=4, discriminator_norm=Norm.none)
    gan = gan_lab.GAN(networks, loss, step=step)
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    return gan


@pytest.mark.parametrize(
    "step, compares, expected",
    [
        (Alternating(2), True, [0, 1, 2]),
        (Alternating(2, shared=True), True, [0, 1, 1]),
        (Simultaneous(), True, [0]),
        (Alternating(2), False, [0, 1]),
    ],
    ids=["fresh", "shared", "simultaneous", "without"],
)
def test_the_generator_has_real_images_of_its_own_where_it_compares(
    step, compares, expected
):
    gan = made(step, relativistic(None) if compares else adversarial.bce(None))
    draw = np.random.default_rng(0)
    shape = (gan.batches, 4, 16, 16, 1)
    images = draw.uniform(-1, 1, shape).astype("float32")
    seen = Seen(gan)
    gan.train_step(images.reshape(-1, *shape[2:]))
    assert gan.batches == len(set(expected))
    assert seen.real(images) == expected


def test_a_round_logs_differences_and_no_levels():
    gan = made(Alternating(), relativistic(penalties.r1_r2()))
    images = np.random.default_rng(0).uniform(-1, 1, (8, 16, 16, 1)).astype("float32")
    found = gan.train_step(images)
    assert list(found) == logs.names_of(gan.objective)
    assert list(found) == [
        "loss/discriminator",
        "loss/discriminator_pairs",
        "penalty/r1_r2",
        "loss/generator",
        "logits/difference",
        "accuracy/pairs",
    ]
    assert 0 <= float(found["accuracy/pairs"]) <= 1


class Twice:
    """A step as users wrote them before there were losses that compare."""

    critic_steps = 1

    def play(self, gan, real: list) -> dict:
        fake, _ = gan.generate(4)
        logs = gan.update_discriminator(real[0], fake)
        return logs | {"loss/generator": gan.generator_loss(fake)[0]}


def test_a_step_that_gives_no_real_images_is_refused_in_a_sentence():
    images = np.zeros((4, 16, 16, 1), "float32")
    with pytest.raises(UsageError, match="needs a step that gives it real images"):
        made(Twice(), relativistic(None)).train_step(images)
    assert made(Twice(), adversarial.bce(None)).train_step(images)
