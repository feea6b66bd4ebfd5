"""Three rounds from equal weights, latents and images, on the backend of the process.

`python -m tests.three_rounds FILE` writes what they leave, for another process.
"""

import sys

import keras
import numpy as np
from keras import ops

import gan_lab
from gan_lab import backend, registry
from gan_lab.models.dcgan import Norm, dcgan
from gan_lab.trainers.steps import Alternating, Simultaneous

BATCH = 4


class Given(gan_lab.Networks):
    """Networks whose latents are a wave: backends draw random numbers differently."""

    def draw_latents(self, count, seed):
        size = self.generator.input_shape[-1]
        phase = 3.0 * ops.cast(seed.next()[1], "float32")
        wave = ops.sin(ops.arange(count * size, dtype="float32") + phase)
        return ops.reshape(wave, (count, size))


# Every step and optimiser, an average, a constraint, a penalty: without a norm, whose
# second derivatives are wrong under TensorFlow (tf.nn.moments stops a gradient).
CASES = {
    "simultaneous": ("bce", "none", "adam", Simultaneous(), "layer"),
    "alternating": ("hinge", "r1", "rmsprop", Alternating(2), "none"),
    "shared": ("wasserstein", "none", "sgd", Alternating(shared=True), "batch"),
    # The last bias has no slope but for rounding, of which Adam makes whole steps.
    "averages": ("relativistic_average", "r1_r2", "sgd", Alternating(), "none"),
}


def play(case: str) -> dict[str, np.ndarray]:
    """Everything that three compiled rounds of a case leave, and the mean logs."""
    loss, penalty, optim, step, norm = CASES[case]
    draw = np.random.default_rng(0)
    drawn = dcgan((16, 16, 1), width=4, latent_dim=8, discriminator_norm=Norm(norm))
    built = registry.build("loss/penalty", {"name": penalty})
    gan = gan_lab.GAN(
        Given(drawn.generator, drawn.discriminator),
        registry.build("loss", {"name": loss}, built),
        step=step,
        ema=0.9,
    )
    gan.compile(*registry.build("optim", {"name": optim}, 3, step.critic_steps))
    for kernel in (w for w in gan.trainable_variables if w.ndim > 1):
        kernel.assign(draw.normal(0.0, 0.1, kernel.shape))
    gan.ema_generator.set_weights(gan.generator.get_weights())
    shape = (3, BATCH * gan.batches, 16, 16, 1)
    images = iter(draw.integers(0, 256, shape, np.uint8))
    like = np.empty(shape[1:], np.uint8)
    backend.Rounds(gan, lambda: next(images), like, jit=False).play(3)
    state = {k: ops.convert_to_numpy(v) for k, v in gan.state().items()}
    return state | {name: np.float32(value) for name, value in gan.read_logs().items()}


def play_all() -> dict[str, np.ndarray]:
    """What each case leaves, by case and name."""
    return {
        f"{case} {name}": value for case in CASES for name, value in play(case).items()
    }


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    np.savez(sys.argv[1], **play_all())
