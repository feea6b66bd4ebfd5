"""Samples of a run, each with a seed of its own."""

import math
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gan_lab import pictures
from gan_lab.errors import ParameterError, UsageError
from gan_lab.review.sorting import by_class, joined
from gan_lab.system import files
from gan_lab.system.console import Console
from gan_lab.system.parameters import require_file, require_least, require_one_of

if TYPE_CHECKING:
    from gan_lab.training.run import Run

LEAST = 0.001  # of a truncation: nearly all numbers are beyond it, and drawn anew
GENERATORS = ("average", "last")


def sample(
    run: Path | str,
    *,
    count: int = 64,
    per_class: int | None = None,
    compare: bool = False,
    seed: int = 0,
    seeds: Iterable[int] | None = None,
    truncation: float | None = None,
    checkpoint: str | int = "last",
    generator: str = "average",
    out: Path | str | None = None,
    imports: bool = True,
    console: Console | None = None,
) -> np.ndarray:
    """Samples of a run; each depends on its own seed alone.

    Args:
        run: its folder.
        count: how many, with seeds from `seed` on.
        per_class: how many of each class instead, class by class, as a classifier of
            the data set sorts them.
        compare: whether to have a sheet of the best checkpoint beside the last one,
            and of their averages, instead.
        seed: the first one, at least 0.
        seeds: one a sample, in place of `count` and `seed`.
        truncation: numbers of a latent beyond it, at least 0.001, are drawn anew;
            none where None.
        checkpoint: `last`, `best` or a round.
        generator: `average`, the moving average where there is one; or `last`.
        out: a `.png` for a sheet of all, or a folder for a PNG of each, named by its
            seed. Nothing is written where None.
        imports: whether to import the modules that the run names.
        console: where it is said what is under way.

    Returns:
        uint8 `(count, height, width, channels)`; points are float32 `(count, 2)`. With
        `compare` the sheet, uint8 `(height, width, 3)`.

    Raises:
        UsageError: it is not a run, has no such checkpoint, or a number has no
            meaning.

    Example:

        images = gan_lab.sample("runs/mine/20261122-101500", count=16, truncation=0.7)
        grid = gan_lab.pictures.grid(images)
    """
    drawn = _seeds(count, per_class, seed, seeds)
    if truncation is not None and not LEAST <= truncation < math.inf:
        raise ParameterError(
            "truncation", f"must be at least {LEAST}. Received: {truncation}."
        )
    require_one_of(GENERATORS, generator=generator)
    out = None if out is None else Path(out)
    if out and (out.suffix or compare):
        require_file(out, ".png")
    from gan_lab.training.load import load_run

    console = console or Console()
    if compare:
        return _compared(run, drawn, truncation, out, imports, console)
    loaded = load_run(run, checkpoint, imports=imports, console=console)

    def draw(seeds: Sequence[int]) -> np.ndarray:
        latents = loaded.gan.networks.seeded_latents(seeds, truncation)
        return loaded.gan.sample(latents=latents, averaged=generator == "average")

    if per_class:
        images, names = joined(
            by_class(draw, loaded.config.data, per_class, seed, console)
        )
    else:
        images, names = draw(drawn), [f"{seed:06d}" for seed in drawn]
    if out:
        if out.suffix:
            whole = _sheet(loaded, images, per_class)
            files.produce(out, lambda beside: pictures.write_png(beside, whole))
        else:
            _write_each(out, names, images)
        console.say(f"{len(images)} samples of round {loaded.round}: {out}")
    return images


def _seeds(
    count: int, per_class: int | None, seed: int, seeds: Iterable[int] | None
) -> Sequence[int]:
    """The seed of each sample."""
    require_least(1, count=count)
    if per_class is not None:
        require_least(1, per_class=per_class)
    if seeds is None:
        require_least(0, seed=seed)
        return range(seed, seed + count)
    seeds = list(seeds)
    require_least(1, count=len(seeds))
    require_least(0, seeds=min(seeds))
    return seeds


def _sheet(run: "Run", images: np.ndarray, columns: int | None) -> np.ndarray:
    return pictures.grid(images, columns=columns) if columns else run.draw(images)


def _compared(
    path: Path | str,
    seeds: Sequence[int],
    truncation: float | None,
    out: Path | None,
    imports: bool,
    console: Console,
) -> np.ndarray:
    """The same latents by the best checkpoint, the last, and their averages."""
    sheets = _sheets(path, seeds, truncation, imports, console)
    sheet = pictures.beside(sheets)
    if out:
        files.produce(out, lambda beside: pictures.write_png(beside, sheet))
        console.say(f"{' | '.join(sheets)}: {out}")
    return sheet


def _sheets(
    path: Path | str,
    seeds: Sequence[int],
    truncation: float | None,
    imports: bool,
    console: Console,
) -> dict[str, np.ndarray]:
    """Title -> sheet, uint8 `(height, width, channels)`."""
    from gan_lab.training.load import load_run

    sheets = {}
    for checkpoint in ("best", "last"):
        try:
            run = load_run(path, checkpoint, imports=imports, console=console)
        except UsageError as error:
            if checkpoint == "last":
                raise
            console.say(str(error))
            continue
        latents = run.gan.networks.seeded_latents(seeds, truncation)
        title = f"{checkpoint} (round {run.round})"
        last = run.gan.sample(latents=latents, averaged=False)
        sheets[title] = run.draw(last)
        if run.gan.ema_generator:
            sheets[f"{title}, average"] = run.draw(run.gan.sample(latents=latents))
    return sheets


def _write_each(folder: Path, names: list[str], images: np.ndarray) -> None:
    """A PNG for each sample, named by its seed."""
    if images.ndim == 2:
        raise ParameterError(
            "out", "must be a .png file.", before="Points are drawn together: "
        )
    for name, image in zip(names, images, strict=True):
        path = folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        files.produce(path, partial(pictures.write_png, sheet=image))
