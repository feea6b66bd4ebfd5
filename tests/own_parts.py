"""One part of every group, as a user's own module brings them."""

import enum
import math

import numpy as np

from gan_lab import Latent, Loss, Networks, Penalty, Samples, register
from gan_lab.augment.augment import Augment
from gan_lab.evaluation.metric import HIGHER, Metric
from gan_lab.evaluation.sets import ImageSet, References
from gan_lab.losses.loss import Term


class Tone(enum.Enum):
    """How light the pictures are."""

    dark = "dark"
    light = "light"


@register("model")
def own_model(shape, /, *, latent: Latent = Latent.normal, width: int = 8) -> Networks:
    """Two dense layers each."""
    from keras import Sequential, layers

    generator = [
        layers.Input((4,)),
        layers.Dense(width, "relu"),
        layers.Dense(math.prod(shape), "tanh"),
        layers.Reshape(shape),
    ]
    discriminator = [
        layers.Input(shape),
        layers.Flatten(),
        layers.Dense(width, "relu"),
        layers.Dropout(0.2),
        layers.Dense(1),
    ]
    return Networks(
        Sequential(generator, name="generator"),
        Sequential(discriminator, name="discriminator"),
        latent,
    )


@register("data")
def own_data(*, size: list[int] = [8, 8], tone: Tone = Tone.light) -> Samples:  # noqa: B006
    """Noise."""
    draw = np.random.default_rng(0)
    levels = (128, 256) if tone is Tone.light else (0, 128)
    return Samples(draw.integers(*levels, (32, *size, 1), np.uint8))


@register("loss")
def own_loss(penalty, /, *, margin: float = 1.0) -> Loss:
    """A hinge."""
    from keras import ops

    def discriminator(real, fake, seed):
        return ops.mean(ops.relu(margin - real)), ops.mean(ops.relu(margin + fake))

    return Loss(discriminator, lambda fake: -ops.mean(fake), penalty)


@register("loss/penalty")
def own_penalty(*, weight: float = 0.1) -> Penalty:
    """Small logits of real images."""
    from keras import ops

    def value(critic, real, fake, seed):
        return weight * ops.mean(ops.square(critic(real)))

    return Penalty("own_penalty", value)


@register("loss/terms")
def own_terms(*, weight: float = 0.1) -> Term:
    """Small logits of generated images."""
    from keras import ops

    return Term("own_terms", lambda seen: weight * ops.mean(seen.fake_logits**2))


@register("augment")
def own_augment(shape, /, *, light: float = 0.1) -> Augment:
    """More light."""
    return Augment(lambda images, seed: images + light)


@register("optim")
def own_optim(rounds, critic_steps, /, *, rate: float = 1e-2):
    """Keras' own, without a key called lr."""
    from keras.optimizers import SGD

    return SGD(rate, momentum=0.5), SGD(rate / critic_steps, momentum=0.5)


class Twice:
    """Two discriminator updates, then one of the generator."""

    critic_steps = 2

    def play(self, gan, real: list) -> dict:
        """Play one round."""
        from keras import ops

        for batch in real:
            fake, pull = gan.generate(ops.shape(batch)[0])
            logs = gan.update_discriminator(batch, fake)
        loss, slope = gan.generator_loss(fake)
        gan.apply_to_generator(pull(slope))
        return logs | {"loss/generator": loss}


@register("trainer")
def own_trainer():
    """Rounds of two discriminator updates."""
    return Twice()


@register("metric")
def own_metric(*, power: float = 2.0) -> Metric:
    """How alike the mean pictures are."""

    def compute(references: References, fake: ImageSet) -> dict:
        means = (x.mean(0) / 255 for x in (references.real.images, fake.images))
        gap = float(np.mean(np.abs(np.subtract(*means))))
        return {"likeness": 1 - gap**power}

    return Metric(compute, {"likeness": HIGHER})


@register("hpo")
def own_hpo(seed, /, *, startup: int = 3):
    """A sampler of Optuna's."""
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed, n_startup_trials=startup)


@register("engine")
def own_engine(workers, /, *, threads: int = 1):
    """Processes with a fixed number of threads."""
    from gan_lab.sweeps.engines.local import Processes

    return Processes(threads, [])
