"""The contract of every model, and the recipes' parameter counts by hand."""

import functools
import json

import keras
import numpy as np
import pytest
from keras import ops

from gan_lab import backend, registry
from gan_lab.errors import UsageError
from gan_lab.layers import GroupNorm
from gan_lab.models.dcgan import Norm, dcgan
from gan_lab.models.mlp import mlp
from gan_lab.models.networks import Latent, Networks

# Shapes that a model may make, the smaller first; a contract takes the first that it
# does make, of images and of vectors.
IMAGES = ((28, 28, 1), (28, 28, 3), (32, 32, 3), (64, 64, 3), (128, 128, 3))
VECTORS = ((2,),)
MODELS = registry.names("model")
RECIPES = {
    "digits_28": (28, 28, 1),
    "faces_28": (28, 28, 3),
    "faces_64": (64, 64, 3),
    "roses_64": (64, 64, 3),
    "faces_128": (128, 128, 3),
}


def build(name: str, shape: tuple | None = None) -> Networks:
    return registry.build("model", {"name": name}, shape or shape_of(name))


@functools.cache
def made(name: str, shapes: tuple = IMAGES) -> tuple | None:
    """The first of these shapes that a model makes."""
    for shape in shapes:
        try:
            build(name, shape)
        except UsageError:
            continue
        return shape
    return None


def shape_of(name: str) -> tuple:
    return made(name) or made(name, VECTORS)


@pytest.mark.parametrize("shapes", [IMAGES, VECTORS], ids=["images", "vectors"])
@pytest.mark.parametrize("name", MODELS)
def test_the_generator_makes_samples_and_the_discriminator_judges_them(name, shapes):
    shape = made(name, shapes)
    if shape is None:
        return  # the other kind is what it makes
    networks = build(name, shape)
    latents = networks.draw_latents(2, seed=0)
    images = networks.generator(latents, training=False)
    assert images.shape == (2, *shape)
    assert len(shape) == 1 or float(np.abs(images).max()) <= 1.0
    logits = networks.discriminator(images, training=False)
    assert logits.shape == (2, 1)
    assert images.dtype == logits.dtype == "float32"


@pytest.mark.parametrize("name", MODELS)
def test_a_model_makes_something(name):
    assert shape_of(name)


@pytest.mark.parametrize("name", MODELS)
def test_logits_are_not_squashed(name):
    last = build(name).discriminator.layers[-1]
    assert last.activation is keras.activations.linear


@pytest.mark.parametrize("name", MODELS)
def test_no_two_kernels_start_equal(name):
    networks = build(name)
    weights = [*networks.generator.weights, *networks.discriminator.weights]
    kernels = [w.numpy().ravel()[:16] for w in weights if w.name == "kernel"]
    assert len({k.tobytes() for k in kernels}) == len(kernels)


@pytest.mark.parametrize("name", MODELS)
def test_latents_have_the_distribution_that_the_model_names(name):
    networks = build(name)
    for latents in (networks.fixed_latents(2000), networks.draw_latents(2000, seed=1)):
        latents = np.asarray(latents)
        if networks.latent is Latent.normal:
            assert latents.std() == pytest.approx(1.0, abs=0.02)
            assert latents.max() > 2
        else:
            assert latents.std() == pytest.approx(3**-0.5, abs=0.02)
            assert latents.min() >= -1 and latents.max() <= 1


def test_fixed_latents_are_the_same_always_and_begin_alike():
    networks = build("dcgan")
    assert np.array_equal(networks.fixed_latents(4), networks.fixed_latents(16)[:4])


def conv(kernel, before, after, bias=True):
    return kernel * kernel * before * after + bias * after


def dense(before, after, bias=True):
    return before * after + bias * after


COUNTS = {
    "digits_28": (
        dense(100, 7 * 7 * 256, False)
        + 4 * 7 * 7 * 256  # here the normalisation comes before the reshape
        + conv(5, 256, 128, False)
        + 4 * 128
        + conv(5, 128, 64, False)
        + 4 * 64
        + conv(5, 64, 1, False),
        conv(5, 1, 64) + conv(5, 64, 128) + dense(7 * 7 * 128, 1),
    ),
    "faces_28": (
        dense(100, 2 * 2 * 512)
        + 4 * 512
        + conv(5, 512, 256)
        + 4 * 256
        + conv(5, 256, 128)
        + 4 * 128
        + conv(5, 128, 3),
        conv(5, 3, 64)
        + conv(5, 64, 128)
        + 4 * 128
        + conv(5, 128, 256)
        + 4 * 256
        + dense(7 * 7 * 256, 1),
    ),
    "faces_64": (
        dense(100, 4 * 4 * 512)
        + conv(3, 512, 512)
        + 4 * 512
        + conv(3, 512, 256)
        + 4 * 256
        + conv(3, 256, 128)
        + 4 * 128
        + conv(3, 128, 64)
        + 4 * 64
        + conv(3, 64, 3),
        sum(
            conv(3, before, width) + conv(3, width, width) + 8 * width
            for before, width in ((3, 64), (64, 128), (128, 256), (256, 512))
        )
        + dense(512, 1),
    ),
    "roses_64": (
        dense(100, 4 * 4 * 512)
        + 4 * 512
        + conv(5, 512, 256)
        + 4 * 256
        + conv(5, 256, 128)
        + 4 * 128
        + conv(5, 128, 64)
        + 4 * 64
        + conv(5, 64, 3),
        conv(5, 3, 64)
        + conv(5, 64, 128)
        + 4 * 128
        + conv(5, 128, 256)
        + 4 * 256
        + conv(5, 256, 512)
        + 4 * 512
        + dense(4 * 4 * 512, 1),
    ),
    "faces_128": (
        dense(32, 128 * 16 * 16)
        + conv(5, 128, 256)
        + 3 * conv(4, 256, 256)
        + conv(5, 256, 512)
        + conv(5, 512, 512)
        + conv(7, 512, 3),
        conv(3, 3, 256) + 4 * conv(4, 256, 256) + dense(6 * 6 * 256, 1),
    ),
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipes_networks_have_the_parameters_counted_by_hand(name):
    networks = build(name)
    counted = networks.generator.count_params(), networks.discriminator.count_params()
    assert counted == COUNTS[name]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipes_networks_refuse_another_shape_in_one_sentence(name):
    with pytest.raises(UsageError, match=f"`model={name}` makes images of .* 32x32x1"):
        registry.build("model", {"name": name}, (32, 32, 1))


@pytest.mark.parametrize("name", MODELS)
def test_what_makes_images_only_names_the_model_that_makes_vectors(name):
    if made(name, VECTORS):
        return
    with pytest.raises(UsageError, match=r"vectors of 2 numbers, which `model=mlp`"):
        build(name, (2,))


@pytest.mark.parametrize("shape", [(2,), (7, 5, 3)])
def test_an_mlp_has_the_parameters_counted_by_hand(shape):
    networks = mlp(shape, latent_dim=4, width=6, depth=2)
    size = int(np.prod(shape))
    counted = networks.generator.count_params(), networks.discriminator.count_params()
    assert counted == (
        dense(4, 6) + dense(6, 6) + dense(6, size),
        dense(size, 6) + dense(6, 6) + dense(6, 1),
    )


def test_an_mlp_ends_in_tanh_for_pixels_and_in_nothing_for_vectors():
    for shape, activation in (((4, 4, 1), "tanh"), ((2,), "linear")):
        last = mlp(shape, width=2).generator.layers[-1].activation
        assert last is getattr(keras.activations, activation)


@pytest.mark.parametrize("option", ["latent_dim", "width", "depth"])
def test_an_mlp_of_nothing_is_refused(option):
    with pytest.raises(UsageError, match=rf"`model.{option}`.*must be at least 1"):
        mlp((2,), **{option: 0})


@pytest.mark.parametrize(
    "size", [16, 20, 28, 32, 40, 56, 64, 80, 112, 128, 160, 224, 256]
)
def test_dcgan_makes_every_size_it_promises(size):
    networks = dcgan((size, size, 3), width=2)
    assert networks.generator.output_shape == (None, size, size, 3)
    assert networks.discriminator.output_shape == (None, 1)


@pytest.mark.parametrize(
    "shape", [(24, 24, 3), (8, 8, 1), (64, 32, 3), (64, 64, 2), (512, 512, 3)]
)
def test_dcgan_refuses_other_sizes_in_one_sentence(shape):
    with pytest.raises(UsageError, match=r"4, 5 or 7 times a power of two.*Received: "):
        dcgan(shape)


def test_dcgan_at_width_128_has_the_papers_maps():
    networks = dcgan((64, 64, 3), width=128)
    maps = [layer.output.shape[1:] for layer in networks.generator.layers]
    for expected in (
        (4, 4, 1024),
        (8, 8, 512),
        (16, 16, 256),
        (32, 32, 128),
        (64, 64, 3),
    ):
        assert expected in maps


@pytest.mark.parametrize("norm", Norm)
def test_dcgan_normalises_as_it_is_told(norm):
    networks = dcgan((32, 32, 1), width=2, norm=norm, discriminator_norm=norm)
    for network in (networks.generator, networks.discriminator):
        kinds = [type(layer).__name__ for layer in network.layers]
        batch = kinds.count("BatchNormalization")
        group = kinds.count("GroupNorm") + kinds.count("GroupNormalization")
        assert (batch > 0) == (norm is Norm.batch)
        assert (group > 0) == (norm in (Norm.layer, Norm.instance))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=pytest.mark.full if n == "faces_128" else ())
        for n in MODELS
    ],
)
def test_the_generator_loads_with_plain_keras_in_safe_mode(name, tmp_path):
    networks = build(name)
    networks.generator.save(tmp_path / "generator.keras")
    loaded = keras.saving.load_model(tmp_path / "generator.keras", safe_mode=True)
    latents = networks.fixed_latents(2)
    assert np.array_equal(
        loaded(latents, training=False), networks.generator(latents, training=False)
    )
    assert "gan_lab" not in json.dumps(loaded.get_config())


@pytest.mark.parametrize("groups", [1, 2, -1])
def test_group_norm_is_that_of_keras(groups):
    inputs = np.random.default_rng(0).normal(3, 2, (4, 5, 5, 6)).astype("float32")
    ours = GroupNorm(groups)(inputs)
    theirs = keras.layers.GroupNormalization(groups)(inputs)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_group_norm_computes_in_float32(policy):
    inputs = ops.cast(np.full((2, 4, 4, 6), 300.0) + np.eye(4)[..., None], "float16")
    outputs = GroupNorm(dtype=policy)(inputs)  # the sum of squares is beyond float16
    assert np.isfinite(ops.convert_to_numpy(ops.cast(outputs, "float32"))).all()
    assert outputs.dtype == GroupNorm(dtype=policy).compute_dtype


@pytest.mark.parametrize("place", [0.2, 1.0, 3.0])
def test_group_norm_is_exact_in_its_second_derivative(place):
    # Of two channels u and -u the first comes to u / sqrt(u^2 + e).
    e = 0.1
    norm = GroupNorm(1, epsilon=e)

    def slope(x):
        return backend.input_gradient(
            lambda x: norm(ops.stack([x, -x], axis=-1))[:, 0], x
        )

    u = ops.convert_to_tensor([place], "float32")
    np.testing.assert_allclose(slope(u), [e * (place**2 + e) ** -1.5], rtol=1e-4)
    curve = backend.input_gradient(slope, u)
    np.testing.assert_allclose(
        curve, [-3 * e * place * (place**2 + e) ** -2.5], rtol=1e-4
    )
