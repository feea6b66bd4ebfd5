"""digits_28 against a hand-written tf.function loop with the same updates.

    python experiments/speed/against_a_bare_loop.py

The loop is the tutorial's two tapes in one compiled chunk of the same length: images
are gathered inside the graph from a tensor in memory, so there is no Python and no
copy between rounds, nothing is logged but the two losses, and nothing guarded. Both
have the same optimiser and the same batch normalisation.
"""

import argparse

import keras
import tensorflow as tf
from measure import interleave, median_ms, ratio
from ours import images, rounds, trained

from gan_lab.backend import Adam, in_training
from gan_lab.models.digits_28 import digits_28
from gan_lab.trainers.steps import Simultaneous


def bare_loop(batch: int):
    """A function that plays so many rounds, written for nothing but speed."""
    keras.utils.set_random_seed(0)
    networks = digits_28((28, 28, 1))
    generator, discriminator = networks.generator, networks.discriminator
    generator_optimizer = Adam(1e-4)
    discriminator_optimizer = Adam(1e-4)
    generator_weights = generator.trainable_variables
    discriminator_weights = discriminator.trainable_variables
    generate, judge = in_training(generator), in_training(discriminator)
    generator_optimizer.build(generator_weights)
    discriminator_optimizer.build(discriminator_weights)
    pictures = tf.constant(images())

    def cross_entropy(target, logits):
        targets = tf.fill(tf.shape(logits), target)
        losses = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits)
        return tf.reduce_mean(losses)

    def play_one():
        places = tf.random.uniform((batch,), 0, len(pictures), tf.int32)
        real = tf.cast(tf.gather(pictures, places), tf.float32) / 127.5 - 1.0
        latents = tf.random.normal((batch, 100))
        with tf.GradientTape(watch_accessed_variables=False) as generator_tape:
            generator_tape.watch([w.value for w in generator_weights])
            with tf.GradientTape(watch_accessed_variables=False) as discriminator_tape:
                discriminator_tape.watch([w.value for w in discriminator_weights])
                fake = generate(latents)
                real_logits = judge(real)
                fake_logits = judge(fake)
                discriminator_loss = cross_entropy(1.0, real_logits) + cross_entropy(
                    0.0, fake_logits
                )
                generator_loss = cross_entropy(1.0, fake_logits)
        slopes = generator_tape.gradient(
            generator_loss, [w.value for w in generator_weights]
        )
        generator_optimizer.apply(slopes, generator_weights)
        slopes = discriminator_tape.gradient(
            discriminator_loss, [w.value for w in discriminator_weights]
        )
        discriminator_optimizer.apply(slopes, discriminator_weights)
        return generator_loss, discriminator_loss

    step = tf.function(play_one, autograph=False)

    @tf.function(autograph=False)
    def chunk(count):
        def body(index, *losses):
            return index + 1, *step()

        start = (tf.constant(0), tf.constant(0.0), tf.constant(0.0))
        return tf.while_loop(lambda index, *_: index < count, body, start)

    return lambda count: chunk(tf.constant(count))[1].numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--turns", type=int, default=10)
    asked = parser.parse_args()
    ours, bare = rounds(trained(Simultaneous()), asked.batch), bare_loop(asked.batch)
    seconds = interleave(
        {"gan_lab": lambda: ours(asked.rounds), "bare": lambda: bare(asked.rounds)},
        asked.turns,
    )
    for name, turns in seconds.items():
        print(f"{name}: {median_ms(turns, asked.rounds)} a round, batch {asked.batch}")
    rate = ratio(seconds["bare"], seconds["gan_lab"])
    print(f"rounds a second of gan_lab / of the bare loop: {rate}")


if __name__ == "__main__":
    main()
