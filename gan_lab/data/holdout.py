"""The images that training never sees, for scores."""

import numpy as np

from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError


def split(samples: Samples, share: float) -> tuple[Samples, Samples]:
    """The images to train on, and those held out.

    Those with the lowest hashes of their content are held out: so the order plays no
    part, and exact duplicates are on one side.

    Args:
        samples: all of them.
        share: of images that are held out, in (0, 1).

    Raises:
        UsageError: nothing would be left to train on.
    """
    hashes = samples.image_hashes()
    last = max(1, round(share * samples.count)) - 1
    held = hashes <= np.sort(hashes)[last]
    if held.all():
        raise UsageError(
            f"`data.holdout` leaves no image to train on. Received: {share}, of "
            f"{samples.count} images."
        )
    return samples.select(np.flatnonzero(~held)), samples.select(np.flatnonzero(held))
