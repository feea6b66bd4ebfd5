"""Verbs that look at what a run has learnt."""

from pathlib import Path

from gan_lab.cli.parser import Parser
from gan_lab.errors import UsageError


def interpolate(arguments: list[str]) -> int:
    """Walk through the latents: RUN [--points N] [--steps N] [--seed N]
    [--linear] [--out FILE.gif | FILE.png] [--no-imports]."""
    parser = Parser("interpolate", interpolate)
    parser.add_argument("run", type=Path)
    parser.add_argument("--points", type=int, default=6)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--linear", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("walk.gif"))
    parser.add_imports()
    asked = parser.parse_args(arguments)
    _check_seed(asked.seed)
    for name, least in (("points", 2), ("steps", 1)):
        if (value := getattr(asked, name)) < least:
            raise UsageError(f"`--{name}` must be at least {least}. Received: {value}.")
    parser.require_picture("--out", asked.out, ".gif", ".png")

    from gan_lab.system.console import Console

    with Console(capture=True) as console:
        import keras

        from gan_lab import pictures
        from gan_lab.review.interpolation import Join, walk
        from gan_lab.system import files
        from gan_lab.training.load import load_run

        run = load_run(asked.run, imports=asked.imports, console=console)
        _require_images(run, "interpolate")
        points = run.gan.networks.draw_latents(asked.points, asked.seed)
        film = asked.out.suffix.lower() == ".gif"
        join = Join.linear if asked.linear else Join.spherical
        latents = keras.ops.convert_to_numpy(points)
        images = run.gan.sample(latents=walk(latents, asked.steps, join, closed=film))
        if film:
            files.produce(asked.out, lambda beside: pictures.write_loop(beside, images))
        else:
            sheet = pictures.grid(images[:-1], columns=asked.steps)
            files.produce(asked.out, lambda beside: pictures.write_png(beside, sheet))
        console.say(f"A walk past {asked.points} samples, {join.value}: {asked.out}")
    return 0


def neighbours(arguments: list[str]) -> int:
    """Samples beside the nearest training pictures: RUN [--count N] [--near N]
    [--seed N] [--out FILE.png] [--no-imports]."""
    parser = Parser("neighbours", neighbours)
    parser.add_argument("run", type=Path)
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--near", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("neighbours.png"))
    parser.add_imports()
    asked = parser.parse_args(arguments)
    _check_seed(asked.seed)
    for name in ("count", "near"):
        if (value := getattr(asked, name)) < 1:
            raise UsageError(f"`--{name}` must be at least 1. Received: {value}.")
    parser.require_picture("--out", asked.out, ".png")

    from gan_lab.system.console import Console

    with Console(capture=True) as console:
        from gan_lab import pictures
        from gan_lab.data import dataset
        from gan_lab.evaluation import nearest as near
        from gan_lab.system import files
        from gan_lab.training.load import load_run

        run = load_run(asked.run, imports=asked.imports, console=console)
        _require_images(run, "neighbours")
        data = run.config.data
        samples = dataset.load(data, dataset.find(data), console)
        images = run.gan.sample(asked.count, seed=asked.seed)
        places, distances = near.nearest(images, samples, asked.near)
        rows = near.sheet(images, samples, places)
        sheet = pictures.grid(rows, columns=1 + places.shape[1])
        files.produce(asked.out, lambda beside: pictures.write_png(beside, sheet))
        mean = distances[:, 0].mean()
        console.say(
            f"{asked.count} samples of round {run.round}, each beside the training "
            f"pictures nearest to it ({mean:.1f} levels of 255 on average): {asked.out}"
        )
    return 0


def _require_images(run, verb: str) -> None:
    """Refuse a run that makes something else."""
    if len(run.gan.generator.output_shape) != 4:
        raise UsageError(
            f"`{verb}` shows images, and {run.folder.path} makes vectors. `sample` "
            "draws them."
        )


def _check_seed(seed: int) -> None:
    if abs(seed) >= 2**31:
        raise UsageError(f"`--seed` must be below 2**31. Received: {seed}.")
