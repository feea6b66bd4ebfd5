"""The configuration: its types, its files, and the checks that need neither data nor
device."""

import importlib
import importlib.metadata
import re
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, make_dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import omegaconf
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

import gan_lab.data
import gan_lab.losses
import gan_lab.models
import gan_lab.optim
import gan_lab.trainers  # noqa: F401
from gan_lab import registry
from gan_lab.data.geometry import Decode, Resize
from gan_lab.errors import UsageError, suggest

_PACKAGE = Path(__file__).parent
CONF_DIR = next(c for c in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if c.is_dir())


class Precision(Enum):
    """The type that networks compute in; their weights are always float32."""

    float32 = "float32"
    mixed_bfloat16 = "mixed_bfloat16"


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


@dataclass
class LossConfig:
    """What every loss has beside its own options."""

    penalty: Any = omegaconf.MISSING


@dataclass
class TrainerConfig:
    """What every trainer has beside the options of its step.

    Attributes:
        steps: rounds to play.
        batch_size: real images of one discriminator update.
        tick_steps: rounds between two reports.
        sample_ticks: ticks between two grids.
        checkpoint_ticks: ticks between two checkpoints.
        keep: how many checkpoints stay.
        samples: pictures in a grid.
        sample_scale: what the fixed latents of the grid are multiplied by.
        ema: decay of the moving average of the generator; 0 keeps none.
        precision: `float32` or `mixed_bfloat16`.
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


UNREADABLE = (OmegaConfBaseException, YAMLError, AttributeError, KeyError, OSError)
DRAWN = ("trainer.samples",)  # a run keeps the fixed latents that it began with
GROUPS = ("model", "data", "loss", "optim", "trainer")
SHARED = {"data": DataConfig, "loss": LossConfig, "trainer": TrainerConfig}


def import_parts(modules: Iterable[str]) -> None:
    """Import modules that register parts: these, and those of installed packages.

    Raises:
        UsageError: a module is not there, or its import fails.
    """
    for point in importlib.metadata.entry_points(group="gan_lab.parts"):
        point.load()
    for module in modules:
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module.partition(".")[0] and error.name != module:
                raise
            raise UsageError(f"`imports`: there is no module {module}.") from None


def options(group: str) -> list[str]:
    """What can be chosen for a group: files in `conf` and registered parts."""
    known = registry.names(group) if group in registry.GROUPS else []
    return sorted({p.stem for p in (CONF_DIR / group).glob("*.yaml")} | set(known))


def schema(group: str, name: str) -> type:
    """A dataclass of what a builder, and every builder of its group, can be given."""
    fields = [("name", str, field(default=name))]
    for key, (kind, default) in registry.entry(group, name).fields.items():
        if default is registry.REQUIRED:
            default = omegaconf.MISSING
        value = field(default_factory=partial(copy, default))
        fields.append((key, kind, value))
    bases = (SHARED[group],) if group in SHARED else ()
    return make_dataclass(name, fields, bases=bases)


def from_file(path: Path, overrides: Iterable[str] = ()) -> DictConfig:
    """A run's own configuration, typed anew, with keys of it changed.

    Args:
        path: `config.yaml` of a run folder.
        overrides: `key=value` each; no group can be changed.

    Raises:
        UsageError: the file or an override names what there is not, or a value has
            the wrong type.
    """
    try:
        saved = OmegaConf.load(path)
        import_parts(saved.get("imports", []))
        config = OmegaConf.structured(Config)
        for group in GROUPS:
            config[group] = OmegaConf.structured(schema(group, saved[group].name))
        penalty = schema("loss/penalty", saved.loss.penalty.name)
        config.loss.penalty = OmegaConf.structured(penalty)
        config.merge_with(saved)
    except UNREADABLE as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(
            f"{path} is not the configuration of a run: {reason}."
        ) from None
    for override in overrides:
        _change(config, override)
    return config


def check(config: DictConfig) -> DictConfig:
    """Refuse what cannot be run, before data is opened or a device touched.

    Returns:
        The configuration, with every reference in it resolved.

    Raises:
        UsageError: a value is missing or has no meaning.
    """
    config = config.copy()
    for key in config:
        if key not in Config.__dataclass_fields__:
            known = list(Config.__dataclass_fields__)
            raise UsageError(
                f"`{key}` is not a key.{suggest(key, known)} Known: {', '.join(known)}."
            )
    for group in GROUPS:
        if OmegaConf.is_missing(config, group) or config[group] is None:
            raise UsageError(f"`{group}` must be chosen: {', '.join(options(group))}.")
        shared = SHARED[group].__dataclass_fields__ if group in SHARED else ()
        registry.check(group, _given(config[group]), shared)
    registry.check("loss/penalty", _given(config.loss.penalty))
    try:
        OmegaConf.resolve(config)
    except OmegaConfBaseException as error:
        raise UsageError(str(error).partition("\n")[0]) from None
    trainer = config.trainer
    positive = ("steps", "batch_size", "tick_steps", "sample_ticks")
    for key in (*positive, "checkpoint_ticks", "keep", "samples", "metric_ticks"):
        _require(
            trainer[key] >= 1, f"trainer.{key}", "must be at least 1", trainer[key]
        )
    _require(
        trainer.threads >= 0, "trainer.threads", "must be at least 0", trainer.threads
    )
    for key, least in (("metric_samples", 2), ("patience", 0), ("attempts", 0)):
        rule = f"must be at least {least}"
        _require(trainer[key] >= least, f"trainer.{key}", rule, trainer[key])
    within = 0 < trainer.remedy_lr <= 1
    _require(within, "trainer.remedy_lr", "must be in (0, 1]", trainer.remedy_lr)
    _require(
        trainer.remedy_penalty in registry.names("loss/penalty"),
        "trainer.remedy_penalty",
        f"must be one of {', '.join(registry.names('loss/penalty'))}",
        trainer.remedy_penalty,
    )
    _require(0 <= trainer.ema < 1, "trainer.ema", "must be in [0, 1)", trainer.ema)
    _require(
        trainer.sample_scale > 0,
        "trainer.sample_scale",
        "must be above 0",
        trainer.sample_scale,
    )
    data = config.data
    if "path" in data and data.path == "":
        raise UsageError("`data.path` must not be empty. Received: nothing.")
    if data.limit is not None:
        _require(data.limit >= 1, "data.limit", "must be at least 1", data.limit)
    if data.holdout is not None:
        within = 0 < data.holdout < 1
        _require(within, "data.holdout", "must be in (0, 1)", data.holdout)
    seeds = "must be at least 0 and below 2**32"
    _require(0 <= config.seed < 2**32, "seed", seeds, config.seed)
    safe = all(
        re.fullmatch(r"[\w .,+=-]+", p) and p.strip(".") for p in config.name.split("/")
    )
    _require(
        safe,
        "name",
        "must be folder names of letters, digits and _ - + = . ,",
        config.name,
    )
    return config


@dataclass(frozen=True)
class Remedy:
    """What rollbacks have changed of a configuration.

    Attributes:
        attempt: how many there were.
        lr: factor on both learning rates.
        penalty: what is on where there was none.
    """

    attempt: int = 0
    lr: float = 1.0
    penalty: str = "none"

    def next(self, trainer: DictConfig) -> "Remedy":
        """That of one rollback more."""
        penalty = trainer.remedy_penalty if self.penalty == "none" else self.penalty
        return Remedy(self.attempt + 1, self.lr * trainer.remedy_lr, penalty)

    def applied(self, config: DictConfig) -> DictConfig:
        """The configuration as it is trained."""
        config = config.copy()
        for key in ("lr", "discriminator_lr"):
            if config.optim.get(key) is not None:
                config.optim[key] *= self.lr
        if config.loss.penalty.name == "none":
            penalty = OmegaConf.structured(schema("loss/penalty", self.penalty))
            config.loss.penalty = penalty
        return config


def own(group: str, node: Mapping) -> dict:
    """A group's configuration without what all builders of the group share.

    Unless this builder has an option of the same name, which then is its own.
    """
    shared = SHARED[group].__dataclass_fields__ if group in SHARED else ()
    options = registry.entry(group, node["name"]).fields
    return {k: v for k, v in node.items() if k in options or k not in shared}


def plain(config: DictConfig) -> dict:
    """The configuration as JSON can hold it."""
    return OmegaConf.to_container(config, resolve=True, enum_to_str=True)


def differences(before: Mapping, after: Mapping, place: str = "") -> dict[str, tuple]:
    """Dotted key -> (before, after) of everything that differs."""
    found = {}
    for key in (*before, *(key for key in after if key not in before)):
        old, new, here = before.get(key), after.get(key), f"{place}{key}"
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found |= differences(old, new, f"{here}.")
        elif old != new:
            found[here] = (old, new)
    return found


def _change(config: DictConfig, override: str) -> None:
    key, equals, text = override.partition("=")
    parent, _, last = key.rpartition(".")
    node = OmegaConf.select(config, parent) if parent else config
    if not equals or not isinstance(node, DictConfig) or last not in node:
        known = list(node) if isinstance(node, DictConfig) else list(config)
        raise UsageError(
            f"`{override}` does not change a key of this run.{suggest(last, known)} "
            f"Known: {', '.join(known)}."
        )
    if (
        isinstance(node[last], DictConfig)
        or key in DRAWN
        or (parent and last == "name")
    ):
        raise UsageError(f"`{key}` cannot be changed in a run. Received: {text}.")
    try:
        value = OmegaConf.create(text) if text.startswith("[") else text
        OmegaConf.update(config, key, None if text == "null" else value)
    except OmegaConfBaseException as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(f"`{override}`: {reason}.") from None


def _given(node: DictConfig) -> dict:
    return {key: node[key] for key in node if not OmegaConf.is_missing(node, key)}


def _require(holds: bool, key: str, rule: str, received) -> None:
    if not holds:
        raise UsageError(f"`{key}` {rule}. Received: {received}.")
