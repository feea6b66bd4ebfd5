"""What happens at a tick, beside training.

A callback has `start(run)`, `tick(run, tick)` and `end(run)`. They are called in the
order of the list, at a tick and never between.
"""

from dataclasses import dataclass
from datetime import timedelta

from gan_lab.artifacts import Metrics, pictures
from gan_lab.errors import NonFiniteError

EVENT_IMAGES = 20


@dataclass(frozen=True)
class Tick:
    """A moment at which a run reports.

    Attributes:
        round: rounds played.
        last: whether no round follows.
        number: ticks up to here, counted from round 0.
        row: of `metrics.csv`, by column.
        seconds_left: what the remaining rounds will take at the speed since the
            last tick.
    """

    round: int
    last: bool
    number: int
    row: dict[str, float]
    seconds_left: float

    def due(self, every: int) -> bool:
        """Whether it is the turn of what happens every so many ticks."""
        return self.last or self.number % every == 0


class Callback:
    """Does nothing at any time."""

    def start(self, run) -> None:
        """Before the first round."""

    def tick(self, run, tick: Tick) -> None:
        """At a tick."""

    def end(self, run) -> None:
        """After the last round, also when the run was stopped or failed."""


class StopWhenNotFinite(Callback):
    """Ends a run that has produced NaN or infinity."""

    def tick(self, run, tick: Tick) -> None:
        if found := run.gan.first_non_finite():
            round, name = found
            raise NonFiniteError(f"{name} was not finite in round {round}.")


class Table(Callback):
    """Writes `metrics.csv` and, at the end, `summary.json`."""

    def start(self, run) -> None:
        self.metrics = Metrics(run.folder.metrics, run.gan.log_names)
        self.metrics.start(run.round)

    def tick(self, run, tick: Tick) -> None:
        self.metrics.append(tick.row)

    def end(self, run) -> None:
        run.folder.summarise(run.summary())


class Progress(Callback):
    """Shows rounds, losses, speed and the time left: a bar, or a line a tick."""

    def __init__(self, console):
        self.console = console
        self._bar = None

    def start(self, run) -> None:
        if not self.console.interactive:
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("round"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.description}"),
            console=self.console.rich,
        )
        total = run.config.trainer.steps
        self._task = self._bar.add_task("", total=total, completed=run.round)
        self._bar.start()

    def tick(self, run, tick: Tick) -> None:
        row = tick.row
        text = (
            f"D {row['loss/discriminator']:.3f}  G {row['loss/generator']:.3f}  "
            f"{row['speed/images_per_second']:,.0f} images/s  "
            f"waiting for data {row['speed/data_wait']:.1%}  "
            f"{_clock(tick.seconds_left)} left"
        )
        line = f"round {tick.round}/{run.config.trainer.steps}  {text}"
        if self._bar:
            self._bar.update(self._task, completed=tick.round, description=text)
            self.console.note(line)
        else:
            self.console.say(line)

    def end(self, run) -> None:
        if self._bar:
            self._bar.stop()


class SampleGrid(Callback):
    """Draws the fixed latents every `trainer.sample_ticks`, from round 0 on."""

    def start(self, run) -> None:
        self.latents = run.folder.latents() * run.config.trainer.sample_scale
        if run.round == 0:
            self._draw(run)

    def tick(self, run, tick: Tick) -> None:
        if tick.due(run.config.trainer.sample_ticks):
            self._draw(run)

    def end(self, run) -> None:
        run.folder.write_film()

    def _draw(self, run) -> None:
        run.grid = pictures.grid(run.gan.sample(latents=self.latents))
        run.folder.add_sample(run.round, run.grid)


class TensorBoard(Callback):
    """Writes scalars each tick, at most `EVENT_IMAGES` or so grids, and the config."""

    def start(self, run) -> None:
        from tensorboardX import SummaryWriter

        # Its file names have seconds only, and a quick resume must not meet its own.
        suffix = f".{run.round}"
        self.writer = SummaryWriter(str(run.folder.tensorboard), filename_suffix=suffix)
        grids = run.config.trainer.steps / (
            run.config.trainer.tick_steps * run.config.trainer.sample_ticks
        )
        self.stride = max(1, round(grids / EVENT_IMAGES))
        if run.round == 0:
            losses = ["Multiline", ["loss/discriminator", "loss/generator"]]
            self.writer.add_custom_scalars({"losses": {"both": losses}})
            text = run.folder.config.read_text(encoding="utf-8")
            self.writer.add_text("config", "    " + text.replace("\n", "\n    "), 0)
            self._grid(run)

    def tick(self, run, tick: Tick) -> None:
        for name, value in tick.row.items():
            if "/" in name:
                self.writer.add_scalar(name, value, tick.round)
        if tick.due(run.config.trainer.sample_ticks * self.stride):
            self._grid(run)
        self.writer.flush()

    def end(self, run) -> None:
        self.writer.close()

    def _grid(self, run) -> None:
        self.writer.add_image("samples", run.grid, run.round, dataformats="HWC")


class Checkpoint(Callback):
    """Saves the exact state, and the generator for use elsewhere."""

    def tick(self, run, tick: Tick) -> None:
        if tick.due(run.config.trainer.checkpoint_ticks):
            run.save()


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
