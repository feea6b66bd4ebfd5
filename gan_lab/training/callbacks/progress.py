"""The progress of a run on the console."""

from datetime import timedelta

from gan_lab.training.callbacks.callback import Callback, Tick


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


def _score(row: dict, metric: str | None) -> str:
    value = row.get(f"score/{metric}")
    return "" if value is None else f"{metric} {value:.4g}  "


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
