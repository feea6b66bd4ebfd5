"""The sheets of a report: what the networks of its run draw."""

from typing import TYPE_CHECKING

import numpy as np

from gan_lab import pictures
from gan_lab.artifacts import RunFolder
from gan_lab.data import dataset
from gan_lab.errors import DamagedError, GanLabError
from gan_lab.review.interpolation import Join, walk
from gan_lab.review.neighbours import beside_training
from gan_lab.review.report.page import Sheets
from gan_lab.system.console import Console

if TYPE_CHECKING:
    from gan_lab.training.run import Run

COMPARED = 36
POINTS, STEPS = 6, 10
QUERIES, NEAR = 6, 7


def sheets(folder: RunFolder, imports: bool, console: Console) -> list[Sheets]:
    """Sheets that the networks of a run draw, or the reason why they cannot.

    Args:
        folder: of the run.
        imports: whether to import the modules that it names.
        console: where it is said what is under way.
    """
    from gan_lab.training.load import load_run

    try:
        run = load_run(folder.path, imports=imports, console=console)
    except GanLabError as error:
        return [Sheets("By the networks", f"There are none. {error}")]
    if len(run.gan.generator.output_shape) == 2:  # points are looked at all together
        return [compared(run, folder, console)]
    return [compared(run, folder, console), interpolated(run), neighbours(run, console)]


def compared(run: "Run", folder: RunFolder, console: Console) -> Sheets:
    """The fixed latents, drawn by the generators that a run has."""
    from gan_lab.training.load import load_run

    latents = _latents(run, folder)[:COMPARED] * run.config.trainer.sample_scale
    images = {
        f"Last: the generator as trained, round {run.round:,}": run.gan.sample(
            latents=latents, averaged=False
        )
    }
    if run.gan.ema_generator:
        label = f"Average: its moving average, round {run.round:,}"
        images[label] = run.gan.sample(latents=latents)
    text = "The same latents, drawn by each generator."
    if run.best_round is None:
        text += " No score says which checkpoint is best."
    else:
        try:
            best = load_run(folder.path, "best", imports=False, console=console)
        except GanLabError as error:
            text += f" {error}"
        else:
            label = f"Best: by {run.metric}, round {best.round:,}"
            images[label] = best.gan.sample(latents=latents)
    drawn = {label: run.draw(found) for label, found in images.items()}
    return Sheets("Last, average and best", text, drawn)


def _latents(run: "Run", folder: RunFolder) -> np.ndarray:
    """Those of the grids, drawn again where their file is damaged."""
    try:
        return folder.latents()
    except DamagedError as error:
        folder.warn(f"{error} They are drawn again.")
        drawn: np.ndarray = run.gan.networks.fixed_latents(run.config.trainer.samples)
        return drawn


def interpolated(run: "Run") -> Sheets:
    """A walk through the latents of a run, a row a point."""
    from keras import ops

    points = ops.convert_to_numpy(run.gan.networks.draw_latents(POINTS, 0))
    latents = walk(points, STEPS, Join.spherical, closed=False)
    sheet = pictures.grid(run.gan.sample(latents=latents[:-1]), columns=STEPS)
    text = (
        "Each row walks along the great arc from a latent to that of the next row. "
        "A generator that knows more than a list of pictures changes smoothly."
    )
    return Sheets("Interpolation", text, {f"Round {run.round:,}": sheet})


def neighbours(run: "Run", console: Console) -> Sheets:
    """Samples beside training pictures, where the data still is what it was."""
    title, data = "Neighbours", run.config.data
    try:
        training = dataset.load(data, dataset.find(data), console)
    except (GanLabError, OSError) as error:
        return Sheets(title, f"The training pictures cannot be had: {error}")
    if training.sha256() != run.data:
        return Sheets(title, "The training pictures are not what they were.")
    sheet, apart = beside_training(run.gan.sample(QUERIES), training, NEAR)
    text = (
        "Each row begins with a sample; the training pictures nearest to it follow. "
        f"The first are {apart:.1f} levels of 255 away on average: "
        "near 0 they would be copies."
    )
    return Sheets(title, text, {f"Round {run.round:,}": sheet})
