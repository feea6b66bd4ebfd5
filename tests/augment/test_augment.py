"""What every augmentation keeps: shapes, exact gradients, both backends."""

import keras
import numpy as np
import pytest
from keras import ops

from gan_lab import backend, registry
from gan_lab.errors import UsageError
from tests.augment import worked
from tests.backend.test_backends import python

NAMES = [name for name in registry.names("augment") if name != "none"]
OPTIONS = {"fixed": {"p": 0.8}}


def built(name, shape=(16, 16, 3), **options):
    node = {"name": name} | OPTIONS.get(name, {}) | options
    return registry.build("augment", node, shape)


def pictures(shape=(16, 16, 3), count=4, seed=0):
    return keras.random.uniform((count, *shape), -1.0, 1.0, seed=seed)


def seeded(seed=1):
    return keras.random.SeedGenerator(seed)


def array(tensor):
    return ops.convert_to_numpy(tensor)


def test_none_leaves_images_and_the_random_stream_as_they_are():
    augment, images, seed = registry.build("augment", {"name": "none"}, (2,)), 3.0, None
    assert augment.apply(images, seed) == images and augment.adapt(None) is None
    assert augment.variables == () and augment.logs() == {}


@pytest.mark.parametrize("shape", [(16, 16, 3), (16, 16, 1), (12, 20, 3)])
@pytest.mark.parametrize("name", NAMES)
def test_images_keep_shape_and_type_and_are_changed_anew_each_time(name, shape):
    augment, seed, images = built(name, shape), seeded(), pictures(shape)
    first, second = (array(augment.apply(images, seed)) for _ in range(2))
    assert first.shape == (4, *shape) and first.dtype == np.float32
    assert np.isfinite(first).all()
    assert not np.array_equal(first, second) or name == "ada"  # which begins at p = 0
    again = array(augment.apply(images, seeded()))
    assert np.array_equal(first, again)


@pytest.mark.parametrize("name", NAMES)
def test_grey_pictures_in_colour_stay_grey(name):
    grey = ops.repeat(pictures((16, 16, 1)), 3, axis=-1)
    changed = array(built(name).apply(grey, seeded()))
    assert np.allclose(changed, changed[..., :1], atol=1e-5)


@pytest.mark.parametrize("shape", [(2,), (16, 16, 2), (16, 16, 4)])
@pytest.mark.parametrize("name", NAMES)
def test_samples_that_are_not_pictures_are_refused(name, shape):
    with pytest.raises(UsageError, match=f"`augment={name}` needs pictures with 1 or"):
        built(name, shape)


@pytest.mark.parametrize("name", NAMES)
def test_compiled_is_eager(name):
    augment, images = built(name), pictures()
    network = keras.Sequential([keras.Input((16, 16, 3)), _Through(augment)])
    drawn = backend.compile_model(network)(array(images))
    assert np.allclose(array(drawn), array(augment.apply(images, seeded())), atol=2e-5)


class _Through(keras.layers.Layer):
    """An augmentation with a random stream of its own."""

    def __init__(self, augment):
        super().__init__()
        self.augment, self.seed = augment, seeded()

    def call(self, images):
        return self.augment.apply(images, self.seed)


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_comes_out_as_float32(name):
    images = ops.cast(pictures(), "bfloat16")
    assert built(name).apply(images, seeded()).dtype == "float32"


@pytest.mark.parametrize("name", NAMES)
def test_a_penalty_is_differentiated_through_it(name):
    # The critic is s * sum(x^2) / 2, so its slope at x is s A^T (A x + b), A the
    # augmentation, and the square of that grows by 2 s |slope|^2 with s.
    augment, images = built(name), pictures()
    scale = keras.Variable(1.0)

    def critic(images):
        changed = augment.apply(images, seeded())
        return scale * ops.sum(ops.square(changed), axis=(1, 2, 3))[:, None] / 2

    def slope():
        return backend.input_gradient(critic, images)

    _, _, (gradient,) = backend.value_and_gradients(
        lambda: (ops.sum(ops.square(slope())), None), [scale]
    )
    expected = 2 * float(ops.sum(ops.square(slope())))
    assert float(gradient) == pytest.approx(expected, rel=1e-4) and expected > 1


@pytest.mark.full
def test_both_backends_make_the_same_of_the_same_draws(tmp_path):
    (other,) = set(backend.BACKENDS) - {keras.backend.backend()}
    said = python(other, "-m", "tests.augment.worked", str(tmp_path / "other.npz"))
    assert said.returncode == 0, said.stderr
    with np.load(tmp_path / "other.npz", allow_pickle=False) as theirs:
        for name, ours in worked.work().items():
            assert np.allclose(ours, theirs[name], rtol=1e-4, atol=1e-4), name
