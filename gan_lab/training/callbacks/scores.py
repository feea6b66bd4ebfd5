"""The scores of a run while it trains."""

import time

from gan_lab.artifacts import scores_jsonl
from gan_lab.evaluation.measure import measure
from gan_lab.training.callbacks.callback import Callback, Tick

SCORE_SEED = 2**16  # of the latents that are scored


class Scores(Callback):
    """Measures the generator's moving average every `trainer.metric_ticks`.

    Args:
        judge: an `evaluation.judge.Judge`.
    """

    def __init__(self, judge):
        self.judge = judge
        self.columns = [f"score/{name}" for name in judge.names]

    def start(self, run) -> None:
        count = run.config.trainer.metric_samples
        self.latents = run.gan.networks.fixed_latents(count, SCORE_SEED)
        self._since = run.seconds

    def measure(self, run, tick: Tick) -> dict[str, float]:
        if not tick.due(run.config.trainer.metric_ticks):
            return {}
        began, played = time.perf_counter(), run.seconds - self._since
        found = measure(
            self.judge,
            lambda seed: run.gan.sample(latents=self.latents),
            round=tick.round,
            seed=SCORE_SEED,
            generator="average" if run.gan.ema_generator else "last",
            checkpoint="round",
        )
        scores_jsonl.append(run.folder.scores, found)
        values = {f"score/{score.name}": score.value for score in found}
        took = time.perf_counter() - began
        self._since = run.seconds + took
        known = {name: values[name] for name in self.columns if name in values}
        return known | {"speed/scoring": took / (took + played)}
