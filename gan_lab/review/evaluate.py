"""Evaluation: scores of a run, or of any folder of pictures."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gan_lab.errors import UsageError
from gan_lab.review.scores import not_kept, score_images, score_run
from gan_lab.system.console import Console
from gan_lab.system.listing import Listing


def evaluate(
    run: Path | str | None = None,
    *,
    images: Path | str | None = None,
    overrides: Iterable[str] = (),
    checkpoint: str | int = "last",
    generator: str = "average",
    metrics: Iterable[str] | None = None,
    extractor: str = "lab",
    weights: Path | str | None = None,
    download: bool = False,
    samples: int = 10_000,
    real_images: int = 10_000,
    against: str = "train",
    repeats: int = 1,
    seed: int = 0,
    imports: bool = True,
    console: Console | None = None,
) -> Listing:
    """Score a run, or pictures against data.

    The scores of a run are added to its `scores.jsonl`, each with its protocol.

    Args:
        run: its folder.
        images: a folder or an archive of pictures, in place of a run.
        overrides: keys to change, as `key=value`; with `images` those that choose the
            data, such as `data=mnist`.
        checkpoint: `last`, `best` or a round.
        generator: `average`, the moving average where there is one; or `last`.
        metrics: names of scores; all that can be measured where None.
        extractor: `lab`, `inception` or `efficientnet_lite0`, whose features are
            compared.
        weights: file of the weights of `inception`.
        download: whether these are fetched, where they are not there yet.
        samples: how many are drawn, at least 2; of `images` so many at most.
        real_images: how many of these they are compared with at most, at least 2.
        against: `train` or `holdout`, the real images.
        repeats: how often to draw and measure, each with a seed of its own.
        seed: of the first draw, at least 0.
        imports: whether to import the modules that the run names.
        console: where it is said what is under way.

    Returns:
        A table of `Score`.

    Raises:
        UsageError: it is not a run, a score cannot be measured, or an option has no
            meaning.

    Example:

        found = gan_lab.evaluate("runs/mine/20261122-101500", metrics=["swd"])
        found  # the table, in a notebook
        {score.name: score.value for score in found}
    """
    console = console or Console()
    asked = {
        "generator": generator,
        "metrics": metrics,
        "extractor": extractor,
        "weights": weights and str(weights),
        "download": download,
        "samples": samples,
        "real_images": real_images,
        "against": against,
        "repeats": repeats,
        "seed": seed,
    }
    if run is None and images is not None:
        return score_images(Path(images), overrides=overrides, console=console, **asked)
    if run is None or images is not None:
        raise UsageError("Either a run or `images` must be given.")
    return _kept_if_can_be(
        score_run(
            run,
            checkpoint=checkpoint,
            overrides=overrides,
            imports=imports,
            console=console,
            **asked,
        ),
        console,
    )


def watch_scores(run: Path | str, **asked: Any) -> Iterator[Listing]:
    """Scores of every checkpoint of a run as it appears, until the run has ended.

    They are added to its `scores.jsonl` when the next ones are asked for.

    Args:
        run: its folder.
        **asked: as for `evaluate`, but for `images` and `checkpoint`.

    Yields:
        The table of a checkpoint, as `evaluate` returns it.

    Raises:
        UsageError: as `evaluate` raises it.

    Example:

        for found in gan_lab.watch_scores("runs/mine/20261122-101500", metrics=["swd"]):
            IPython.display.display(found)
    """
    return score_run(run, checkpoint=None, **asked)


def _kept_if_can_be(found: Iterator[Listing], console: Console) -> Listing:
    """The only table there is: what took hours is not lost to a disk that is full."""
    table = next(found)
    try:
        next(found, None)
    except OSError as error:
        console.say(not_kept(error.filename))
    return table
