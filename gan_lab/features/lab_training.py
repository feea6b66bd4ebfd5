"""Training of the lab extractor's networks, in a bounded number of steps."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, cast

import numpy as np

from gan_lab.features import lab_networks
from gan_lab.features.extractor import BATCH

SEED = 20151205
IMAGES = 20_000  # that are learned from, or judged by, at most
STEPS, EPOCHS = 1000, 60  # at most
LEARNING_RATE = 2e-3  # at first; it falls to 0 as a cosine does


class Part(NamedTuple):
    """Some images of an array.

    Attributes:
        images: uint8 `(all, height, width, channels)`, read by arrays of places.
        labels: integers `(all,)`, or None.
        places: which of them it is.
    """

    images: np.ndarray
    labels: np.ndarray | None
    places: np.ndarray

    def read(self, places: np.ndarray) -> np.ndarray:
        """Images as the networks take them."""
        return np.asarray(self.images[places], np.float32)


def generator(*numbers: int) -> np.random.Generator:
    """Random numbers of our own, which are the same each time."""
    return np.random.Generator(np.random.Philox([SEED, *numbers]))


def train(learned: Part, held: Part, classes: int, advance: Callable[[int], None]):
    """A trained network, and what is known of it.

    Args:
        learned: what it learns from.
        held: what it is judged by.
        classes: how many there are, or 0 for an autoencoder.
        advance: called with how many of `step_count` steps are done since.

    Returns:
        A `keras.Model` from images in 0..255 to features and, of a classifier,
        probabilities; facts.
    """
    shape = tuple(learned.images.shape[1:])
    if classes:
        network, whole = lab_networks.classifier(shape, classes, SEED)
    else:
        network, whole = lab_networks.autoencoder(shape, SEED)
    steps = step_count(learned)
    _compile(whole, "sparse_categorical_crossentropy" if classes else "mse", steps)
    labels = cast(np.ndarray, learned.labels)  # of a classifier
    nothing = np.zeros((BATCH, *whole.output_shape[1:]), np.float32)
    for places in _batches(learned.places, steps):
        wanted = labels[places] if classes else nothing
        whole.train_on_batch(learned.read(places), wanted)
        advance(1)
    return network, {
        **(_accuracy(whole, held, classes) if classes else _error(whole, held)),
        "images": len(learned.places),
        "held_out": len(held.places),
        "steps": steps,
        "epochs": round(steps * BATCH / len(learned.places), 2),
        "seed": SEED,
        "dimensions": lab_networks.FEATURES,
    }


def step_count(learned: Part) -> int:
    """The number of steps to learn from these images."""
    return min(STEPS, EPOCHS * -(-len(learned.places) // BATCH))


def _compile(network, loss, steps):
    from keras import optimizers

    rate = optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    # Compiled by XLA it would be another network on a GPU than on a CPU.
    network.compile(
        optimizers.Adam(rate, name="lab_adam"), loss=loss, jit_compile=False
    )


def _batches(places: np.ndarray, steps: int) -> Iterator[np.ndarray]:
    """Full batches of places, epoch after epoch, each in an order of its own."""
    queue, epoch = places[:0], 0
    for _ in range(steps):
        while len(queue) < BATCH:
            epoch += 1
            queue = np.concatenate([queue, generator(epoch).permutation(places)])
        yield queue[:BATCH]
        queue = queue[BATCH:]


def _accuracy(whole, held: Part, classes: int) -> dict:
    labels = cast(np.ndarray, held.labels)  # of a classifier
    right = [
        answer.argmax(axis=1) == labels[places]
        for places, answer in _answers(whole, held)
    ]
    accuracy = float(np.mean(np.concatenate(right)))
    return {"kind": "classifier", "classes": classes, "accuracy": accuracy}


def _error(whole, held: Part) -> dict:
    """The root of the mean squared error, in levels of 255."""
    squares = [np.square(a).mean(axis=(1, 2, 3)) for _, a in _answers(whole, held)]
    rms = float(np.sqrt(np.mean(np.concatenate(squares)))) * 127.5
    return {"kind": "autoencoder", "rms_error": rms}


def _answers(whole, held: Part):
    for start in range(0, len(held.places), BATCH):
        places = held.places[start : start + BATCH]
        yield places, whole.predict_on_batch(held.read(places))
