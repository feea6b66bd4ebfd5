"""A round of several updates of the discriminator and one of the generator."""

from keras import ops

from gan_lab.flops import Work


class Alternating:
    """`critic_steps` discriminator updates, then one generator update.

    Each discriminator update sees its own real images and its own latents. The
    generator's update draws new ones, or, with `shared`, is made on the fakes of the
    last discriminator update, judged by the discriminator as it is after it: that
    saves a pass through the generator. A loss that compares has real images beside
    these fakes: new ones, or, with `shared`, those of that update.
    """

    def __init__(self, critic_steps: int = 1, shared: bool = False):
        self.critic_steps = critic_steps
        self.shared = shared

    def batches(self, loss) -> int:
        """Batches of real images of a round."""
        return self.critic_steps + (loss.compares and not self.shared)

    def play(self, gan, real: list) -> dict:
        """Update `gan` on the batches of a round; its logs."""
        for batch in real[: self.critic_steps]:
            fake, pull = gan.generate(ops.shape(batch)[0])
            logs = gan.update_discriminator(batch, fake)
        if not self.shared:
            fake, pull = gan.generate(ops.shape(batch)[0])
        loss, slope = gan.generator_loss(fake, real[-1])
        gan.apply_to_generator(pull(slope))
        return logs | {"loss/generator": loss}

    def operations(
        self, generator: Work, discriminator: Work, penalty: int, compares: bool = False
    ) -> int:
        """Floating-point operations of a round, for each image of a batch."""
        drawn = self.critic_steps + (not self.shared)
        updates = self.critic_steps * (2 * discriminator.trained + penalty)
        # A pass, and back to the images; of real ones, a pass.
        slope = (2 + compares) * discriminator.forward
        return drawn * generator.forward + updates + slope + generator.backward
