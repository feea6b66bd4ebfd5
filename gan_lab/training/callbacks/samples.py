"""The grids of samples, and what can be told from them alone."""

from collections.abc import Mapping

import numpy as np

from gan_lab.training.callbacks.callback import Callback, Tick


class SampleGrid(Callback):
    """Draws the fixed latents every `trainer.sample_ticks`, from round 0 on.

    What can be told from a grid alone goes into the table:

        samples/spread  standard deviation of a pixel over the grid's samples, averaged
                        over pixels, as a share of that of as many real ones
        samples/change  root of the mean squared difference to the grid before, in
                        levels of 0 to 255

    Args:
        real: some real samples.
        lost: the round whose grid was lost, which is drawn once more from there.
    """

    columns = ("samples/spread", "samples/change")

    def __init__(self, real: np.ndarray, lost: int | None = None):
        self._spread, self._lost = _spread(real) or 1.0, lost

    def start(self, run) -> None:
        self.latents = run.folder.latents() * run.config.trainer.sample_scale
        if run.round in (0, self._lost):
            self._draw(run)
        else:
            run.grid = run.folder.newest_sample()

    def measure(self, run, tick: Tick) -> dict[str, float]:
        if not tick.due(run.config.trainer.sample_ticks):
            return {}
        before = run.grid
        found = {"samples/spread": _spread(self._draw(run)) / self._spread}
        if before is not None and before.shape == run.grid.shape:
            apart = np.square(run.grid.astype(np.float32) - before)
            found["samples/change"] = float(np.sqrt(apart.mean()))
        return found

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
