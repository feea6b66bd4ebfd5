"""Inception-v3 with the weights that FID is defined by."""

import hashlib
from pathlib import Path

import numpy as np

from gan_lab.errors import UsageError
from gan_lab.features.extractor import Extractor, rgb
from gan_lab.features.inception_network import CLASSES, SIZE, build
from gan_lab.features.torch_file import read_state
from gan_lab.features.transfer import fill

FILE = "pt_inception-2015-12-05-6726825d.pth"
URL = f"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{FILE}"
CHECKSUM = "6726825d"  # how the SHA-256 begins, as the file's name says


def inception(weights: Path) -> Extractor:
    """The 2,048 features of FID, and the probabilities of the Inception Score.

    Images become 299x299 as in pytorch-fid. The probabilities are the softmax over
    all 1,008 outputs of the last layer without its bias, as Salimans et al. took it.

    Args:
        weights: the file `FILE`. It is fetched by nobody here: a caller who was asked
            to does so, from `URL`, and has it `checked`.

    Raises:
        UsageError: it is not there, or is another file.

    Reference: Szegedy et al., 2015, arXiv:1512.00567; Heusel et al., 2017,
    arXiv:1706.08500; weights as ported by M. Seitzer's pytorch-fid.
    """
    digest = checked(weights)
    network = build()
    fill(network, read_state(weights), str(weights))

    def apply(images):
        return tuple(network.predict_on_batch(prepared(images)))

    return Extractor(
        "inception",
        digest,
        f"bilinear {SIZE}x{SIZE}, half-pixel centres, not antialiased, to -1..1",
        apply,
        {"dimensions": 2048, "classes": CLASSES, "trained_on": "ImageNet"},
    )


def checked(path: Path) -> str:
    """The SHA-256 of a file of weights, if it is the expected one.

    Raises:
        UsageError: it is not there, or is another file.
    """
    expected = f"the file {FILE}, whose SHA-256 begins with {CHECKSUM}, from {URL}"
    try:
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(
            f"`inception` needs {expected}. {path} cannot be read ({error.strerror})."
        ) from None
    if not digest.startswith(CHECKSUM):
        raise UsageError(
            f"`inception` needs {expected}. Received: {path} with {digest}."
        )
    return digest


def prepared(images: np.ndarray) -> np.ndarray:
    """Images as the network wants them: float32 `(count, 299, 299, 3)` in [-1, 1]."""
    from keras import ops

    resized = ops.image.resize(
        rgb(images).astype(np.float32) / 255,
        (SIZE, SIZE),
        interpolation="bilinear",
        antialias=False,
        data_format="channels_last",
    )
    return 2 * ops.convert_to_numpy(resized) - 1
