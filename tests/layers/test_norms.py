"""Penalties through the layers of a discriminator: a right gradient, or a refusal."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import gan_lab
from gan_lab import backend
from gan_lab.errors import UsageError
from gan_lab.layers import GroupNorm
from gan_lab.losses import adversarial, penalties


def penalised(*inner):
    """A GAN with a penalty on a discriminator that has such layers in it."""
    discriminator = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Conv2D(6, 3, activation="tanh"),
            *inner,
            layers.Flatten(),
            layers.Dense(5, activation="tanh"),
            layers.Dense(1),
        ]
    )
    generator = keras.Sequential(
        [keras.Input((2,)), layers.Dense(16), layers.Reshape((4, 4, 1))]
    )
    networks = gan_lab.Networks(generator, discriminator)
    return gan_lab.GAN(networks, adversarial.bce(penalties.r1()))


class Wrapped(keras.Model):
    """A model with a `call` of its own, and a layer in a list."""

    def __init__(self, layer):
        super().__init__()
        self.inner = [layer]

    def call(self, images):
        return self.inner[0](images)


WRONG = {  # what TensorFlow differentiates wrongly, and JAX does not
    "layer norm": lambda: layers.LayerNormalization(epsilon=0.1),
    "group norm": lambda: layers.GroupNormalization(2, epsilon=0.1),
    "enlarged": lambda: layers.UpSampling2D(2, interpolation="bilinear"),
    "resized": lambda: layers.Resizing(3, 3, interpolation="bilinear"),
}
RIGHT = {
    "our layer norm": lambda: GroupNorm(1, epsilon=0.1),
    "our instance norm": lambda: GroupNorm(-1, epsilon=0.1),
    "rms norm": lambda: layers.RMSNormalization(epsilon=0.1),
    "unit norm": layers.UnitNormalization,
    "spectral norm": lambda: layers.SpectralNormalization(
        layers.Dense(4), power_iterations=30
    ),
    "repeated": lambda: layers.UpSampling2D(2),
    "pooled": lambda: layers.AveragePooling2D(2, strides=1),
}
DEEP = {
    "in a model": lambda: keras.Sequential([layers.LayerNormalization()]),
    "in a wrapper": lambda: layers.TimeDistributed(layers.LayerNormalization()),
    "in a model of one's own": lambda: Wrapped(layers.GroupNormalization(2)),
}
REFUSED = r"`loss/penalty=r1`.* TensorFlow does that wrongly in its layer .*\. Take "
ON_TENSORFLOW = keras.backend.backend() == "tensorflow"


@pytest.mark.parametrize("name", WRONG | RIGHT)
def test_a_penalty_has_the_right_gradient_or_is_refused(name):
    keras.utils.set_random_seed(0)
    layer = (WRONG | RIGHT)[name]()
    if name in WRONG and ON_TENSORFLOW:
        with pytest.raises(UsageError, match=REFUSED):
            penalised(layer)
        return
    gan = penalised(layer)
    kernel = gan.discriminator.layers[0].kernel
    draw = np.random.default_rng(0).normal(size=(8, 4, 4, 1))
    images = ops.convert_to_tensor(draw, "float32")
    gan.judge(images)  # spectral normalisation comes to rest

    def penalty():
        return gan.objective.penalty.value(gan.judge, images, None, None), None

    *_, (slope,) = backend.value_and_gradients(penalty, [kernel])
    slope, before = ops.convert_to_numpy(slope), ops.convert_to_numpy(kernel)
    way = np.sign(slope) / np.sqrt(before.size)

    def risen(step):
        kernel.assign(before + step * way)
        ahead = float(penalty()[0])
        kernel.assign(before - step * way)
        return (ahead - float(penalty()[0])) / (2 * step)

    wanted = (4 * risen(0.01) - risen(0.02)) / 3
    assert np.sum(slope * way) == pytest.approx(wanted, rel=3e-3)


@pytest.mark.parametrize("name", DEEP)
def test_a_layer_is_refused_however_deep_it_is_in_a_discriminator(name):
    if ON_TENSORFLOW:
        with pytest.raises(UsageError, match=REFUSED):
            penalised(DEEP[name]())
    else:
        penalised(DEEP[name]())


@pytest.mark.skipif(not ON_TENSORFLOW, reason="JAX differentiates every layer rightly")
def test_a_refused_layer_is_named_with_the_one_to_take():
    with pytest.raises(UsageError) as refused:
        penalised(layers.LayerNormalization(name="mine"))
    assert str(refused.value) == (
        "`loss/penalty=r1` differentiates a gradient of the discriminator, and "
        "TensorFlow does that wrongly in its layer `mine` (LayerNormalization). Take "
        "gan_lab.layers.GroupNorm (layer normalisation; with groups=-1 instance "
        "normalisation), `loss/penalty=none`, or KERAS_BACKEND=jax."
    )
