"""A preview of what the discriminator would see under an augmentation."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from gan_lab import pictures
from gan_lab.config.check import check
from gan_lab.config.compose import load_config
from gan_lab.data import dataset
from gan_lab.errors import UsageError
from gan_lab.registry import build
from gan_lab.system import files
from gan_lab.system.console import Console
from gan_lab.system.parameters import require_file, require_least


def preview_data(
    overrides: Iterable[str] = (),
    *,
    count: int = 8,
    draws: int = 7,
    out: Path | str | None = None,
    console: Console | None = None,
) -> np.ndarray:
    """Draw real images as the discriminator would see them.

    The data is prepared, unless it is there already. `augment=ada` begins without any
    change: `augment=fixed augment.p=0.5` shows what it comes to.

    Args:
        overrides: as for training, such as `data=folder`, `augment=diffaugment`.
        count: images, evenly picked.
        draws: how often each is augmented.
        out: a `.png`; nothing is written where None.
        console: where it is said what is under way.

    Returns:
        uint8 `(height, width, channels)`: a row of the images, and one of each draw.

    Raises:
        UsageError: there is no data or no augmentation, or an override is wrong.

    Example:

        gan_lab.preview_data(["augment=fixed", "augment.p=0.5"], out="preview.png")
    """
    require_least(1, count=count, draws=draws)
    out = None if out is None else Path(out)
    if out:
        require_file(out, ".png")
    config, console = check(load_config(*overrides)), console or Console()
    if config.augment.name == "none":
        raise UsageError("`augment=none` changes no image: choose another one.")
    samples = dataset.load(config.data, dataset.find(config.data), console)
    picked = np.linspace(0, samples.count - 1, count).astype(int)
    images = np.stack([samples.images[place] for place in picked])
    sheet = augmented(images, build("augment", config.augment, images.shape[1:]), draws)
    if out:
        files.produce(out, lambda beside: pictures.write_png(beside, sheet))
    return sheet


def augmented(images: np.ndarray, augment: Any, draws: int) -> np.ndarray:
    """A row of images, and one of each draw of an augmentation.

    Args:
        images: uint8 `(count, height, width, channels)`.
        augment: an `Augment`.
        draws: how many.
    """
    from keras import ops, random

    seed, rows = random.SeedGenerator(0), [images]
    levels = images.astype("float32") / 127.5 - 1.0
    for _ in range(draws):
        seen = ops.convert_to_numpy(augment.apply(levels, seed))
        rows.append(np.rint((seen.clip(-1, 1) + 1) * 127.5).astype(np.uint8))
    return pictures.grid(np.concatenate(rows), len(images))
