"""The scores of a run's checkpoints, and of pictures."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_lab.artifacts import RunFolder, scores_jsonl
from gan_lab.artifacts.scores_jsonl import Score
from gan_lab.config.check import check
from gan_lab.config.compose import load_config
from gan_lab.data import dataset
from gan_lab.data.sources.folder import folder as pictures_in
from gan_lab.errors import ParameterError, UsageError
from gan_lab.review.scoring import Scoring, listing
from gan_lab.system.console import Console
from gan_lab.system.listing import Listing

if TYPE_CHECKING:
    from gan_lab.training.run import Run

POLL_SECONDS = 10


def score_run(
    run: Path | str,
    *,
    checkpoint: str | int | None,
    overrides: Iterable[str] = (),
    imports: bool = True,
    console: Console | None = None,
    **asked: Any,
) -> Iterator[Listing]:
    """Scores of a checkpoint, or of each as it appears; looked at, and then kept.

    Args:
        run: its folder.
        checkpoint: which one; all, until the run has ended, where None.
        overrides: keys to change, as `key=value`.
        imports: whether to import the modules that the run names.
        console: where it is said what is under way.
        **asked: attributes of `Scoring`.
    """
    scoring, console, folder = Scoring(**asked), console or Console(), RunFolder(run)
    if not (kept := scores_jsonl.can_append(folder.scores)):
        console.say(not_kept(folder.scores))
    from gan_lab.training.load import load_run

    overrides = list(overrides)

    def measured(checkpoint: str | int) -> list[Score]:
        opened = load_run(
            folder.path, checkpoint, overrides, imports=imports, console=console
        )
        return _of_checkpoint(opened, checkpoint, scoring, console)

    if checkpoint is None:
        every = _each(folder, measured)
    else:
        every = iter([measured(checkpoint)])
    for scores in every:
        yield listing(scores)
        if kept:
            scores_jsonl.append(folder.scores, scores)


def score_images(
    images: Path, *, overrides: Iterable[str] = (), console: Console, **asked: Any
) -> Listing:
    """Scores of pictures in a folder or archive; the data's own geometry is theirs.

    Args:
        images: where they are.
        overrides: those that choose the data.
        console: where it is said what is under way.
        **asked: attributes of `Scoring`.
    """
    scoring = Scoring(**asked)
    if scoring.repeats > 1:
        raise ParameterError(
            "repeats", f"is for runs, not for `images`. Received: {scoring.repeats}."
        )
    data = check(load_config(*overrides)).data
    found, given = dataset.find(data), pictures_in(path=str(images))
    dataset.look(given)
    judge = scoring.judge(data, found, None, console)
    if len(judge.shape) != 3:
        before = f"`data={data.name}` has points: "
        raise ParameterError("images", "cannot be compared with them.", before=before)
    height, _, channels = judge.shape
    like = data.copy()
    like.image_size, like.channels = height, channels
    like.holdout, like.limit = None, scoring.samples
    pictures = dataset.load(like, given, console)
    scores = scoring.measured(
        judge,
        lambda seed: pictures.images[:],
        console,
        generator="images",
        checkpoint=pictures.sha256(),
    )
    return listing(scores)


def not_kept(place: Path | str) -> str:
    """A sentence on scores that are not added to those of a run."""
    return f"{place} cannot be written: the scores are shown, and not kept."


def _each(
    folder: RunFolder, measured: Callable[[int], list[Score]]
) -> Iterator[list[Score]]:
    """Scores of every checkpoint as it appears, until the run has ended."""
    seen = set()
    while True:
        alive = folder.facts()["status"] == "running"
        for round in folder.checkpoints.rounds():
            if round in seen:
                continue
            seen.add(round)
            try:
                scores = measured(round)
            except UsageError:
                time.sleep(1)  # it may be making room for newer ones just now
                if round in folder.checkpoints.rounds():
                    raise
            else:
                yield scores
        if not alive:
            return
        time.sleep(POLL_SECONDS)


def _of_checkpoint(
    run: "Run", checkpoint: str | int, scoring: Scoring, console: Console
) -> list[Score]:
    data = run.config.data
    found = dataset.find(data)
    judge = scoring.judge(data, found, run.config.trainer.weights, console)
    if judge.trained_on != run.data:
        console.say("These are not the images that it was trained on.")

    def draw(seed: int) -> np.ndarray:
        latents = run.gan.networks.fixed_latents(scoring.samples, seed)
        averaged = scoring.generator == "average"
        return run.gan.sample(latents=latents, averaged=averaged)

    return scoring.measured(
        judge,
        draw,
        console,
        repeats=scoring.repeats,
        round=run.round,
        generator=scoring.generator if run.gan.ema_generator else "last",
        checkpoint="round" if str(checkpoint).isdecimal() else checkpoint,
    )
