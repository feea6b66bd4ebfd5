"""The verb `report`: everything about a run on one page."""

from pathlib import Path

from gan_lab.cli.parser import Parser
from gan_lab.errors import DamagedError, GanLabError

COMPARED = 36
POINTS, STEPS = 6, 10
QUERIES, NEAR = 6, 7


def report(arguments: list[str]) -> int:
    """One page about a run, to be opened anywhere: RUN [--out FILE.html]
    [--no-imports]."""
    parser = Parser("report", report)
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_imports()
    asked = parser.parse_args(arguments)
    from gan_lab.artifacts import RunFolder
    from gan_lab.review import report as page
    from gan_lab.system.console import Console

    page.require_extra("report")
    with Console(capture=True) as console:
        folder = RunFolder(asked.run, console.warn)
        out = asked.out or folder.path / "report.html"
        parser.require_picture("--out", out, ".html")
        page.write(folder, out, _sheets(folder, asked.imports, console))
        console.say(f"The report of {folder.path}: {out}")
    return 0


def _sheets(folder, imports: bool, console) -> list:
    """Sheets that the networks of a run draw, or the reason why they cannot."""
    from gan_lab.review.report import Sheets
    from gan_lab.training.load import load_run

    try:
        run = load_run(folder.path, imports=imports, console=console)
    except GanLabError as error:
        return [Sheets("By the networks", f"There are none. {error}")]
    if len(run.gan.generator.output_shape) == 2:  # points are looked at all together
        return [_compared(run, console)]
    return [_compared(run, console), _walk(run), _neighbours(run, console)]


def _compared(run, console):
    """The fixed latents, drawn by the generators that a run has."""
    from gan_lab.review.report import Sheets
    from gan_lab.training.load import load_run

    latents = _latents(run)[:COMPARED] * run.config.trainer.sample_scale
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
            best = load_run(run.folder.path, "best", imports=False, console=console)
        except GanLabError as error:
            text += f" {error}"
        else:
            label = f"Best: by {run.metric}, round {best.round:,}"
            images[label] = best.gan.sample(latents=latents)
    sheets = {label: run.draw(found) for label, found in images.items()}
    return Sheets("Last, average and best", text, sheets)


def _latents(run):
    """Those of the grids, drawn again where their file is damaged."""
    try:
        return run.folder.latents()
    except DamagedError as error:
        run.folder.warn(f"{error} They are drawn again.")
        return run.gan.networks.fixed_latents(run.config.trainer.samples)


def _walk(run):
    from keras import ops

    from gan_lab import pictures
    from gan_lab.review.interpolation import Join, walk
    from gan_lab.review.report import Sheets

    points = ops.convert_to_numpy(run.gan.networks.draw_latents(POINTS, 0))
    latents = walk(points, STEPS, Join.spherical, closed=False)
    sheet = pictures.grid(run.gan.sample(latents=latents[:-1]), columns=STEPS)
    text = (
        "Each row walks along the great arc from a latent to that of the next row. "
        "A generator that knows more than a list of pictures changes smoothly."
    )
    return Sheets("Interpolation", text, {f"Round {run.round:,}": sheet})


def _neighbours(run, console):
    """Samples beside training pictures, where the data still is what it was."""
    from gan_lab import pictures
    from gan_lab.data import dataset
    from gan_lab.evaluation import nearest
    from gan_lab.review.report import Sheets

    title, data = "Neighbours", run.config.data
    try:
        samples = dataset.load(data, dataset.find(data), console)
    except (GanLabError, OSError) as error:
        return Sheets(title, f"The training pictures cannot be had: {error}")
    if samples.sha256() != run.data:
        return Sheets(title, "The training pictures are not what they were.")
    images = run.gan.sample(QUERIES)
    places, distances = nearest.nearest(images, samples, NEAR)
    rows = nearest.sheet(images, samples, places)
    text = (
        "Each row begins with a sample; the training pictures nearest to it follow. "
        f"The first are {distances[:, 0].mean():.1f} levels of 255 away on average: "
        "near 0 they would be copies."
    )
    sheet = pictures.grid(rows, columns=1 + places.shape[1])
    return Sheets(title, text, {f"Round {run.round:,}": sheet})
