"""Samples of a run beside the training pictures that are nearest to them."""

from pathlib import Path

import numpy as np

from gan_lab import pictures
from gan_lab.data import dataset
from gan_lab.data.samples import Samples
from gan_lab.evaluation import nearest
from gan_lab.review.refusals import require_images, require_seed
from gan_lab.system import files
from gan_lab.system.console import Console
from gan_lab.system.parameters import require_file, require_least


def neighbours(
    run: Path | str,
    *,
    count: int = 8,
    near: int = 5,
    seed: int = 0,
    out: Path | str | None = None,
    imports: bool = True,
    console: Console | None = None,
) -> np.ndarray:
    """A sheet: each row a sample, and the training pictures nearest to it.

    Args:
        run: its folder.
        count: samples, at least 1.
        near: neighbours of each, at least 1; by the root of the mean squared
            difference of pixels, the nearest first.
        seed: of the samples.
        out: a `.png` that it is written to; nothing is written where None.
        imports: whether to import the modules that the run names.
        console: where it is said what is under way.

    Returns:
        uint8 `(height, width, channels)`.

    Raises:
        UsageError: it is not a run of images, its data is not there, or a number has
            no meaning.

    Example:

        sheet = gan_lab.neighbours("runs/mine/20261122-101500", count=4)
        PIL.Image.fromarray(sheet.squeeze())
    """
    require_seed(seed)
    require_least(1, count=count, near=near)
    out = None if out is None else Path(out)
    if out:
        require_file(out, ".png")
    from gan_lab.training.load import load_run

    console = console or Console()
    loaded = load_run(run, imports=imports, console=console)
    require_images(loaded.gan, run, "neighbours")
    data = loaded.config.data
    training = dataset.load(data, dataset.find(data), console)
    images = loaded.gan.sample(count, seed=seed)
    sheet, apart = beside_training(images, training, near)
    if out:
        files.produce(out, lambda beside: pictures.write_png(beside, sheet))
        console.say(
            f"{count} samples of round {loaded.round}, each beside the training "
            f"pictures nearest to it ({apart:.1f} levels of 255 on average): {out}"
        )
    return sheet


def beside_training(
    images: np.ndarray, training: Samples, near: int
) -> tuple[np.ndarray, float]:
    """A row an image: the image, then the training pictures nearest to it.

    Args:
        images: uint8 `(count, height, width, channels)`.
        training: where neighbours are looked for.
        near: how many of each, at least 1.

    Returns:
        `sheet, apart`: uint8 `(height, width, channels)`; and the mean distance to the
        first of them, in levels of 0 to 255.
    """
    places, distances = nearest.nearest(images, training, near)
    rows = nearest.sheet(images, training, places)
    sheet = pictures.grid(rows, columns=1 + places.shape[1])
    return sheet, float(distances[:, 0].mean())
