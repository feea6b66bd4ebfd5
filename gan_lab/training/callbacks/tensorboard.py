"""The event files of a run, for TensorBoard."""

from gan_lab.artifacts import EventLog, tensorboard
from gan_lab.training.callbacks.callback import Callback, Tick

EVENT_IMAGES = 20


class TensorBoard(Callback):
    """Writes scalars each tick, some `EVENT_IMAGES` grids, and the configuration."""

    def start(self, run) -> None:
        trainer = run.config.trainer
        grids = trainer.steps / (trainer.tick_steps * trainer.sample_ticks)
        self.grid_ticks = trainer.sample_ticks * max(1, round(grids / EVENT_IMAGES))
        known, charts = tensorboard.known(run.folder.tensorboard)
        self.log = EventLog(run.folder.tensorboard, run.round)
        if not charts:
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


def _charted(row: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in row.items() if "/" in name}
