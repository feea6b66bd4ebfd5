"""The GAN: two networks, a loss, and a training step that plays one round."""

import keras
import numpy as np
from keras import ops

from gan_lab import backend
from gan_lab.gan.slope import require_exact
from gan_lab.losses.loss import Loss
from gan_lab.models.networks import Networks
from gan_lab.trainers.steps import Alternating

SAMPLE_BATCH = 64  # drawn at a time, of images of at most 64x64
SEED_STATE = "seed_generator_state"


class GAN(backend.Model):
    """Two networks that train each other.

    Args:
        networks: generator and discriminator; any two Keras models that fit.
        loss: what they minimise.
        step: what a round consists of; `Alternating()` where not given.
        ema: decay a round of the moving average of the generator, in [0, 1); 0 keeps
            none. It averages batch statistics too, and forgets its start faster:
            the decay of round t is min(ema, (1 + t) / (10 + t)).
        seed: of latents, label noise and penalties.

    Example:

        gan = gan_lab.GAN(networks, loss)
        gan.compile(keras.optimizers.Adam(2e-4), keras.optimizers.Adam(2e-4))
        gan.fit(images, batch_size=64, epochs=10)
        pictures = gan.sample(16)
    """

    def __init__(
        self,
        networks: Networks,
        loss: Loss,
        *,
        step=None,
        ema: float = 0.0,
        seed: int = 0,
    ):
        super().__init__(name="gan")
        self.networks = networks
        self.generator = networks.generator
        self.discriminator = networks.discriminator
        self.objective = loss
        self.step = step or Alternating()
        self.ema = ema
        self.ema_generator = _copy(self.generator) if ema else None
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.rounds = self._integers("rounds", (), 0)
        self._means = {name: _Mean(name) for name in _log_names(loss)}
        self._excused = {}  # updates that are missing and were not skipped
        self._first_bad = self._integers("first_bad", (len(self._means),), -1)
        self._generate = backend.in_training(self.generator)
        self._judge = backend.in_training(self.discriminator)
        self._draw = backend.compile_model(self.averaged_generator)
        self._draw_last = backend.compile_model(self.generator)
        self.built = True
        if loss.penalty:
            require_exact(loss.penalty.name, self.discriminator)

    def compile(self, generator_optimizer, discriminator_optimizer, jit: bool = False):
        """Give each network its own fresh optimiser; `jit` lets `fit` use XLA."""
        super().compile(optimizer=None, jit_compile=jit)
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        for optimizer in (generator_optimizer, discriminator_optimizer):
            backend.take_means(optimizer)
        generator_optimizer.build(self.generator.trainable_variables)
        discriminator_optimizer.build(self.discriminator.trainable_variables)

    def call(self, latents, training=False):
        """Images in [-1, 1] from latents."""
        return self.generator(latents, training=training)

    @property
    def averaged_generator(self):
        """The moving average of the generator, or the generator where there is none."""
        return self.ema_generator or self.generator

    @property
    def metrics(self) -> list:
        """The means of what was logged since they were last reset."""
        return list(self._means.values())

    def train_step(self, data) -> dict:
        """Play a round and log it.

        Args:
            data: real images `(critic_steps * batch, height, width, channels)`, uint8
                or floats in [-1, 1], alone or first in a tuple; or vectors.
        """
        real = data[0] if isinstance(data, tuple | list) else data
        logs = self.play_round(real)
        values = backend.mean_over_replicas(ops.stack([*map(logs.get, self._means)]))
        for place, mean in enumerate(self._means.values()):
            mean.update_state(values[place])
        bad = ops.logical_not(ops.isfinite(values))
        new = ops.logical_and(bad, self._first_bad < 0)
        first = ops.where(new, self.rounds.value, self._first_bad.value)
        self._first_bad.assign(first)
        return {name: mean.result() for name, mean in self._means.items()}

    def play_round(self, real) -> dict:
        """Update both networks and the moving average; the logs, by name."""
        if keras.backend.standardize_dtype(real.dtype) == "uint8":
            real = ops.cast(real, "float32") / 127.5 - 1.0
        self.rounds.assign_add(1)
        logs = self.step.play(self, ops.split(real, self.step.critic_steps))
        if self.ema_generator:
            self._average()
        return logs

    # What a step object is made of.

    def generate(self, count):
        """`count` fakes from new latents, and the pullback to the generator.

        Returns:
            `fake, pull`: images in [-1, 1], and a function from the gradient with
            respect to them to the gradients of the generator's weights.
        """
        latents = backend.share(
            lambda count: self.networks.draw_latents(count, self.seed_generator), count
        )
        (fake,), _, pull = backend.pullback(
            lambda: ((_float32(self._generate(latents)),), None),
            self.generator.trainable_variables,
        )
        return fake, pull

    def judge(self, images):
        """The discriminator's float32 logits `(batch, 1)` in training."""
        return _float32(self._judge(images))

    def discriminator_loss(self, real, fake, fake_logits):
        """The loss of the discriminator, and its logs."""
        real_logits = self.judge(real)
        real_term, fake_term = self.objective.discriminator(
            real_logits, fake_logits, self.seed_generator
        )
        loss = real_term + fake_term
        logs = {
            "loss/discriminator_real": real_term,
            "loss/discriminator_fake": fake_term,
            "logits/real": ops.mean(real_logits),
            "logits/fake": ops.mean(fake_logits),
            "accuracy/real": ops.mean(_float32(real_logits > 0)),
            "accuracy/fake": ops.mean(_float32(fake_logits < 0)),
        }
        if penalty := self.objective.penalty:
            value = penalty.value(
                self.judge, real, ops.stop_gradient(fake), self.seed_generator
            )
            loss = loss + value
            logs[f"penalty/{penalty.name}"] = value
        return loss, logs | {"loss/discriminator": loss}

    def update_discriminator(self, real, fake) -> dict:
        """One update of the discriminator; its logs."""
        fake = ops.stop_gradient(fake)

        def scaled_loss():
            loss, logs = self.discriminator_loss(real, fake, self.judge(fake))
            return self.discriminator_optimizer.scale_loss(loss), logs

        _, logs, gradients = backend.value_and_gradients(
            scaled_loss, self.discriminator.trainable_variables
        )
        self.apply_to_discriminator(gradients)
        return logs

    def generator_loss(self, fake):
        """The loss of the generator, and its gradient with respect to the fakes.

        The gradient is scaled as the generator's optimiser asks for.
        """

        def scaled_loss(fake):
            loss = self.objective.generator(self.judge(fake))
            return self.generator_optimizer.scale_loss(loss), loss

        _, loss, (slope,) = backend.value_and_gradients(scaled_loss, [fake])
        return loss, slope

    def apply_to_generator(self, gradients) -> None:
        """One step of the generator's optimiser."""
        gradients = backend.mean_over_replicas(gradients)
        self.generator_optimizer.apply(gradients, self.generator.trainable_variables)

    def apply_to_discriminator(self, gradients) -> None:
        """One step of the discriminator's optimiser, then the loss's constraint."""
        weights = self.discriminator.trainable_variables
        gradients = backend.mean_over_replicas(gradients)
        self.discriminator_optimizer.apply(gradients, weights)
        if constraint := self.objective.constraint:
            for weight in weights:
                weight.assign(constraint(weight))

    # What a run asks of it.

    def sample(
        self,
        count: int = 16,
        *,
        latents=None,
        seed: int = 0,
        averaged: bool = True,
    ) -> np.ndarray:
        """Pictures or vectors, by the moving average of the generator if there is one.

        Args:
            count: how many, where no latents are given.
            latents: float array `(count, latent_dim)`.
            seed: of the latents.
            averaged: false for the generator as the last round left it.

        Returns:
            uint8 array `(count, height, width, channels)`; of vectors float32 `(count,
            dimensions)`, as the generator made them.
        """
        if latents is None:
            latents = self.networks.draw_latents(count, seed)
        latents = ops.convert_to_numpy(latents)
        size = self._sample_batch()
        batches = range(0, len(latents), size)
        draw = self._draw if averaged else self._draw_last
        drawn = [_seen(draw(latents[i : i + size])) for i in batches]
        return np.concatenate(drawn)

    def read_logs(self) -> dict[str, float]:
        """The means since the last call, which starts new ones."""
        logs = {name: float(mean.result()) for name, mean in self._means.items()}
        for mean in self._means.values():
            mean.reset_state()
        return logs

    @property
    def log_names(self) -> list[str]:
        """The logs of a round."""
        return list(self._means)

    def first_non_finite(self) -> tuple[int, str] | None:
        """The round in which something logged was not finite first, and its name."""
        rounds = ops.convert_to_numpy(self._first_bad).tolist()
        found = zip(rounds, self._means, strict=True)
        return min(((round, name) for round, name in found if round >= 0), default=None)

    def skipped_updates(self) -> dict[str, int]:
        """Updates that gradients beyond float16 have cost so far, by network.

        Empty in other precisions.
        """
        missing = self._missing_updates()
        return {k: count - self._excused.get(k, 0) for k, count in missing.items()}

    def count_skipped_from(self, known: dict[str, int]) -> None:
        """Count on from here, where rounds and optimisers do not say it.

        A rollback takes optimisers back and not the rounds, and a resume may change
        the critic steps.

        Args:
            known: updates skipped so far, by network.
        """
        missing = self._missing_updates()
        self._excused = {k: count - known[k] for k, count in missing.items()}

    def _missing_updates(self) -> dict[str, int]:
        """Count the updates that the optimisers have skipped."""
        rounds = int(ops.convert_to_numpy(self.rounds))
        optimizers = {
            "generator": (self.generator_optimizer, 1),
            "discriminator": (self.discriminator_optimizer, self.step.critic_steps),
        }
        return {
            k: rounds * steps - int(ops.convert_to_numpy(optimizer.iterations))
            for k, (optimizer, steps) in optimizers.items()
            if isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        }

    def state(self) -> dict[str, keras.Variable]:
        """Every variable that the next round depends on, by role and place.

        Not by its path, which counts the layers that a process has made.
        """
        roles = {
            "generator": self.generator.variables,
            "discriminator": self.discriminator.variables,
            "generator_ema": self.ema_generator.variables if self.ema_generator else [],
            "generator_optimizer": _slots(self.generator_optimizer),
            "discriminator_optimizer": _slots(self.discriminator_optimizer),
            "run": [self.rounds, self.seed_generator.state, self._first_bad],
            "means": [v for mean in self._means.values() for v in mean.variables],
        }
        return {
            f"{role}/{place:03d}": variable
            for role, variables in roles.items()
            for place, variable in enumerate(variables)
        }

    def dropout_states(self) -> list[keras.Variable]:
        """The random generators inside the networks."""
        found = [*self.generator.variables, *self.discriminator.variables]
        return [v for v in found if v.name == SEED_STATE]

    def reseed(self, *entropy: int) -> None:
        """Give every random generator a new state, of these numbers alone."""
        states = [v for v in self.state().values() if v.name == SEED_STATE]
        for place, state in enumerate(states):
            new = np.random.SeedSequence([*entropy, place]).generate_state(2)
            state.assign(new.astype(state.dtype))

    def _sample_batch(self) -> int:
        """The number drawn at a time, so that large images fit into memory."""
        pixels = int(np.prod(self.generator.output_shape[1:3]))
        return max(1, SAMPLE_BATCH * min(64 * 64, pixels) // pixels)

    def _average(self) -> None:
        played = ops.cast(self.rounds, "float32")
        decay = ops.minimum(self.ema, (1.0 + played) / (10.0 + played))
        for mean, weight in zip(
            self.ema_generator.weights, self.generator.weights, strict=True
        ):
            mean.assign(mean + (1.0 - decay) * (weight - mean))

    def _integers(self, name: str, shape: tuple, value: int):
        return self.add_weight(
            name=name,
            shape=shape,
            dtype="int32",
            trainable=False,
            initializer=keras.initializers.Constant(value),
        )


class _Mean(keras.metrics.Mean):
    """A mean that every device keeps alike: what it is given is the same on all."""

    def add_variable(self, shape, initializer, dtype=None, aggregation=None, name=None):
        """Keras' hook, which would make it the sum of what devices keep."""
        return keras.Variable(initializer, shape, dtype, trainable=False, name=name)


def _seen(samples) -> np.ndarray:
    """Samples as a run keeps them: images as uint8, vectors as they are."""
    samples = ops.convert_to_numpy(samples)
    if samples.ndim == 2:
        return samples
    samples = np.nan_to_num(samples, nan=-1.0)  # a broken generator draws black
    return np.clip(np.rint((samples + 1.0) * 127.5), 0, 255).astype(np.uint8)


def _log_names(loss: Loss) -> list[str]:
    """The names that a round logs, in the order of the columns of `metrics.csv`."""
    penalty = [f"penalty/{loss.penalty.name}"] if loss.penalty else []
    return [
        "loss/discriminator",
        "loss/discriminator_real",
        "loss/discriminator_fake",
        *penalty,
        "loss/generator",
        "logits/real",
        "logits/fake",
        "accuracy/real",
        "accuracy/fake",
    ]


def _slots(optimizer) -> list:
    """An optimiser's state; its learning rate is configuration."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    rates = [optimizer._learning_rate, inner._learning_rate]
    return [v for v in optimizer.variables if not any(v is rate for rate in rates)]


def _copy(model):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.trainable = False
    return copy


def _float32(tensor):
    return ops.cast(tensor, "float32")
