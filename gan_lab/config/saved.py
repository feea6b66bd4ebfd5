"""The configuration that a file holds: typed anew, and changed key by key."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from gan_lab import registry
from gan_lab.config.imports import import_parts
from gan_lab.config.keys import DRAWN, has
from gan_lab.config.options import NONE
from gan_lab.config.schema import PARTS, SEVERAL, Config, schema
from gan_lab.config.values import elsewhere, refused
from gan_lab.errors import UsageError, suggest

UNREADABLE = (OmegaConfBaseException, YAMLError, AttributeError, KeyError, OSError)
MALFORMED = (*UNREADABLE, ValueError, TypeError)  # what YAML can say by mistake


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
        config: DictConfig = OmegaConf.structured(Config)
        for group in PARTS:
            part = OmegaConf.structured(schema(group, _choice(group, saved)))
            OmegaConf.update(config, group.replace("/", "."), part)
        for group in SEVERAL:
            place = group.replace("/", ".")
            for name in OmegaConf.select(saved, place) or ():
                part = OmegaConf.structured(schema(group, name))
                OmegaConf.update(config, f"{place}.{name}", part)
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


def _choice(group: str, saved: DictConfig | ListConfig) -> str:
    """The part that a file says of a group; none if it was written before there was it.

    A group that there always was has no such option, and must be there.
    """
    node: Any = saved
    for key in group.split("/"):
        if key not in node and NONE in registry.names(group):
            return NONE
        node = node[key]
    name: str = node.name
    return name


def _change(config: DictConfig, override: str) -> None:
    key, equals, text = override.partition("=")
    dotted = key.replace("/", ".")
    parent, _, last = dotted.rpartition(".")
    node = OmegaConf.select(config, parent) if parent else config
    known = list(node) if isinstance(node, DictConfig) else list(config)
    if not equals or last not in known or not isinstance(node, DictConfig):
        whole = "" if parent else elsewhere(key)
        near = f" Did you mean `{whole}`?" if whole else suggest(last, known)
        raise UsageError(
            f"`{override}` does not change a key of this run.{near} "
            f"Known: {', '.join(known)}."
        )
    chosen = isinstance(node[last], DictConfig) or (parent and last == "name")
    if chosen or has(key, DRAWN):
        raise UsageError(f"`{key}` cannot be changed in a run. Received: {text}.")
    if dotted != key:
        raise UsageError(f"`{override}`: a key is set with a dot: {dotted}={text}.")
    try:
        OmegaConf.update(config, key, _read(text))
    except YAMLError:
        raise UsageError(f"`{override}`: its value cannot be read.") from None
    except OmegaConfBaseException as error:
        raise refused(error, override) from None


def _read(text: str) -> DictConfig | ListConfig | str | None:
    """A value as it is typed; what is in quotes is a text."""
    if text.startswith(("[", "{")):
        return OmegaConf.create(text)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return None if text == "null" else text
