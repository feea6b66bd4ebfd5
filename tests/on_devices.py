"""Three rounds on a number of devices, from equal weights, images and random numbers.

`python -m tests.on_devices COUNT FILE [CASE ...]` writes what they leave.
"""

import sys

import keras
import numpy as np
from keras import layers, ops

import gan_lab
from gan_lab import backend, registry
from gan_lab.losses.adversarial import bce
from gan_lab.models.dcgan import Norm, dcgan
from gan_lab.trainers.steps import Alternating, Simultaneous

BATCH = 8
# Every optimiser with what it does to a gradient, every random number of a loss or a
# penalty, and batch statistics in both networks.
CASES = {
    "noise": (
        {"name": "bce", "label_noise": 0.3},
        {"name": "gradient_penalty"},
        {"name": "adam", "clipnorm": 0.1, "weight_decay": 0.1},
        Alternating(2),
        ("layer", "layer"),
    ),
    "clip": (
        {"name": "wasserstein"},
        {"name": "none"},
        {"name": "rmsprop", "clipvalue": 0.01},
        Alternating(shared=True),
        ("instance", "none"),
    ),
    "dragan": (
        {"name": "hinge"},
        {"name": "dragan"},
        {"name": "sgd", "momentum": 0.5},
        Simultaneous(),
        ("none", "instance"),
    ),
    "averages": (
        {"name": "relativistic_average"},
        {"name": "r1_r2"},
        {"name": "sgd"},  # the last bias has no slope, which Adam makes a step of
        Alternating(),
        ("layer", "none"),
    ),
    "batch": (
        {"name": "bce"},
        {"name": "none"},
        {"name": "adam"},
        Simultaneous(),
        ("batch", "batch"),
    ),
}


def play(case: str, devices) -> dict[str, np.ndarray]:
    """Everything that three compiled rounds of a case leave, and the mean logs."""
    loss, penalty, optim, step, norms = CASES[case]
    keras.utils.set_random_seed(0)
    with devices.scope():
        norm, discriminator_norm = map(Norm, norms)
        networks = dcgan(
            (16, 16, 1), width=4, norm=norm, discriminator_norm=discriminator_norm
        )
        built = registry.build("loss", loss, registry.build("loss/penalty", penalty))
        gan = gan_lab.GAN(networks, built, step=step, ema=0.9)
        gan.compile(*registry.build("optim", optim, 3, step.critic_steps))
    draw = np.random.default_rng(0)
    for kernel in (w for w in gan.trainable_variables if len(w.shape) > 1):
        kernel.assign(draw.normal(0.0, 0.1, kernel.shape))
    shape = (3, BATCH * gan.batches, 16, 16, 1)
    images = iter(draw.integers(0, 256, shape, np.uint8))
    like = np.empty(shape[1:], np.uint8)
    backend.Rounds(gan, lambda: next(images), like, False, devices).play(3)
    state = {k: ops.convert_to_numpy(v) for k, v in gan.state().items()}
    return state | {name: np.float32(value) for name, value in gan.read_logs().items()}


def dropped(devices) -> np.ndarray:
    """Which inputs each sample of a batch keeps in the first round, of 64."""
    with devices.scope():
        noise = [layers.Input((2,)), layers.Dense(64), layers.Activation("tanh")]
        generator = keras.Sequential(noise, name="generator")
        judge = keras.Sequential(
            [layers.Input((64,)), layers.Dropout(0.5, seed=1), Idle(), layers.Dense(1)],
            name="discriminator",
        )
        step = Seeing()
        gan = gan_lab.GAN(gan_lab.Networks(generator, judge), bce(None), step=step)
        gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
        gan.seen = gan.add_weight((BATCH, 64), "zeros", trainable=False, name="seen")
    real = np.ones((BATCH, 64), np.float32)
    backend.Rounds(gan, lambda: real, real, False, devices).play(1)
    return ops.convert_to_numpy(gan.seen)


class Idle(layers.Layer):
    """Has a weight that no loss depends on."""

    def build(self, shape):
        """Make it."""
        self.weight = self.add_weight(shape[1:], name="idle")

    def call(self, inputs):
        """The inputs as they are."""
        return inputs


class Seeing(Alternating):
    """Alternating, and notes what dropout keeps of the real samples."""

    def play(self, gan, real: list) -> dict:
        """Update `gan`; note first."""
        kept = gan.discriminator.layers[0](real[0], training=True)
        rows = real[0].shape[0]
        mine = backend.share(ops.eye, rows)
        everyone = ops.matmul(ops.transpose(mine), kept)
        replicas = BATCH // rows
        gan.seen.assign(replicas * backend.mean_over_replicas(everyone))
        return super().play(gan, real)


if __name__ == "__main__":
    chosen = backend.Devices("mirrored", int(sys.argv[1]))
    assert chosen.count == int(sys.argv[1])
    found = {
        f"{case} {name}": value
        for case in sys.argv[3:] or CASES
        for name, value in play(case, chosen).items()
    }
    np.savez(sys.argv[2], dropped=dropped(chosen), **found)
