"""The lab's own extractor: a small network trained once on the data set at hand."""

import hashlib
import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np

from gan_lab.errors import UsageError
from gan_lab.features import lab_networks, lab_training
from gan_lab.features.extractor import Extractor, rgb, sha256
from gan_lab.features.lab_training import IMAGES, Part
from gan_lab.system import files
from gan_lab.system.console import Console
from gan_lab.system.locks import alone

FORMAT = 1  # of what is kept; changed with how it is trained, too
LEAST = 8  # pixels of a side


def lab(
    images,
    labels: np.ndarray | None,
    classes: int,
    *,
    key: str,
    folder: Path,
    holdout=None,
    holdout_labels: np.ndarray | None = None,
    console: Console | None = None,
) -> Extractor:
    """128 features by a network that learned these images, and no others.

    Where there are labels it is a classifier; otherwise it is half of an autoencoder,
    which gives no probabilities. It is trained once, on at most 20,000 images in at
    most 1,000 steps of 64, and kept. Training draws on no random state but its own, and
    leaves that of Keras, NumPy and Python as it is.

    Args:
        images: uint8 `(count, height, width, channels)`, to be read by arrays of
            places: at least 2, of at least 8x8 pixels and 1 or 3 channels.
        labels: integers `(count,)` in [0, classes), or None.
        classes: how many there are; of fewer than 2 none can be told apart.
        key: of the pixels of `images` and `holdout`: other pixels, another key.
        folder: in which it gets a folder of its own.
        holdout: other such images, by which it is judged. Where they, or labels that
            are needed, are not given, a tenth of `images` is not learned from.
        holdout_labels: their labels.
        console: where progress is shown.

    Raises:
        UsageError: of these bounds.
    """
    shape = _checked(images, labels, classes)
    console = console or Console()
    if labels is None or classes < 2:
        labels, classes = None, 0
    learned, held = _parts(images, labels, holdout, holdout_labels)
    digest = _digest(key, classes, learned, held)
    place = Path(folder, f"lab-{digest[:16]}")
    kept, _ = _open(place, digest)
    if not kept:
        said = "Another process trains the same network: waiting for it."
        with alone(place, lambda: console.say(said)):
            kept = _make(place, digest, classes, learned, held, console)
    network, facts = kept
    pixels = lab_networks.pooling(shape)
    resize = f"means of {pixels}x{pixels} pixels" if pixels > 1 else "none"
    apply = partial(_apply, network)
    return Extractor("lab", facts["weights"], resize, apply, facts)


def _checked(images, labels, classes) -> tuple[int, int, int]:
    shape = tuple(images.shape[1:])
    if len(shape) != 3 or min(shape[:2]) < LEAST or shape[2] not in (1, 3):
        raise UsageError(
            f"`lab` needs images of at least {LEAST}x{LEAST} pixels and 1 or 3 "
            f"channels. Received: {shape}."
        )
    if len(images) < 2:
        raise UsageError(f"`lab` needs at least 2 images. Received: {len(images)}.")
    if labels is not None and not 0 <= np.min(labels) <= np.max(labels) < classes:
        raise UsageError(
            f"`labels` must be in 0..{classes - 1}. "
            f"Received: {np.min(labels)}..{np.max(labels)}."
        )
    return shape


def _parts(images, labels, holdout, holdout_labels) -> tuple[Part, Part]:
    """Images to learn from, and images to judge by."""
    order = lab_training.generator(0).permutation(len(images))
    if holdout is None or (labels is not None and holdout_labels is None):
        held, order = np.split(order, [-(-len(images) // 10)])
        judged = Part(images, labels, held[:IMAGES])
    else:
        others = lab_training.generator(0).permutation(len(holdout))
        judged = Part(holdout, holdout_labels, others[:IMAGES])
    return Part(images, labels, order[:IMAGES]), judged


def _digest(key: str, classes: int, *parts: Part) -> str:
    """A hash of all that a network comes from."""
    state = [FORMAT, key, classes]
    for images, labels, places in parts:
        state.append(images.shape)
        if classes:
            state.append(sha256([np.asarray(labels)[places]]))
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()


def _make(place, digest, classes, learned, held, console):
    """Train a network and keep it, unless another process just has."""
    kept, reason = _open(place, digest)
    if kept:
        return kept
    if reason:
        console.say(f"{place} is {reason}: it is made anew.")
        shutil.rmtree(place)
    label = f"Training the lab's own network on {len(learned.places):,} images"
    with console.progress(label, lab_training.step_count(learned)) as advance:
        network, facts = lab_training.train(learned, held, classes, advance)
    facts = {
        "format": FORMAT,
        "digest": digest,
        "weights": sha256(network.get_weights()),
        **facts,
    }
    place.mkdir(parents=True, exist_ok=True)
    files.produce(place / "network.keras", network.save)
    files.write_json(place / "facts.json", facts)
    return network, facts


def _open(place: Path, digest: str) -> tuple[tuple | None, str]:
    """The network of a folder and its facts; or None, and why if it is there.

    The facts are written last: without them nothing is there.
    """
    import keras

    if not (place / "facts.json").is_file():
        return None, ""
    try:
        facts = json.loads((place / "facts.json").read_text(encoding="utf-8"))
        if (facts["format"], facts["digest"]) != (FORMAT, digest):
            return None, "of another version"
        network = keras.saving.load_model(
            place / "network.keras", compile=False, safe_mode=True
        )
        if sha256(network.get_weights()) != facts["weights"]:
            return None, "damaged (other weights)"
    except Exception as error:  # Keras raises many kinds of them for a damaged file
        return None, f"damaged ({type(error).__name__})"
    return (network, facts), ""


def _apply(network, images):
    images = rgb(images) if network.input_shape[-1] == 3 else images
    answer = network.predict_on_batch(images.astype(np.float32))
    return tuple(answer) if isinstance(answer, list) else (answer, None)
