"""The types of the configuration, beside those that builders bring."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import omegaconf

from gan_lab.data.preparation.geometry import Decode, Resize


class Precision(Enum):
    """The type that networks compute in; their weights are always float32."""

    float32 = "float32"
    mixed_bfloat16 = "mixed_bfloat16"
    mixed_float16 = "mixed_float16"


class Strategy(Enum):
    """The devices that share a batch."""

    none = "none"
    mirrored = "mirrored"
    multiworker = "multiworker"


class OnCollapse(Enum):
    """What happens when the score stays far from its best."""

    warn = "warn"
    stop = "stop"
    rollback = "rollback"


class Features(Enum):
    """The networks that scores can take features from."""

    lab = "lab"
    inception = "inception"
    efficientnet_lite0 = "efficientnet_lite0"


class Retry(Enum):
    """The failed jobs that run again when a sweep goes on."""

    all = "all"
    crashed = "crashed"
    none = "none"


@dataclass
class Config:
    """The whole configuration of a run."""

    model: Any = omegaconf.MISSING
    data: Any = omegaconf.MISSING
    loss: Any = omegaconf.MISSING
    optim: Any = omegaconf.MISSING
    trainer: Any = omegaconf.MISSING
    name: str = omegaconf.MISSING
    seed: int = 0
    runs: str = "runs"
    imports: list[str] = field(default_factory=list)


@dataclass
class Composed(Config):
    """What a command line chooses: a run, and how many are played, and where."""

    sweep: Any = omegaconf.MISSING
    engine: Any = omegaconf.MISSING
    hpo: Any = omegaconf.MISSING


@dataclass
class DataConfig:
    """What every data source has beside its own options.

    Attributes:
        image_size: side in pixels; null keeps the size, which must be one for all.
        channels: 1, 3, or null: 1 where every picture is gray, and 3 otherwise.
        crop: `center`, the largest square; `none`; `pad`; `WxH`; `WxH+X+Y`.
        resize: `area`, `bilinear` or `lanczos`.
        decode: `full`, or `draft`: faster for JPEG, not pixel for pixel the same.
        limit: how many pictures to use, the first in order; all where null.
        strict: whether a picture that cannot be used is an error.
        cache: the folder of prepared pictures; the user's own where null.
        holdout: share that training never sees, in (0, 1); none where null.
        shuffle: whether each epoch has an order of its own.
        flip: whether a random half of a round's images is mirrored.
        device: whether all pictures stay in the memory of the device, if they fit.
    """

    image_size: int | None = None
    channels: int | None = None
    crop: str = "center"
    resize: Resize = Resize.area
    decode: Decode = Decode.full
    limit: int | None = None
    strict: bool = False
    cache: str | None = None
    holdout: float | None = None
    shuffle: bool = True
    flip: bool = False
    device: bool = False


@dataclass
class LossConfig:
    """What every loss has beside its own options."""

    penalty: Any = omegaconf.MISSING


@dataclass
class TrainerConfig:
    """What every trainer has beside the options of its step.

    Attributes:
        steps: rounds to play.
        batch_size: real images of one discriminator update, on all devices together.
        tick_steps: rounds between two reports.
        sample_ticks: ticks between two grids.
        checkpoint_ticks: ticks between two checkpoints.
        keep: how many checkpoints stay.
        samples: pictures in a grid.
        sample_scale: what the fixed latents of the grid are multiplied by.
        ema: decay of the moving average of the generator; 0 keeps none.
        precision: `float32`, `mixed_bfloat16`, or `mixed_float16`, in which each
            optimiser scales its loss, and skips an update whose gradients overflow.
        strategy: `none`, one device; `mirrored`, all GPUs of this machine; or
            `multiworker`, those of the machines in `TF_CONFIG` or a Slurm job step.
        devices: how many of this machine's; null for every GPU, or one CPU. A CPU
            can stand for several.
        jit: whether XLA compiles the step; under JAX it always does.
        threads: threads of an operation; 0 takes one a core.
        deterministic: whether a GPU gives the same bits each time.
        metrics: the scores to measure; null for the cheap ones that fit the data.
        metric_ticks: ticks between two measurements.
        metric_samples: generated images that are measured.
        best_metric: the score whose best checkpoint stays; null for the first one
            that is measured and does not lie around 0.
        extractor: `lab`, `inception` or `efficientnet_lite0`: whose features are
            compared, where a score needs any.
        weights: file of the weights of `inception`.
        patience: measurements in a row that are worse than 1.5 times the best before
            a run counts as collapsed; 0 never.
        on_collapse: `warn`, `stop`, or `rollback` to the best checkpoint's weights.
        attempts: rollbacks at most.
        remedy_lr: factor on both learning rates with each rollback.
        remedy_penalty: the penalty that a rollback turns on where there is none.
    """

    steps: int = 2000
    batch_size: int = 64
    tick_steps: int = 50
    sample_ticks: int = 2
    checkpoint_ticks: int = 4
    keep: int = 3
    samples: int = 64
    sample_scale: float = 1.0
    ema: float = 0.995
    precision: Precision = Precision.float32
    strategy: Strategy = Strategy.none
    devices: int | None = None
    jit: bool = False
    threads: int = 0
    deterministic: bool = False
    metrics: list[str] | None = None
    metric_ticks: int = 4
    metric_samples: int = 512
    best_metric: str | None = None
    extractor: Features = Features.lab
    weights: str | None = None
    patience: int = 3
    on_collapse: OnCollapse = OnCollapse.warn
    attempts: int = 3
    remedy_lr: float = 0.5
    remedy_penalty: str = "none"


@dataclass
class SweepConfig:
    """How the jobs of a sweep are played.

    Attributes:
        name: of its folder `<runs>/sweeps/<name>`; what is swept where null.
        workers: jobs that are played at a time.
        budget: time after which no job goes on, such as `90s`, `30m` or `1h30m`.
        job_limit: time after which a job is ended, and has failed; the same.
        retry: which failed jobs run again when the sweep goes on: `all`, `crashed`
            (not those that came to NaN or a collapse) or `none`.
        fail_fast: when the first so many all fail in the same way, the rest is not
            tried; 0 tries everything.
        score: what the leaderboard is sorted by; null for what the runs are judged by.
        exact: whether a job that comes to another kind of machine is refused; else it
            goes on there, and the leaderboard says from which round on.
    """

    name: str | None = None
    workers: int = 1
    budget: str | None = None
    retry: Retry = Retry.all
    fail_fast: int = 3
    score: str | None = None
    exact: bool = False
    job_limit: str | None = None


@dataclass
class HpoConfig:
    """What every search has beside its own options.

    Attributes:
        trials: combinations to try, over all calls together.
        objectives: what is searched for: scores that are measured while training,
            `seconds` or `memory`.
        prune: whether a job that is hopeless by its scores so far is ended.
        seed: of the search; that of the runs is `seed`.
    """

    trials: int = 20
    objectives: list[str] = field(default_factory=lambda: ["swd"])
    prune: bool = True
    seed: int = 0


SHARED = {  # group -> what all its builders have
    "data": DataConfig,
    "loss": LossConfig,
    "trainer": TrainerConfig,
    "hpo": HpoConfig,
}
