"""The optimiser pairs and their schedules."""

import keras
import numpy as np
import pytest

from gan_lab.errors import UsageError
from gan_lab.registry import build, names


def rate(optimizer, update: int) -> float:
    schedule = optimizer._learning_rate
    return float(schedule(update) if callable(schedule) else schedule)


def pair(rounds=100, critic_steps=1, **options):
    return build("optim", {"name": "adam", **options}, rounds, critic_steps)


@pytest.mark.parametrize("name", names("optim"))
def test_a_pair_is_two_fresh_optimisers_with_names_of_their_own(name):
    first, second = (build("optim", {"name": name}, 100, 1) for _ in range(2))
    assert (first.generator.name, first.discriminator.name) == (
        "generator",
        "discriminator",
    )
    assert first.generator is not second.generator


@pytest.mark.parametrize("name", names("optim"))
def test_the_discriminator_has_the_generators_rate_unless_it_is_given(name):
    same = build("optim", {"name": name, "lr": 0.5}, 100, 1)
    apart = build("optim", {"name": name, "lr": 0.5, "discriminator_lr": 0.25}, 100, 1)
    assert [rate(o, 0) for o in same] == [0.5, 0.5]
    assert [rate(o, 0) for o in apart] == [0.5, 0.25]


def test_a_constant_rate_stays():
    assert rate(pair(lr=0.5).generator, 99) == 0.5


def test_a_linear_rate_falls_in_a_straight_line_to_zero():
    generator = pair(lr=0.5, schedule=schedule("linear")).generator
    assert [rate(generator, t) for t in (0, 50, 100)] == pytest.approx([0.5, 0.25, 0.0])


def test_a_cosine_rate_falls_along_half_a_cosine():
    generator = pair(lr=0.5, schedule=schedule("cosine")).generator
    assert [rate(generator, t) for t in (0, 50, 100)] == pytest.approx([0.5, 0.25, 0.0])
    assert rate(generator, 25) == pytest.approx(0.25 * (1 + 2**-0.5))


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_a_rate_that_falls_ends_where_it_is_told_to(name):
    optimizers = pair(
        lr=2e-4, discriminator_lr=4e-4, lr_end=5e-5, schedule=schedule(name)
    )
    found = [[rate(o, t) for t in (0, 50, 100, 200)] for o in optimizers]
    assert found[0] == pytest.approx([2e-4, 1.25e-4, 5e-5, 5e-5])
    assert found[1] == pytest.approx([4e-4, 2.5e-4, 1e-4, 1e-4])


def test_a_beta_2_that_moves_goes_along_half_a_cosine():
    generator = pair(beta_2=0.9, beta_2_end=0.99).generator
    seen = []
    for made in (0, 50, 100, 200):
        generator.iterations.assign(made)
        seen.append(float(generator.beta_2))
    assert seen == pytest.approx([0.9, 0.945, 0.99, 0.99])


def test_an_update_takes_the_beta_2_of_its_place():
    weight = keras.Variable([1.0, -2.0])
    generator = pair(lr=0.1, beta_1=0.0, beta_2=0.9, beta_2_end=0.99).generator
    generator.build([weight])
    gradients = np.array([[0.3, -0.2], [0.1, 0.4], [-0.5, 0.2]], "float32")
    expected, mean = np.array([1.0, -2.0]), np.zeros(2)
    for made, gradient in enumerate(gradients):
        beta = 0.99 + (0.9 - 0.99) * 0.5 * (1 + np.cos(np.pi * made / 100))
        mean = beta * mean + (1 - beta) * gradient**2
        corrected = np.sqrt(1 - beta ** (made + 1))  # by the decay as it is now
        expected = expected - 0.1 * corrected * gradient / (np.sqrt(mean) + 1e-7)
        generator.apply([keras.ops.convert_to_tensor(gradient)], [weight])
    assert np.asarray(weight) == pytest.approx(expected, abs=1e-6)


def test_an_inverse_time_rate_is_divided_by_its_updates():
    generator = pair(lr=0.5, schedule=schedule("inverse_time"), decay=0.1).generator
    assert [rate(generator, t) for t in (0, 10, 90)] == pytest.approx([0.5, 0.25, 0.05])


def test_the_discriminators_schedule_counts_its_own_updates():
    optimizers = pair(critic_steps=5, lr=0.5, schedule=schedule("linear"))
    assert rate(optimizers.generator, 50) == pytest.approx(0.25)
    assert rate(optimizers.discriminator, 250) == pytest.approx(0.25)


def schedule(name):
    from gan_lab.optim.pair import Schedule

    return Schedule(name)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"lr": 0.0}, "`optim.lr` must be above 0. Received: 0.0"),
        ({"discriminator_lr": -1.0}, "`optim.discriminator_lr` must be above 0"),
        ({"beta_1": 1.0}, "`optim.beta_1` must be at least 0 and below 1"),
        ({"clipvalue": 0.0}, "`optim.clipvalue` must be above 0, or null"),
        ({"clipvalue": 1.0, "clipnorm": 1.0}, "exclude each other"),
        ({"lr_end": 1e-5}, "`optim.lr_end` must be .* Received: 1e-05 with constant"),
        ({"beta_2_end": 1.0}, "`optim.beta_2_end` must be at least 0 and below 1"),
        ({"decay": 0.1}, "`optim.decay` must be .* Received: 0.1 with constant"),
        ({"schedule": schedule("inverse_time")}, "Received: 0.0 with inverse_time"),
    ],
)
def test_a_value_without_meaning_is_refused(options, message):
    with pytest.raises(UsageError, match=message):
        pair(**options)


@pytest.mark.parametrize("schedule_name", ["constant", "linear"])
def test_our_adam_is_that_of_keras(schedule_name):
    import keras
    import numpy as np

    draw = np.random.default_rng(0)
    ours = pair(lr=0.1, beta_1=0.9, clipnorm=1.0, weight_decay=0.01).generator
    theirs = keras.optimizers.Adam(0.1, clipnorm=1.0, weight_decay=0.01)
    if schedule_name == "linear":
        ours = pair(lr=0.1, beta_1=0.9, schedule=schedule("linear")).generator
        theirs = keras.optimizers.Adam(
            keras.optimizers.schedules.PolynomialDecay(0.1, 100, 0.0)
        )
    start = draw.normal(size=(5, 3)).astype("float32")
    weights = [keras.Variable(start), keras.Variable(start)]
    for _ in range(20):
        slope = draw.normal(size=(5, 3)).astype("float32")
        for optimizer, weight in zip((ours, theirs), weights, strict=True):
            optimizer.apply([keras.ops.convert_to_tensor(slope)], [weight])
    assert np.allclose(*(w.numpy() for w in weights), atol=1e-5)
    assert np.abs(weights[0].numpy() - start).max() > 0.5
