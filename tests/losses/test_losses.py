"""Losses and penalties against their closed forms and against Keras' own."""

import keras
import numpy as np
import pytest
from keras import ops

from gan_lab.errors import UsageError
from gan_lab.losses import adversarial, penalties

LOG_2 = np.log(2.0)
REAL = ops.convert_to_tensor([[2.0], [-1.0], [0.5]])
FAKE = ops.convert_to_tensor([[-0.5], [1.5], [-3.0]])


def terms(loss, real=REAL, fake=FAKE, seed=0):
    return [float(term) for term in loss.discriminator(real, fake, seed)]


def keras_bce(target, logits):
    targets = ops.full(ops.shape(logits), target)
    return float(keras.losses.BinaryCrossentropy(from_logits=True)(targets, logits))


def test_bce_at_zero_logits_is_log_two_for_each_term():
    zero = ops.zeros((4, 1))
    loss = adversarial.bce(None)
    assert terms(loss, zero, zero) == pytest.approx([LOG_2, LOG_2])
    assert float(loss.generator(zero)) == pytest.approx(LOG_2)


def test_bce_agrees_with_keras():
    loss = adversarial.bce(None, real_target=0.9, generator_target=0.8)
    assert terms(loss) == pytest.approx([keras_bce(0.9, REAL), keras_bce(0.0, FAKE)])
    assert float(loss.generator(FAKE)) == pytest.approx(keras_bce(0.8, FAKE))


def test_bce_is_finite_for_logits_whose_sigmoid_is_not():
    huge = ops.convert_to_tensor([[500.0], [-500.0]])
    assert terms(adversarial.bce(None), huge, huge) == pytest.approx([250.0, 250.0])


def test_bce_with_swapped_labels_is_the_mirror_image():
    plain = adversarial.bce(None)
    swapped = adversarial.bce(None, real_target=0, fake_target=1, generator_target=0)
    assert terms(swapped, -REAL, -FAKE) == pytest.approx(terms(plain))
    assert float(swapped.generator(-FAKE)) == pytest.approx(
        float(plain.generator(FAKE))
    )


def test_half_the_bce_weight_is_one_mean_over_real_and_fake():
    loss = adversarial.bce(None, discriminator_weight=0.5)
    both = ops.concatenate([REAL, FAKE])
    targets = ops.convert_to_tensor([[1.0]] * 3 + [[0.0]] * 3)
    mean = keras.losses.BinaryCrossentropy(from_logits=True)(targets, both)
    assert sum(terms(loss)) == pytest.approx(float(mean))


def test_label_noise_raises_labels_by_at_most_its_size():
    # -dH/dt is the logit, so at a logit of 1 the loss falls by the mean of the noise.
    ones = ops.ones((4000, 1))
    clean = terms(adversarial.bce(None), ones, ones)
    noisy = terms(adversarial.bce(None, label_noise=0.05), ones, ones)
    assert np.subtract(clean, noisy) == pytest.approx([0.025, 0.025], abs=0.001)


def test_the_generator_of_minimax_wants_the_opposite_of_the_discriminator():
    loss = adversarial.minimax(None)
    assert terms(loss) == pytest.approx([keras_bce(1.0, REAL), keras_bce(0.0, FAKE)])
    assert float(loss.generator(FAKE)) == pytest.approx(-keras_bce(0.0, FAKE))


def test_least_squares_agrees_with_keras():
    loss = adversarial.least_squares(None)
    square = keras.losses.MeanSquaredError()
    real = 0.5 * float(square(ops.ones((3, 1)), REAL))
    fake = 0.5 * float(square(ops.zeros((3, 1)), FAKE))
    assert terms(loss) == pytest.approx([real, fake])
    assert float(loss.generator(FAKE)) == pytest.approx(
        0.5 * float(square(ops.ones((3, 1)), FAKE))
    )


def test_hinge_agrees_with_keras():
    loss = adversarial.hinge(None)
    hinge = keras.losses.Hinge()
    real, fake = hinge(ops.ones((3, 1)), REAL), hinge(-ops.ones((3, 1)), FAKE)
    assert terms(loss) == pytest.approx([float(real), float(fake)])
    assert float(loss.generator(FAKE)) == pytest.approx(2 / 3)


def test_hinge_beyond_the_margin_is_zero():
    assert terms(
        adversarial.hinge(None), 2 * ops.ones((2, 1)), -2 * ops.ones((2, 1))
    ) == [
        0.0,
        0.0,
    ]


@pytest.mark.parametrize("builder", [adversarial.wasserstein, adversarial.wgan_gp])
def test_the_critics_loss_is_the_difference_of_means(builder):
    loss = builder(None)
    assert terms(loss) == pytest.approx([-0.5, -2 / 3])
    assert float(loss.generator(FAKE)) == pytest.approx(2 / 3)


def test_wasserstein_clips_weights():
    clip = adversarial.wasserstein(None, clip=0.1).constraint
    assert np.allclose(
        clip(ops.convert_to_tensor([-3.0, 0.05, 3.0])), [-0.1, 0.05, 0.1]
    )


def test_a_clip_that_is_not_above_zero_is_refused():
    with pytest.raises(UsageError, match=r"`loss.clip` must be above 0. Received: 0"):
        adversarial.wasserstein(None, clip=0.0)


WEIGHTS = np.arange(12, dtype="float32").reshape(4, 3)
NORM = np.linalg.norm(WEIGHTS)
IMAGES = keras.random.uniform((5, 2, 2, 3), -1.0, 1.0, seed=0)


def linear(images):
    """A critic whose gradient is WEIGHTS, whatever the image."""
    return ops.matmul(ops.reshape(images, (-1, 12)), WEIGHTS.reshape(12, 1))


def value(penalty, critic=linear):
    return float(penalty.value(critic, IMAGES, -IMAGES, keras.random.SeedGenerator(0)))


def test_the_gradient_penalty_of_a_linear_critic_is_its_norm_less_one_squared():
    penalty = penalties.gradient_penalty(weight=3.0)
    assert value(penalty) == pytest.approx(3 * (NORM - 1) ** 2, rel=1e-5)


def test_the_gradient_penalty_has_a_target():
    penalty = penalties.gradient_penalty(weight=1.0, target=float(NORM))
    assert value(penalty) == pytest.approx(0.0, abs=1e-4)


def test_dragan_of_a_linear_critic_is_its_norm_less_one_squared():
    assert value(penalties.dragan(weight=2.0)) == pytest.approx(
        2 * (NORM - 1) ** 2, rel=1e-5
    )


def test_r1_of_a_linear_critic_is_half_its_squared_norm():
    assert value(penalties.r1(weight=4.0)) == pytest.approx(2 * NORM**2, rel=1e-5)


def test_r1_of_a_quadratic_critic_depends_on_the_real_images():
    def quadratic(images):
        return ops.sum(ops.square(images), axis=(1, 2, 3))[:, None] / 2

    expected = 0.5 * np.mean(np.sum(np.square(IMAGES), axis=(1, 2, 3)))
    assert value(penalties.r1(weight=1.0), quadratic) == pytest.approx(
        expected, rel=1e-5
    )


@pytest.mark.parametrize("builder", [penalties.gradient_penalty, penalties.dragan])
def test_a_slope_of_zero_has_a_finite_gradient(builder):
    from gan_lab import backend

    scale = keras.Variable(0.0)
    _, _, (gradient,) = backend.value_and_gradients(
        lambda: (
            builder().value(
                lambda x: scale * linear(x),
                IMAGES,
                -IMAGES,
                keras.random.SeedGenerator(0),
            ),
            None,
        ),
        [scale],
    )
    assert np.isfinite(float(gradient))


@pytest.mark.parametrize(
    "builder", [penalties.gradient_penalty, penalties.r1, penalties.dragan]
)
def test_a_penalty_can_be_differentiated_twice(builder):
    # (s |w| - 1)^2 and s^2 |w|^2 / 2 have these derivatives at s = 1.
    from gan_lab import backend

    scale = keras.Variable(1.0)
    _, _, (gradient,) = backend.value_and_gradients(
        lambda: (
            builder(weight=1.0).value(
                lambda x: scale * linear(x),
                IMAGES,
                -IMAGES,
                keras.random.SeedGenerator(0),
            ),
            None,
        ),
        [scale],
    )
    expected = NORM**2 if builder is penalties.r1 else 2 * (NORM - 1) * NORM
    assert float(gradient) == pytest.approx(expected, rel=1e-4)


def test_a_negative_penalty_weight_is_refused():
    with pytest.raises(UsageError, match=r"`loss\.penalty\.weight` must be at least 0"):
        penalties.r1(weight=-1.0)


@pytest.mark.parametrize(
    "loss, levels",
    [
        (adversarial.bce(None), (0, 0, 2 * np.log(2))),
        (adversarial.bce(None, discriminator_weight=0.5), (0, 0, np.log(2))),
        (adversarial.bce(None, real_target=0.9), (0.3250830, 0, 1.3762776)),
        (adversarial.bce(None, label_noise=0.2), (0, 0.3250830, 1.3762776)),
        (adversarial.minimax(None), (0, 0, 2 * np.log(2))),
        (adversarial.least_squares(None), (0, 0, 0.25)),
        (adversarial.hinge(None), (0, 0, 2)),
        (adversarial.wasserstein(None), None),
        (adversarial.wgan_gp(None), None),
    ],
)
def test_the_levels_of_a_loss_are_its_least_and_its_chance(loss, levels):
    assert loss.levels == (levels and pytest.approx(levels, abs=1e-6))
