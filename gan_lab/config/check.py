"""Checks of a configuration that need neither data nor device."""

import math
import re
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

from gan_lab import registry
from gan_lab.config.options import options
from gan_lab.config.schema import PARTS, SEVERAL, SWEEPING, Config, SweepConfig
from gan_lab.config.values import require_complete, resolve, unknown_key
from gan_lab.errors import UsageError
from gan_lab.trainers.shared import OnCollapse, Strategy


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
            raise unknown_key(str(key), Config)
    for group in PARTS:
        _require_choice(group, config)
    resolve(config)
    for group in PARTS:
        node = OmegaConf.select(config, group.replace("/", "."))
        registry.check(group, _given(node))
    for group in SEVERAL:
        nodes = OmegaConf.select(config, group.replace("/", ".")) or {}
        for name, node in nodes.items():
            if not isinstance(node, DictConfig) or node.get("name") != name:
                known = ", ".join(options(group))
                raise UsageError(f"`{group}` must be a list of {known}.")
            registry.check(group, _given(node))
    require_complete(config)
    _require_sizes(config)
    _check_trainer(config.trainer)
    _check_devices(config.trainer)
    _check_data(config.data)
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


def check_sweeping(composed: DictConfig) -> None:
    """Refuse what holds for many runs and has no meaning; resolve its references.

    Args:
        composed: what a command line says.

    Raises:
        UsageError: a value is missing, or a key is unknown.
    """
    for group in SWEEPING:
        node = composed[group]
        resolve(node)
        require_complete(node)
        if group != "sweep":
            registry.check(group, node)
        for key in node if group == "sweep" else ():
            if key not in SweepConfig.__dataclass_fields__:
                raise unknown_key(f"sweep.{key}", SweepConfig)


def _check_trainer(trainer: DictConfig) -> None:
    positive = ("steps", "batch_size", "tick_steps", "sample_ticks")
    for key in (*positive, "checkpoint_ticks", "keep", "samples", "metric_ticks"):
        _require(
            trainer[key] >= 1, f"trainer.{key}", "must be at least 1", trainer[key]
        )
    most = "must be at least 0 and at most 1024"
    _require(0 <= trainer.threads <= 1024, "trainer.threads", most, trainer.threads)
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
    half_life = trainer.ema_half_life
    _require(
        half_life is None or 0 < half_life < math.inf,
        "trainer.ema_half_life",
        "must be above 0, or null",
        half_life,
    )
    _require(
        0 < trainer.sample_scale < math.inf,
        "trainer.sample_scale",
        "must be above 0, and finite",
        trainer.sample_scale,
    )


def _check_devices(trainer: DictConfig) -> None:
    strategy = trainer.strategy
    if trainer.devices is not None:
        least = "must be at least 1, or null"
        _require(trainer.devices >= 1, "trainer.devices", least, trainer.devices)
        _require(
            trainer.devices == 1 or strategy is not Strategy.none,
            "trainer.devices",
            "above 1 needs `trainer.strategy=mirrored` or `multiworker`",
            trainer.devices,
        )
    _require(
        not trainer.jit or strategy is Strategy.none,
        "trainer.jit",
        "needs `trainer.strategy=none`",
        f"{trainer.jit} with {strategy.value}",
    )
    _require(
        trainer.on_collapse is not OnCollapse.rollback
        or strategy is not Strategy.multiworker,
        "trainer.on_collapse",
        "cannot be rollback with `trainer.strategy=multiworker`, where the chief alone "
        "measures scores",
        trainer.on_collapse.value,
    )


def _check_data(data: DictConfig) -> None:
    if "path" in data and data.path == "":
        raise UsageError("`data.path` must not be empty. Received: nothing.")
    if data.limit is not None:
        _require(data.limit >= 1, "data.limit", "must be at least 1", data.limit)
    if data.holdout is not None:
        within = 0 < data.holdout < 1
        _require(within, "data.holdout", "must be in (0, 1)", data.holdout)


def _require_choice(group: str, config: DictConfig) -> None:
    """Refuse a configuration without an option of a group."""
    node = OmegaConf.select(config, group.replace("/", "."))
    if not isinstance(node, DictConfig) or "name" not in node:
        raise UsageError(f"`{group}` must be chosen: {', '.join(options(group))}.")


def _require_sizes(node: DictConfig | ListConfig) -> None:
    """Refuse numbers that are none, and those that nothing can be counted by."""
    items = node.items() if isinstance(node, DictConfig) else enumerate(node)
    for key, value in items:
        place = node._get_full_key(key)
        if isinstance(value, DictConfig | ListConfig):
            plain = node._metadata.element_type not in (int, float, str, bool)
            _require(plain, node._get_full_key(None), "must not be nested", node)
            _require_sizes(value)
        elif isinstance(value, float):
            _require(not math.isnan(value), place, "must be a number", value)
        elif isinstance(value, int) and place != "seed":
            bits = 31 if place.startswith("trainer.") else 63
            _require(abs(value) < 2**bits, place, f"must be below 2**{bits}", value)


def _given(node: DictConfig) -> dict[str, Any]:
    given = (key for key in node if not OmegaConf.is_missing(node, key))
    return {str(key): node[key] for key in given}


def _require(holds: bool, key: str, rule: str, received: object) -> None:
    if not holds:
        raise UsageError(f"`{key}` {rule}. Received: {received}.")
