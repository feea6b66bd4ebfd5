"""The moving average of a generator."""

import keras
from keras import ops


def average_of(generator):
    """A copy of a Keras model, which is not trained itself."""
    average = keras.models.clone_model(generator)
    average.set_weights(generator.get_weights())
    average.trainable = False
    return average


def follow(average, generator, rounds, decay: float) -> None:
    """Move it towards the generator, as it is after some rounds.

    The decay of round t is min(decay, (1 + t) / (10 + t)), which forgets the start.
    """
    played = ops.cast(rounds, "float32")
    decay = ops.minimum(decay, (1.0 + played) / (10.0 + played))
    for mean, weight in zip(average.weights, generator.weights, strict=True):
        mean.assign(mean + (1.0 - decay) * (weight - mean))
