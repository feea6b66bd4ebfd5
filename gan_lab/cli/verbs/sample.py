"""The verb `sample`: pictures of a run, each with a seed of its own."""

import math
import re
from collections.abc import Sequence
from pathlib import Path

from gan_lab.cli.parser import Parser
from gan_lab.errors import UsageError

LEAST = 0.001  # of a truncation: nearly all numbers are beyond it, and drawn anew
TRIES = 100  # times as many samples as are wanted of each class, at most


def sample(arguments: list[str]) -> int:
    """Draw from a run: RUN [--count N | --per-class N | --compare]
    [--seed N | --seeds N,...] [--truncation T] [--checkpoint last|best|ROUND]
    [--generator average|last] [--out FILE.png | FOLDER] [--no-imports]."""
    parser = Parser("sample", sample)
    parser.add_argument("run", type=Path)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--per-class", type=int)
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds")
    parser.add_argument("--truncation", type=float)
    parser.add_argument("--checkpoint", default="last")
    parser.add_argument("--generator", choices=("average", "last"), default="average")
    parser.add_argument("--out", type=Path, default=Path("samples.png"))
    parser.add_imports()
    asked = parser.parse_args(arguments)
    seeds = _seeds(asked)
    if asked.truncation is not None and not LEAST <= asked.truncation < math.inf:
        raise UsageError(
            f"`--truncation` must be at least {LEAST}. Received: {asked.truncation}."
        )
    if asked.out.suffix or asked.compare:
        parser.require_picture("--out", asked.out, ".png")

    from gan_lab.system.console import Console

    with Console(capture=True) as console:
        from gan_lab import pictures
        from gan_lab.system import files
        from gan_lab.training.load import load_run

        if asked.compare:
            sheets = _compared(asked, seeds, console)
            sheet = pictures.beside(sheets)
            files.produce(asked.out, lambda to: pictures.write_png(to, sheet))
            console.say(f"{' | '.join(sheets)}: {asked.out}")
            return 0
        run = load_run(
            asked.run, asked.checkpoint, imports=asked.imports, console=console
        )
        if asked.per_class:
            by_class = _by_class(run, asked, console)
            images, names = _joined(by_class)
            columns = asked.per_class
        else:
            images = _draw(run, asked, seeds)
            names, columns = [f"{seed:06d}" for seed in seeds], None
        if asked.out.suffix:
            grid = (
                pictures.grid(images, columns=columns) if columns else run.draw(images)
            )
            files.produce(asked.out, lambda to: pictures.write_png(to, grid))
        else:
            _write_each(asked.out, names, images, run)
        console.say(f"{len(images)} samples of round {run.round}: {asked.out}")
    return 0


def _seeds(asked) -> Sequence[int]:
    """The seed of each sample."""
    if asked.count < 1:
        raise UsageError(f"`--count` must be at least 1. Received: {asked.count}.")
    if asked.per_class is not None and asked.per_class < 1:
        raise UsageError(
            f"`--per-class` must be at least 1. Received: {asked.per_class}."
        )
    if asked.seeds is None:
        seeds = range(asked.seed, asked.seed + asked.count)
    elif all(part.strip().isdecimal() for part in asked.seeds.split(",")):
        seeds = [int(part) for part in asked.seeds.split(",")]
    else:
        raise UsageError(f"`--seeds` must be numbers. Received: {asked.seeds}.")
    if min(seeds) < 0:
        raise UsageError(f"`--seed` must be at least 0. Received: {asked.seed}.")
    return seeds


def _draw(run, asked, seeds):
    latents = run.gan.networks.seeded_latents(seeds, asked.truncation)
    return run.gan.sample(latents=latents, averaged=asked.generator == "average")


def _compared(asked, seeds: Sequence[int], console) -> dict:
    """The same latents by the best checkpoint, the last, and their averages."""
    from gan_lab.training.load import load_run

    sheets = {}
    for checkpoint in ("best", "last"):
        try:
            run = load_run(
                asked.run, checkpoint, imports=asked.imports, console=console
            )
        except UsageError as error:
            if checkpoint == "last":
                raise
            console.say(str(error))
            continue
        latents = run.gan.networks.seeded_latents(seeds, asked.truncation)
        title = f"{checkpoint} (round {run.round})"
        last = run.gan.sample(latents=latents, averaged=False)
        sheets[title] = run.draw(last)
        if run.gan.ema_generator:
            sheets[f"{title}, average"] = run.draw(run.gan.sample(latents=latents))
    return sheets


def _by_class(run, asked, console) -> dict:
    """Class -> seeds and images, as the classifier of the data set sorts them."""
    import numpy as np

    from gan_lab.data import dataset
    from gan_lab.evaluation.extractors import extractor_of

    data = run.config.data
    training = dataset.load(data, dataset.find(data), console)
    if training.labels is None or len(training.shape) != 3:
        raise UsageError("`--per-class` needs images with labels (see `data.labels`).")
    extractor = extractor_of("lab", training, console)
    found = {name: ([], []) for name in training.classes}
    size = asked.per_class * len(found)
    for start in range(asked.seed, asked.seed + TRIES * size, size):
        seeds = range(start, start + size)
        images = _draw(run, asked, seeds)
        _, probabilities = extractor(images)
        for seed, image, place in zip(
            seeds, images, probabilities.argmax(1), strict=True
        ):
            kept, its = found[training.classes[place]]
            if len(kept) < asked.per_class:
                kept.append(seed)
                its.append(image)
        if all(len(kept) == asked.per_class for kept, _ in found.values()):
            return {name: (kept, np.array(its)) for name, (kept, its) in found.items()}
    rare = [name for name, (kept, _) in found.items() if len(kept) < asked.per_class]
    raise UsageError(
        f"`--per-class {asked.per_class}`: of {TRIES * size:,} samples too few are "
        f"{', '.join(rare)}."
    )


def _joined(by_class: dict) -> tuple:
    import numpy as np

    images = np.concatenate([images for _, images in by_class.values()])
    names = []
    for name, (seeds, _) in by_class.items():
        safe = re.sub(r"[^\w-]+", "_", name)  # a class is named by whoever made it
        names += [f"{safe}/{seed:06d}" for seed in seeds]
    return images, names


def _write_each(folder: Path, names: list[str], images, run) -> None:
    """A PNG for each sample, named by its seed."""
    from gan_lab import pictures
    from gan_lab.system import files

    if images.ndim == 2:
        raise UsageError("Points are drawn together: `--out` must be a .png file.")
    for name, image in zip(names, images, strict=True):
        path = folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        files.produce(path, lambda to, image=image: pictures.write_png(to, image))
