"""The configuration: its files, and the checks that need neither data nor device."""

import io
import math
import re
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import field, make_dataclass
from functools import partial
from pathlib import Path

import omegaconf
from omegaconf import DictConfig, ListConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from gan_lab import registry
from gan_lab.config.imports import import_parts
from gan_lab.config.keys import DRAWN, has
from gan_lab.config.schema import COMPOSED, GROUPS, SWEEPING, Config, SweepConfig
from gan_lab.config.values import (
    elsewhere,
    refused,
    require_complete,
    resolve,
    unknown_key,
)
from gan_lab.errors import UsageError, suggest
from gan_lab.trainers.shared import OnCollapse, Strategy

_PACKAGE = Path(__file__).parents[1]
CONF_DIR = next(c for c in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if c.is_dir())

UNREADABLE = (OmegaConfBaseException, YAMLError, AttributeError, KeyError, OSError)
MALFORMED = (*UNREADABLE, ValueError, TypeError)  # what YAML can say by mistake


def options(group: str) -> list[str]:
    """The options of a group: files in `conf` and registered parts."""
    known = registry.names(group) if group in COMPOSED else []
    return sorted({p.stem for p in (CONF_DIR / group).glob("*.yaml")} | set(known))


def schema(group: str, name: str) -> type:
    """A dataclass of what a builder, and every builder of its group, can be given."""
    fields = [("name", str, field(default=name))]
    for key, (kind, default) in registry.entry(group, name).fields.items():
        if default is registry.REQUIRED:
            default = omegaconf.MISSING
        value = field(default_factory=partial(copy, default))
        fields.append((key, kind, value))
    shared = registry.shared(group)
    return make_dataclass(name, fields, bases=(shared,) if shared else ())


def of_a_run(composed: DictConfig) -> DictConfig:
    """The part of a command line that is about one run, and not about sweeps."""
    config = OmegaConf.structured(Config)
    with open_dict(config):  # `check` has the sentence for a key that is not known
        for key, value in composed.items_ex(resolve=False):
            if key not in (*SWEEPING, "hydra"):
                config[key] = value
    return config


def from_file(path: Path, overrides: Iterable[str] = ()) -> DictConfig:
    """A run's own configuration, typed anew, with keys of it changed.

    The modules that it names have to be imported before: see `parts.parts_of`.

    Args:
        path: `config.yaml` of a run folder.
        overrides: `key=value` each; no group can be changed.

    Raises:
        UsageError: the file or an override names what there is not, or a value has
            the wrong type.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _not_of_a_run(path, error) from None
    return from_text(text, path, overrides)


def from_text(text: str, path: Path, overrides: Iterable[str] = ()) -> DictConfig:
    """The same of what a file says, or said.

    Args:
        text: YAML.
        path: the file.
        overrides: `key=value` each; no group can be changed.

    Raises:
        UsageError: as `from_file` does.
    """
    try:
        saved = OmegaConf.load(io.StringIO(text))
        import_parts([])
        config = OmegaConf.structured(Config)
        for group in GROUPS:
            config[group] = OmegaConf.structured(schema(group, saved[group].name))
        penalty = schema("loss/penalty", saved.loss.penalty.name)
        config.loss.penalty = OmegaConf.structured(penalty)
        config.merge_with(saved)
    except UsageError:
        raise
    except MALFORMED as error:
        raise _not_of_a_run(path, error) from None
    for override in overrides:
        _change(config, override)
    return config


def _not_of_a_run(path: Path, error: Exception) -> UsageError:
    reason = str(error).partition("\n")[0]
    return UsageError(f"{path} is not the configuration of a run: {reason}.")


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
            raise unknown_key(key, Config)
    for group in GROUPS:
        _require_choice(group, config)
    _require_choice("loss/penalty", config)
    resolve(config)
    for group in GROUPS:
        registry.check(group, _given(config[group]))
    registry.check("loss/penalty", _given(config.loss.penalty))
    require_complete(config)
    _require_sizes(config)
    trainer = config.trainer
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
    _require(
        0 < trainer.sample_scale < math.inf,
        "trainer.sample_scale",
        "must be above 0, and finite",
        trainer.sample_scale,
    )
    _check_devices(trainer)
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


def around(before: Mapping, after: Mapping) -> dict[str, tuple]:
    """The facts that differ between two environments, of those that both recorded.

    Args:
        before: by name, as `run.json` has them; its `variables` are those that were
            set.
        after: the same, of the other one.
    """
    after = {name: after[name] for name in before if name in after}
    found = differences({name: before[name] for name in after}, after)
    return {
        name.removeprefix("variables."): tuple(
            "not set" if x is None else x for x in both
        )
        for name, both in found.items()
    }


def _change(config: DictConfig, override: str) -> None:
    key, equals, text = override.partition("=")
    dotted = key.replace("/", ".")
    parent, _, last = dotted.rpartition(".")
    node = OmegaConf.select(config, parent) if parent else config
    known = list(node) if isinstance(node, DictConfig) else list(config)
    if not equals or last not in known or not isinstance(node, DictConfig):
        whole = not parent and elsewhere(key)
        near = f" Did you mean `{whole}`?" if whole else suggest(last, known)
        raise UsageError(
            f"`{override}` does not change a key of this run.{near} "
            f"Known: {', '.join(known)}."
        )
    whole = isinstance(node[last], DictConfig) or (parent and last == "name")
    if whole or has(key, DRAWN):
        raise UsageError(f"`{key}` cannot be changed in a run. Received: {text}.")
    if dotted != key:
        raise UsageError(f"`{override}`: a key is set with a dot: {dotted}={text}.")
    try:
        OmegaConf.update(config, key, _read(text))
    except YAMLError:
        raise UsageError(f"`{override}`: its value cannot be read.") from None
    except OmegaConfBaseException as error:
        raise refused(error, override) from None


def _read(text: str):
    """A value as it is typed; what is in quotes is a text."""
    if text.startswith(("[", "{")):
        return OmegaConf.create(text)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return None if text == "null" else text


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


def _given(node: DictConfig) -> dict:
    return {key: node[key] for key in node if not OmegaConf.is_missing(node, key)}


def _require(holds: bool, key: str, rule: str, received) -> None:
    if not holds:
        raise UsageError(f"`{key}` {rule}. Received: {received}.")
