"""The lab in which people train, compare and understand GANs with Keras."""

import importlib
import importlib.util
import os
from typing import TYPE_CHECKING

_HOMES = {
    "GAN": "gan_lab.gan.model",
    "GanLabError": "gan_lab.errors",
    "Latent": "gan_lab.models.networks",
    "Loss": "gan_lab.losses.loss",
    "Networks": "gan_lab.models.networks",
    "Penalty": "gan_lab.losses.loss",
    "Run": "gan_lab.training.run",
    "Samples": "gan_lab.data.samples",
    "UsageError": "gan_lab.errors",
    "benchmark": "gan_lab.bench.benchmark",
    "clear_data": "gan_lab.review.prepared",
    "compare": "gan_lab.review.comparison",
    "diagnose": "gan_lab.review.diagnose",
    "evaluate": "gan_lab.review.evaluate",
    "inspect_data": "gan_lab.review.data",
    "interpolate": "gan_lab.review.interpolation",
    "leaderboard": "gan_lab.sweeps.leaderboard",
    "list_data": "gan_lab.review.prepared",
    "load_config": "gan_lab.config.compose",
    "load_run": "gan_lab.training.load",
    "neighbours": "gan_lab.review.neighbours",
    "options": "gan_lab.config.options",
    "prepare_data": "gan_lab.review.data",
    "preview_data": "gan_lab.review.preview",
    "register": "gan_lab.registry",
    "replay": "gan_lab.review.replay.again",
    "report": "gan_lab.review.report",
    "resume": "gan_lab.training.resume",
    "sample": "gan_lab.review.sample",
    "train": "gan_lab.training.train",
    "watch_scores": "gan_lab.review.evaluate",
}

__all__ = sorted(_HOMES)


def _is_installed(library: str) -> bool:
    # Python takes any folder of that name for a package, which has no file then.
    spec = importlib.util.find_spec(library)
    return bool(spec and spec.has_location)


def _choose_backend() -> None:
    # Keras takes TensorFlow where none is chosen, whether it is installed or not.
    free = not os.environ.get("KERAS_BACKEND") and not _is_installed("tensorflow")
    if free and _is_installed("jax"):
        os.environ["KERAS_BACKEND"] = "jax"


_choose_backend()


if TYPE_CHECKING:  # the same names, with their types
    from gan_lab.bench.benchmark import benchmark as benchmark
    from gan_lab.config.compose import load_config as load_config
    from gan_lab.config.options import options as options
    from gan_lab.data.samples import Samples as Samples
    from gan_lab.errors import GanLabError as GanLabError
    from gan_lab.errors import UsageError as UsageError
    from gan_lab.gan.model import GAN as GAN
    from gan_lab.losses.loss import Loss as Loss
    from gan_lab.losses.loss import Penalty as Penalty
    from gan_lab.models.networks import Latent as Latent
    from gan_lab.models.networks import Networks as Networks
    from gan_lab.registry import register as register
    from gan_lab.review.comparison import compare as compare
    from gan_lab.review.data import inspect_data as inspect_data
    from gan_lab.review.data import prepare_data as prepare_data
    from gan_lab.review.diagnose import diagnose as diagnose
    from gan_lab.review.evaluate import evaluate as evaluate
    from gan_lab.review.evaluate import watch_scores as watch_scores
    from gan_lab.review.interpolation import interpolate as interpolate
    from gan_lab.review.neighbours import neighbours as neighbours
    from gan_lab.review.prepared import clear_data as clear_data
    from gan_lab.review.prepared import list_data as list_data
    from gan_lab.review.preview import preview_data as preview_data
    from gan_lab.review.replay.again import replay as replay
    from gan_lab.review.report import report as report
    from gan_lab.review.sample import sample as sample
    from gan_lab.sweeps.leaderboard import leaderboard as leaderboard
    from gan_lab.training.load import load_run as load_run
    from gan_lab.training.resume import resume as resume
    from gan_lab.training.run import Run as Run
    from gan_lab.training.train import train as train
else:

    def __getattr__(name: str) -> object:
        # A name is imported when it is first used: most of them load Keras.
        if name not in _HOMES:
            raise AttributeError(f"module `gan_lab` has no attribute `{name}`")
        return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
