"""The GAN: two networks, a loss, and a training step that plays one round."""

import keras
import numpy as np
from keras import ops

from gan_lab import backend
from gan_lab.augment.augment import AS_THEY_ARE, Augment
from gan_lab.errors import UsageError
from gan_lab.gan import logs
from gan_lab.gan.average import average_of, follow
from gan_lab.gan.sampling import drawn
from gan_lab.gan.slope import require_exact
from gan_lab.gan.state import SkippedUpdates, random_states, variables_of
from gan_lab.losses.loss import Loss, Update
from gan_lab.models.networks import Networks
from gan_lab.trainers.steps import Alternating


class GAN(backend.Model):
    """Two networks that train each other.

    Args:
        networks: generator and discriminator; any two Keras models that fit.
        loss: what they minimise.
        step: what a round consists of; `Alternating()` where not given.
        augment: what the discriminator sees of every image, real or generated.
        ema: decay a round of the moving average of the generator, in [0, 1); 0 keeps
            none. It averages batch statistics too, and forgets its start faster:
            the decay of round t is min(ema, (1 + t) / (10 + t)).
        seed: of latents, label noise, penalties and augmentation.

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
        augment: Augment = AS_THEY_ARE,
        ema: float = 0.0,
        seed: int = 0,
    ):
        super().__init__(name="gan")
        self.networks = networks
        self.generator = networks.generator
        self.discriminator = networks.discriminator
        self.objective = loss
        self.step = step or Alternating()
        self.augment = augment
        self.augment_variables = list(augment.variables)
        if augment is not AS_THEY_ARE:  # a stream of its own: the others stay the same
            self.augment_seed = keras.random.SeedGenerator(seed)
            self.augment_variables.append(self.augment_seed.state)
        self.term_variables = [v for term in loss.terms for v in term.variables]
        self.ema = ema
        self.ema_generator = average_of(self.generator) if ema else None
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.rounds = self._integers("rounds", (), 0)
        names = [*logs.names_of(loss), *augment.logs()]
        self.first_bad = self._integers("first_bad", (len(names),), -1)
        self.logs = logs.Logs(names, self.first_bad)
        self.skipped = SkippedUpdates(self)
        self._generate = backend.in_training(self.generator)
        self._judge = backend.in_training(self.discriminator)
        self._draw = backend.compile_model(self.averaged_generator)
        self._draw_last = backend.compile_model(self.generator)
        self.built = True
        if loss.penalty:
            require_exact(loss.penalty.name, self.discriminator)
        if loss.compares:
            _require_no_level(loss, augment)

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
        return list(self.logs.means.values())

    def train_step(self, data) -> dict:
        """Play a round and log it.

        Args:
            data: real images `(batches * batch, height, width, channels)`, uint8 or
                floats in [-1, 1], alone or first in a tuple; or vectors.
        """
        real = data[0] if isinstance(data, tuple | list) else data
        return self.logs.take(self.play_round(real), self.rounds)

    def play_round(self, real) -> dict:
        """Update both networks and the moving average; the logs, by name."""
        if keras.backend.standardize_dtype(real.dtype) == "uint8":
            real = ops.cast(real, "float32") / 127.5 - 1.0
        self.rounds.assign_add(1)
        logs = self.step.play(self, ops.split(real, self.batches))
        if self.ema_generator:
            follow(self.ema_generator, self.generator, self.rounds, self.ema)
        return logs | self.augment.logs()

    @property
    def batches(self) -> int:
        """Batches of real images that a round takes."""
        count = getattr(self.step, "batches", None)
        return count(self.objective) if count else self.step.critic_steps

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
        """The discriminator's float32 logits `(batch, 1)` in training.

        It sees the images augmented, each time anew.
        """
        if self.augment is not AS_THEY_ARE:
            images = self.augment.apply(images, self.augment_seed)
        return _float32(self._judge(images))

    def discriminator_loss(self, real, fake, fake_logits, real_logits=None):
        """The loss of the discriminator, and its logs."""
        objective = self.objective
        if real_logits is None:
            real_logits = self.judge(real)
        terms = objective.discriminator(real_logits, fake_logits, self.seed_generator)
        terms = (terms,) if objective.compares else terms
        found = logs.of_logits(real_logits, fake_logits, objective.compares)
        found |= zip(logs.terms_of(objective), terms, strict=True)
        loss = sum(terms[1:], terms[0])
        if penalty := self.objective.penalty:
            value = penalty.value(
                self.judge, real, ops.stop_gradient(fake), self.seed_generator
            )
            loss = loss + value
            found[f"penalty/{penalty.name}"] = value
        fixed = ops.stop_gradient(fake)
        logits = real_logits, fake_logits
        seen = Update(
            self.judge, real, fixed, *logits, self.rounds.value, self.seed_generator
        )
        for term in objective.terms:
            value = found[f"term/{term.name}"] = term.value(seen)
            loss = loss + value
        return loss, found | {"loss/discriminator": loss}

    def update_discriminator(self, real, fake) -> dict:
        """One update of the discriminator; its logs."""
        fake = ops.stop_gradient(fake)

        def scaled_loss():
            fake_logits, real_logits = self.judge(fake), self.judge(real)
            loss, logs = self.discriminator_loss(real, fake, fake_logits, real_logits)
            scaled = self.discriminator_optimizer.scale_loss(loss)
            return scaled, (logs, real_logits)

        _, (logs, real_logits), gradients = backend.value_and_gradients(
            scaled_loss, self.discriminator.trainable_variables
        )
        self.apply_to_discriminator(gradients)
        self.augment.adapt(real_logits)
        return logs

    def generator_loss(self, fake, real=None):
        """The loss of the generator, and its gradient with respect to the fakes.

        The gradient is scaled as the generator's optimiser asks for.

        Args:
            fake: generated images.
            real: as many real ones, which a loss that compares looks at.
        """
        if self.objective.compares and real is None:
            raise UsageError(
                "A loss that compares needs a step that gives it real images."
            )
        compared = [self.judge(real)] if self.objective.compares else []

        def scaled_loss(fake):
            loss = self.objective.generator(self.judge(fake), *compared)
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
        draw = self._draw if averaged else self._draw_last
        shape = self.generator.output_shape[1:]
        return drawn(draw, ops.convert_to_numpy(latents), shape)

    def read_logs(self) -> dict[str, float]:
        """The means since the last call, which starts new ones."""
        return self.logs.read()

    @property
    def log_names(self) -> list[str]:
        """The logs of a round."""
        return list(self.logs.means)

    def skipped_updates(self) -> dict[str, int]:
        """Updates that gradients beyond float16 have cost so far, by network."""
        return self.skipped.count()

    def state(self) -> dict[str, keras.Variable]:
        """Every variable that the next round depends on, by role and place."""
        return variables_of(self)

    def dropout_states(self) -> list[keras.Variable]:
        """The random generators inside the networks."""
        networks = self.generator, self.discriminator
        return random_states(v for n in networks for v in n.variables)

    def _integers(self, name: str, shape: tuple, value: int):
        return self.add_weight(
            name=name,
            shape=shape,
            dtype="int32",
            trainable=False,
            initializer=keras.initializers.Constant(value),
        )


def _require_no_level(loss: Loss, augment: Augment) -> None:
    """Refuse what goes by a level of logits beside a loss that has none.

    Raises:
        UsageError: the augmentation does, or a term.
    """
    if augment.adapts:
        raise UsageError(
            "This augmentation goes by the sign of the discriminator's logits, and "
            "those of a relativistic loss have no level. Take augment=diffaugment or "
            "augment=fixed."
        )
    for term in loss.terms:
        if term.by_level:
            raise UsageError(
                f"`loss/terms=[{term.name}]` goes by the level of the discriminator's "
                "logits, and those of a relativistic loss have none."
            )


def _float32(tensor):
    return ops.cast(tensor, "float32")
