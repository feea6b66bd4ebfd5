"""Callbacks: the work at a tick, beside training.

A callback has `start(run)`, `tick(run, tick)` and `end(run)`. They are called in the
order of the list, at a tick and never between.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from gan_lab.artifacts import EventLog, Metrics, tensorboard
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
        """Tell whether it is the turn of what happens every so many ticks."""
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
        if found := run.gan.logs.first_non_finite():
            round, name = found
            raise NonFiniteError(f"{name} was not finite in round {round}.")


class Best(Callback):
    """Keeps the best value of each loss and score."""

    def tick(self, run, tick: Tick) -> None:
        run.note_best(tick.row)


class Table(Callback):
    """Writes `metrics.csv` and, at the end, `summary.json`.

    Args:
        names: what other callbacks add to the row of a tick.
    """

    def __init__(self, names: list[str]):
        self.names = names

    def start(self, run) -> None:
        self.metrics = Metrics(run.folder.metrics, [*run.log_names, *self.names])
        self.metrics.start(run.round)

    def tick(self, run, tick: Tick) -> None:
        self.metrics.append(tick.row)

    def end(self, run) -> None:
        run.folder.summarise(run.summary())


class Progress(Callback):
    """Shows rounds, losses, speed and the time left.

    A bar on a terminal, a line that changes in a notebook, a line a tick elsewhere.
    """

    def __init__(self, console):
        self.console = console
        self._bar = None

    def start(self, run) -> None:
        if not self.console.rich.is_terminal:
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("round"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.description}"),
            console=self.console.rich,
            redirect_stderr=False,
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
            f"{_score(row, run.metric)}{_clock(tick.seconds_left)} left"
        )
        line = f"round {tick.round}/{run.config.trainer.steps}  {text}"
        if self._bar:
            self._bar.update(self._task, completed=tick.round, description=text)
            self.console.note(line)
        else:
            self.console.report(line)

    def end(self, run) -> None:
        if self._bar:
            self._bar.stop()


class SampleGrid(Callback):
    """Draws the fixed latents every `trainer.sample_ticks`, from round 0 on.

    What can be told from a grid alone goes into the table:

        samples/spread  standard deviation of a pixel over the grid's samples, averaged
                        over pixels, as a share of that of as many real ones
        samples/change  root of the mean squared difference to the grid before, in
                        levels of 0 to 255

    Args:
        real: some real samples.
    """

    names = ("samples/spread", "samples/change")

    def __init__(self, real: np.ndarray):
        self._spread = _spread(real) or 1.0

    def start(self, run) -> None:
        self.latents = run.folder.latents() * run.config.trainer.sample_scale
        if run.round == 0 or run.draws_again:
            self._draw(run)
        else:
            run.grid = run.folder.newest_sample()

    def tick(self, run, tick: Tick) -> None:
        if tick.due(run.config.trainer.sample_ticks):
            before = run.grid
            samples = self._draw(run)
            tick.row["samples/spread"] = _spread(samples) / self._spread
            if before is not None and before.shape == run.grid.shape:
                apart = np.square(run.grid.astype(np.float32) - before)
                tick.row["samples/change"] = float(np.sqrt(apart.mean()))

    def end(self, run) -> None:
        run.folder.write_film()

    def _draw(self, run) -> np.ndarray:
        samples = run.gan.sample(latents=self.latents)
        run.grid = run.draw(samples)
        run.folder.add_sample(run.round, run.grid)
        return samples


def is_drawn(round: int, trainer: Mapping) -> bool:
    """Tell whether a run draws its latents at a round.

    Args:
        round: rounds played.
        trainer: its configuration.
    """
    number, beside = divmod(round, trainer["tick_steps"])
    last = round == trainer["steps"]
    return last or (not beside and number % trainer["sample_ticks"] == 0)


def _spread(samples: np.ndarray) -> float:
    return float(samples.astype(np.float32).std(axis=0).mean())


class TensorBoard(Callback):
    """Writes scalars each tick, some `EVENT_IMAGES` grids, and the configuration."""

    def start(self, run) -> None:
        trainer = run.config.trainer
        grids = trainer.steps / (trainer.tick_steps * trainer.sample_ticks)
        self.grid_ticks = trainer.sample_ticks * max(1, round(grids / EVENT_IMAGES))
        known = tensorboard.charted(run.folder.tensorboard)
        self.log = EventLog(run.folder.tensorboard, run.round)
        if not known:
            self.log.chart("losses", ["loss/discriminator", "loss/generator"])
        for row in run.folder.rows():
            if row["round"] not in known:  # its file was damaged
                self.log.scalars(row["round"], _charted(row))
        if run.round == 0:
            text = run.folder.config.read_text(encoding="utf-8")
            self.log.text(0, "config", "    " + text.replace("\n", "\n    "))
            self.log.picture(0, "samples", run.grid)

    def tick(self, run, tick: Tick) -> None:
        self.log.scalars(tick.round, _charted(tick.row))
        if tick.due(self.grid_ticks):
            self.log.picture(tick.round, "samples", run.grid)
        self.log.flush()

    def end(self, run) -> None:
        self.log.close()


class Checkpoint(Callback):
    """Saves the exact state, and the generator for use elsewhere.

    It is saved at its time, and whenever the score is the best so far.
    """

    def tick(self, run, tick: Tick) -> None:
        best = run.best_round == tick.round
        if best or tick.due(run.config.trainer.checkpoint_ticks):
            run.save()


def _charted(row: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in row.items() if "/" in name}


def _score(row: dict, metric: str | None) -> str:
    value = row.get(f"score/{metric}")
    return "" if value is None else f"{metric} {value:.4g}  "


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
