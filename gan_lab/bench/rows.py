"""The rows of the bench: configurations, and a name for each."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import cast

from omegaconf import DictConfig, OmegaConf

from gan_lab.config.check import check
from gan_lab.config.compose import load_config
from gan_lab.config.schema import schema
from gan_lab.data import dataset
from gan_lab.data.sources.shared import DataConfig
from gan_lab.errors import UsageError
from gan_lab.trainers.shared import Strategy

SHAPES = {  # of published pictures: side and channels
    "digits": (28, 1),
    "mnist": (28, 1),
    "fashion_mnist": (28, 1),
    "stacked_mnist": (28, 3),
    "cifar10": (32, 3),
    "cifar100": (32, 3),
}


@dataclass(frozen=True)
class Row:
    """A configuration to measure.

    Attributes:
        stands_in: whether made-up pictures take the place of its own.
    """

    config: DictConfig
    stands_in: bool = False

    @property
    def step(self) -> str:
        """The step, with the latents and critic steps that are not usual."""
        trainer = self.config.trainer
        words = [trainer.name]
        if "latents" in trainer and trainer.latents.value != "fresh":
            words.append(trainer.latents.value)
        if trainer.get("critic_steps", 1) != 1:
            words.append(f"{trainer.critic_steps} to 1")
        return " ".join(words)

    @property
    def label(self) -> dict:
        """The name that tells it from other rows."""
        trainer = self.config.trainer
        return {
            "step": self.step,
            "batch": trainer.batch_size,
            "precision": trainer.precision.value,
        }


def rows(
    overrides: Iterable[str],
    steps: Iterable[str] = (),
    batches: Iterable[str | int] = (),
    precisions: Iterable[str] = (),
) -> list[Row]:
    """Every combination, by step, batch and precision.

    Args:
        overrides: of the configuration, as for training.
        steps: options of `trainer`; the configuration's own where none.
        batches: values of `trainer.batch_size`; the same.
        precisions: values of `trainer.precision`; the configuration's own, and
            `mixed_bfloat16` beside it, where none.

    Raises:
        UsageError: an override or a combination is wrong.
    """
    overrides = list(overrides)
    own = load_config(*overrides).trainer
    precisions = list(precisions) or [own.precision.value, "mixed_bfloat16"]
    combined = product(
        list(steps) or [own.name],
        list(batches) or [own.batch_size],
        dict.fromkeys(precisions),
    )
    return [_row(overrides, own.name, *chosen) for chosen in combined]


def _row(
    overrides: list[str], own: str, step: str, batch: str | int, precision: str
) -> Row:
    kept = overrides
    if step != own:
        kept = [o for o in overrides if not o.startswith("trainer=")]
        kept.append(f"trainer={step}")
    config = load_config(
        *kept, f"trainer.batch_size={batch}", f"trainer.precision={precision}"
    )
    if config.trainer.strategy is Strategy.multiworker:
        raise UsageError("`bench` measures one machine: trainer.strategy=mirrored.")
    stands_in = not _is_there(config.data)
    if stands_in:
        config.data = _made_up(config.data)
    return Row(check(config), stands_in)


def _is_there(data: DictConfig) -> bool:
    """Tell whether there is data; a path that leads nowhere is a mistake."""
    if OmegaConf.is_missing(data, "path"):
        return False
    try:
        dataset.look(dataset.find(cast(DataConfig, data)))  # a node of that schema
    except UsageError:
        if data.get("path"):
            raise
        return False
    return True


def _made_up(data: DictConfig) -> DictConfig:
    """Synthetic pictures of the shape that a data set has."""
    side, channels = SHAPES.get(data.name, (None, None))
    side, channels = data.image_size or side, data.channels or channels or 3
    if not side:
        raise UsageError(
            f"`data={data.name}` is not here, and `data.image_size` does not say how "
            "large pictures are to be in its place."
        )
    made = OmegaConf.structured(schema("data", "synthetic"))
    for key in set(DataConfig.__dataclass_fields__) - {"image_size", "channels"}:
        made[key] = data[key]
    made.image_size, made.channels = side, channels
    return made
