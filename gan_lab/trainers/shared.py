"""Keys that every trainer has beside the options of its step."""

from dataclasses import dataclass
from enum import Enum

from gan_lab.features import Features
from gan_lab.registry import share


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
    """The answer to a score that stays far from its best."""

    warn = "warn"
    stop = "stop"
    rollback = "rollback"


@share("trainer")
@dataclass
class TrainerConfig:
    """Keys that every trainer has beside the options of its step.

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
        ema_half_life: images after which the average has half forgotten a generator,
            in place of `ema`; null goes by `ema`.
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
    ema_half_life: float | None = None
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
