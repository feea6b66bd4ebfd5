"""A round of one update of each network."""

from keras import ops

from gan_lab import backend
from gan_lab.flops import Work


class Simultaneous:
    """Both updates from one pair of forward passes; the generator's is applied first.

    Neither network has seen the other's update when its gradient is taken.
    """

    critic_steps = 1

    def play(self, gan, real: list) -> dict:
        """Update `gan` on one batch; the logs of the round."""
        (batch,) = real
        fake, pull = gan.generate(ops.shape(batch)[0])

        def judge(fake):
            fake_logits, real_logits = gan.judge(fake), gan.judge(batch)
            loss, logs = gan.discriminator_loss(batch, fake, fake_logits, real_logits)
            compared = [real_logits] if gan.objective.compares else []
            generator_loss = gan.objective.generator(fake_logits, *compared)
            return (loss, generator_loss), (logs, real_logits)

        weights = gan.discriminator.trainable_variables
        (loss, generator_loss), (logs, real_logits), pull_both = backend.pullback(
            judge, [*weights, fake]
        )
        one = ops.ones_like(loss)
        *_, slope = pull_both(None, gan.generator_optimizer.scale_loss(one))
        *gradients, _ = pull_both(gan.discriminator_optimizer.scale_loss(one), None)
        gan.apply_to_generator(pull(slope))
        gan.apply_to_discriminator(gradients)
        gan.augment.adapt(real_logits)
        return logs | {"loss/generator": generator_loss}

    def operations(
        self, generator: Work, discriminator: Work, penalty: int, compares: bool = False
    ) -> int:
        """Floating-point operations of a round, for each image of a batch."""
        update = 2 * discriminator.trained + penalty
        return generator.trained + update + discriminator.forward
