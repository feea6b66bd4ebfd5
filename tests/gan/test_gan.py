"""The training step: who is updated, when, and on what."""

import keras
import numpy as np
import pytest
from keras import ops

import gan_lab
from gan_lab import backend, registry
from gan_lab.errors import UsageError
from gan_lab.losses import adversarial, penalties
from gan_lab.models.dcgan import Norm, dcgan
from gan_lab.trainers.steps import Alternating, Simultaneous
from tests.models.test_models import build

IMAGES = np.random.default_rng(0).integers(0, 256, (24, 16, 16, 1), np.uint8)


def make(loss=None, step=None, ema=0.0, seed=0, norm=Norm.layer, lr=1e-3):
    keras.utils.set_random_seed(seed)
    networks = dcgan((16, 16, 1), width=4, latent_dim=8, discriminator_norm=norm)
    loss = loss or adversarial.bce(None)
    gan = gan_lab.GAN(networks, loss, step=step, ema=ema, seed=seed)
    gan.compile(keras.optimizers.Adam(lr), keras.optimizers.SGD(lr))
    return gan


def values(variables):
    return [np.array(ops.convert_to_numpy(v)) for v in variables]


def same(before, variables):
    return all(
        np.array_equal(a, b) for a, b in zip(before, values(variables), strict=True)
    )


def test_a_discriminator_update_leaves_the_generator_bit_identical():
    gan = make()
    generator, discriminator = (
        values(gan.generator.weights),
        values(gan.discriminator.weights),
    )
    real = ops.cast(IMAGES[:4], "float32") / 127.5 - 1
    gan.update_discriminator(real, -real)
    assert same(generator, gan.generator.weights)
    assert not same(discriminator, gan.discriminator.weights)


def test_a_generator_update_leaves_the_discriminator_bit_identical():
    gan = make()
    generator, discriminator = (
        values(gan.generator.weights),
        values(gan.discriminator.weights),
    )
    fake, pull = gan.generate(4)
    _, slope = gan.generator_loss(fake)
    gan.apply_to_generator(pull(slope))
    assert same(discriminator, gan.discriminator.weights)
    assert not same(generator, gan.generator.weights)


@pytest.mark.parametrize("critic_steps", [1, 2, 3])
@pytest.mark.parametrize("shared", [False, True])
def test_a_round_is_critic_steps_discriminator_updates_and_one_of_the_generator(
    critic_steps, shared
):
    gan = make(step=Alternating(critic_steps, shared=shared))
    for _ in range(2):
        gan.train_step(IMAGES[: 4 * critic_steps])
    assert int(gan.discriminator_optimizer.iterations) == 2 * critic_steps
    assert int(gan.generator_optimizer.iterations) == 2
    assert int(gan.rounds) == 2


def test_each_critic_step_sees_its_own_real_images():
    seen = []

    def discriminator(real, fake, seed):
        return ops.mean(real), ops.mean(fake)

    gan = make(
        gan_lab.Loss(discriminator, lambda fake: ops.mean(fake)),
        step=Alternating(critic_steps=3),
    )
    update = gan.update_discriminator
    gan.update_discriminator = lambda real, fake: (
        seen.append(np.array(real)),
        update(real, fake),
    )[1]
    gan.train_step(IMAGES[:6])
    real = IMAGES[:6].astype("float32") / 127.5 - 1
    assert np.allclose(np.split(real, 3), seen, atol=1e-6)


def test_shared_latents_save_a_pass_through_the_generator():
    drawn = {}
    for shared in (False, True):
        gan = make(step=Alternating(shared=shared))
        generate, calls = gan.generate, []
        gan.generate = lambda count, g=generate, c=calls: (c.append(count), g(count))[1]
        gan.train_step(IMAGES[:4])
        drawn[shared] = len(calls)
    assert drawn == {False: 2, True: 1}


def test_simultaneous_gradients_are_those_of_the_networks_as_they_were():
    gan, reference = make(step=Simultaneous()), make(step=Simultaneous())
    real = ops.cast(IMAGES[:4], "float32") / 127.5 - 1
    fake, pull = reference.generate(4)
    _, slope = reference.generator_loss(fake)
    _, _, gradients = backend.value_and_gradients(
        lambda: reference.discriminator_loss(real, fake, reference.judge(fake)),
        reference.discriminator.trainable_variables,
    )
    reference.apply_to_generator(pull(slope))
    reference.apply_to_discriminator(gradients)

    gan.train_step(IMAGES[:4])
    for ours, theirs in zip(gan.weights, reference.weights, strict=True):
        if "float" in ours.dtype:
            assert np.allclose(ours, theirs, atol=1e-6), ours.path


def test_the_pullback_gives_the_gradient_of_the_composition():
    gan = make()
    fake, pull = gan.generate(4)
    _, slope = gan.generator_loss(fake)
    gan.seed_generator.state.assign(keras.random.SeedGenerator(0).state)
    latents = gan.networks.draw_latents(4, gan.seed_generator)
    _, _, direct = backend.value_and_gradients(
        lambda: (
            gan.objective.generator(gan.judge(gan.generator(latents, training=True))),
            None,
        ),
        gan.generator.trainable_variables,
    )
    for a, b in zip(pull(slope), direct, strict=True):
        assert np.allclose(a, b, atol=1e-6)


class Twice(keras.Model):
    """A model with a `call` of its own."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, images, training=None):
        return self.inner(2.0 * images, training=training)


def functional(network):
    """The same layers, as a model of the functional interface."""
    inputs = keras.Input(network.input_shape[1:])
    outputs = inputs
    for layer in network.layers:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs)


def in_training(theirs, wrap) -> list:
    """What Keras and `backend.in_training` compute of a model, move and differentiate.

    Args:
        theirs: the model.
        wrap: from it, or a copy, to the one that is computed.
    """
    draw, found = np.random.default_rng(0), []
    theirs.set_weights(
        [w + draw.uniform(0.0, 0.2, w.shape) for w in theirs.get_weights()]
    )
    ours = keras.models.clone_model(theirs)
    ours.set_weights(theirs.get_weights())
    inputs = draw.normal(size=(4, *theirs.input_shape[1:])).astype("float32")
    runs = {
        wrap(theirs): lambda network: network(inputs, training=True),
        wrap(ours): lambda network: backend.in_training(network)(inputs),
    }
    for network, run in runs.items():
        outputs, _, gradients = backend.value_and_gradients(
            lambda network=network, run=run: (ops.sum(run(network)[0]), None),
            network.trainable_variables,
        )
        moved = network.non_trainable_variables
        found.append(values([outputs, *gradients, *moved]))
    return found


@pytest.mark.parametrize("wrap", [lambda network: network, functional, Twice])
@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_a_network_in_training_computes_what_keras_computes(name, wrap):
    keras.utils.set_random_seed(0)
    networks = dcgan((16, 16, 1), width=4, discriminator_norm=Norm.batch)
    for one, other in zip(*in_training(getattr(networks, name), wrap), strict=True):
        assert np.allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"dtype": "float16"},
        {"dtype": "bfloat16"},
        {"epsilon": 1e-6},
        {"axis": 1},
        {"scale": False},
        {"trainable": False},
    ],
)
def test_any_batch_normalisation_of_images_trains(options):
    layers = [
        keras.layers.Conv2D(4, 3, name="fused"),
        keras.layers.BatchNormalization(**options),
        keras.layers.Masking(),
        keras.layers.BatchNormalization(),  # with a mask, as Keras has it
    ]
    network = keras.Sequential([keras.Input((8, 8, 2)), *layers])
    for one, other in zip(*in_training(network, functional), strict=True):
        assert np.allclose(
            one.astype("float64"), other.astype("float64"), rtol=1e-4, atol=1e-5
        )


def test_the_moving_average_is_that_of_every_weight_and_statistic():
    gan = make(ema=0.5)
    before = values(gan.ema_generator.weights)
    gan.train_step(IMAGES[:4])
    decay = min(0.5, 2 / 11)
    expected = [
        decay * old + (1 - decay) * new
        for old, new in zip(before, values(gan.generator.weights), strict=True)
    ]
    for mean, value in zip(gan.ema_generator.weights, expected, strict=True):
        assert np.allclose(mean, value, atol=1e-6), mean.path
    assert any("moving" in weight.path for weight in gan.ema_generator.weights)


def test_samples_come_from_the_moving_average():
    gan = make(ema=0.9)
    for weight in gan.ema_generator.trainable_weights or gan.ema_generator.weights:
        weight.assign(np.zeros(weight.shape))
    assert np.all(gan.sample(3) == 128)
    assert not np.all(gan.sample(3, averaged=False) == 128)


def test_samples_are_uint8_pictures_that_depend_on_the_seed_alone():
    gan = make()
    first, again, other = (
        gan.sample(70, seed=1),
        gan.sample(70, seed=1),
        gan.sample(70, seed=2),
    )
    assert first.shape == (70, 16, 16, 1) and first.dtype == np.uint8
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_uint8_and_normalised_images_are_the_same_to_a_round():
    gan, other = make(), make()
    gan.train_step(IMAGES[:4])
    other.train_step(ops.cast(IMAGES[:4], "float32") / 127.5 - 1)
    assert same(values(gan.weights), other.weights)


def test_wasserstein_clips_after_every_discriminator_update():
    gan = make(adversarial.wasserstein(None, clip=0.01), lr=1.0)
    gan.train_step(IMAGES[:4])
    assert all(
        np.abs(v).max() <= 0.01 for v in values(gan.discriminator.trainable_weights)
    )
    assert max(np.abs(v).max() for v in values(gan.generator.trainable_weights)) > 0.01


def test_a_penalty_on_a_discriminator_with_batch_norm_is_refused():
    with pytest.raises(UsageError, match=r"`loss/penalty=r1`.*batch normalisation"):
        make(adversarial.bce(penalties.r1()), norm=Norm.batch)


def test_logs_are_means_since_they_were_read():
    gan = make()
    gan.train_step(IMAGES[:4])
    first = gan.read_logs()
    gan.train_step(IMAGES[4:8])
    second = gan.read_logs()
    assert first != second
    assert list(first) == gan.log_names
    assert first["loss/discriminator"] == pytest.approx(
        first["loss/discriminator_real"] + first["loss/discriminator_fake"], rel=1e-6
    )


def test_the_first_quantity_that_is_not_finite_is_named_with_its_round():
    gan = make()
    gan.train_step(IMAGES[:4])
    assert gan.logs.first_non_finite() is None
    weight = gan.discriminator.trainable_weights[0]
    weight.assign(ops.full(weight.shape, np.nan))
    gan.train_step(IMAGES[:4])
    gan.train_step(IMAGES[:4])
    assert gan.logs.first_non_finite() == (2, "logits/fake")


def test_fit_trains_and_reports_means():
    gan = make(step=Alternating(critic_steps=2))
    history = gan.fit(IMAGES, batch_size=8, epochs=2, verbose=0).history
    assert set(history) == set(gan.log_names)
    assert int(gan.generator_optimizer.iterations) == 6
    assert int(gan.discriminator_optimizer.iterations) == 12


def test_any_two_keras_networks_make_a_gan():
    layers = keras.layers
    networks = gan_lab.Networks(
        keras.Sequential(
            [layers.Input((3,)), layers.Dense(4), layers.Reshape((2, 2, 1))]
        ),
        keras.Sequential([layers.Input((2, 2, 1)), layers.Flatten(), layers.Dense(1)]),
        gan_lab.Latent.uniform,
    )
    gan = gan_lab.GAN(networks, adversarial.hinge(None))
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    gan.fit(np.zeros((8, 2, 2, 1), np.uint8), batch_size=4, verbose=0)
    assert gan.sample(2).shape == (2, 2, 2, 1)


LOSSES, PENALTIES = registry.names("loss"), registry.names("loss/penalty")
STEPS = {
    "simultaneous": Simultaneous(),
    "fresh": Alternating(),
    "shared": Alternating(2, shared=True),
}


LARGE = {"faces_128": pytest.mark.full}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=LARGE.get(n, ())) for n in registry.names("model")]
)
def test_every_model_trains(name):
    gan = gan_lab.GAN(build(name), adversarial.bce(None), step=Simultaneous())
    gan.compile(backend.Adam(1e-3), backend.Adam(1e-3))
    before = values(gan.trainable_variables)
    shape = (2, *gan.generator.output_shape[1:])
    real = np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")
    backend.Rounds(gan, lambda: real, real, jit=False).play(1)
    assert all(np.isfinite(value) for value in gan.read_logs().values())
    changed = [
        not np.array_equal(a, b)
        for a, b in zip(before, values(gan.trainable_variables), strict=True)
    ]
    assert sum(changed) > 0.8 * len(changed)


# The first tier has each of them with some others.
TRIPLES = [
    pytest.param(
        loss,
        penalty,
        step,
        marks=()
        if (i + j + k) % 3 == 0 and (i + j) % len(PENALTIES) < 2
        else pytest.mark.full,
    )
    for i, loss in enumerate(LOSSES)
    for j, penalty in enumerate(PENALTIES)
    for k, step in enumerate(STEPS)
]


@pytest.mark.parametrize("loss, penalty, step", TRIPLES)
def test_every_loss_and_penalty_trains_the_default_model(loss, penalty, step):
    built = registry.build("loss/penalty", {"name": penalty})
    gan = make(registry.build("loss", {"name": loss}, built), step=STEPS[step])
    before = values(gan.trainable_variables)
    logs = gan.train_step(IMAGES[: 4 * gan.batches])
    assert all(np.isfinite(float(value)) for value in logs.values())
    assert (penalty == "none") == (f"penalty/{penalty}" not in logs)
    changed = [
        not np.array_equal(a, b)
        for a, b in zip(before, values(gan.trainable_variables), strict=True)
    ]
    assert sum(changed) > 0.8 * len(changed)
