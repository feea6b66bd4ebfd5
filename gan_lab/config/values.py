"""Values: what a key can hold, and the sentence for what it cannot."""

import dataclasses
import enum
import re
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    InterpolationResolutionError,
    OmegaConfBaseException,
)

from gan_lab import registry
from gan_lab.config.schema import COMPOSED, SEVERAL, SweepConfig
from gan_lab.errors import UsageError, suggest

KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def refused(error: OmegaConfBaseException, typed: str = "") -> UsageError:
    """The sentence for an error of OmegaConf's, which names the key as it was typed.

    Args:
        error: the error.
        typed: the override that it comes from, where it comes from one.
    """
    place = error.full_key or ""
    holder, _, last = place.rpartition(".")
    if (group := holder.replace(".", "/")) in SEVERAL:
        known = registry.names(group)
        chosen = last if last in known else known[0]
        return UsageError(
            f"`{typed or place}`: `{last}` is not chosen, as {group}=[{chosen}] does. "
            f"Known: {', '.join(known)}."
        )
    if isinstance(error, InterpolationResolutionError):
        return UsageError(f"`{place}`{_of_a_reference(error)}.")
    if isinstance(
        error, ConfigKeyError | ConfigAttributeError
    ) and dataclasses.is_dataclass(error.object_type):
        return unknown_key(place, error.object_type)
    rule, (key, equals, value) = _rule(error), typed.lstrip("+~").partition("=")
    if not rule:
        reason = str(error).partition("\n")[0].rstrip(".")
        return UsageError(f"`{typed or place}`: {reason}.")
    if key.startswith(f"{place}."):
        return UsageError(f"`{key}` is not a key: `{place}` is {rule}.")
    if not equals:  # a file says it
        said = re.search(r"[Vv]alue '?(.*?)'? (?:of type|for field|\()", str(error))
        value = said[1].replace("None", "null") if said else "another kind of value"
    return UsageError(f"`{place}` must be {rule}. Received: {value or 'nothing'}.")


def unknown_key(place: str, holder: type[Any]) -> UsageError:
    """The sentence for a key that there is not.

    Args:
        place: with its dots.
        holder: the dataclass that would have it.
    """
    parent, _, last = place.rpartition(".")
    known = list(holder.__dataclass_fields__)
    group = parent.replace(".", "/")
    if group in COMPOSED:
        known.remove("name")
        return registry.unknown_option(group, holder.__name__, last, known)
    near = suggest(last, known)
    if not parent and (whole := elsewhere(last)):
        near = f" Did you mean `{whole}`?"
    return UsageError(f"`{place}` is not a key.{near} Known: {', '.join(known)}.")


def elsewhere(key: str) -> str | None:
    """A key of a group that ends like this."""
    for group in (*COMPOSED, "sweep"):
        shared = SweepConfig if group == "sweep" else registry.shared(group)
        known = set(shared.__dataclass_fields__ if shared else ())
        for name in registry.names(group) if group in COMPOSED else ():
            known |= set(registry.entry(group, name).fields)
        if f"{group}/{key}" in COMPOSED:
            return f"{group}/{key}"
        if key in known:
            return f"{group.replace('/', '.')}.{key}"
    return None


def _rule(error: OmegaConfBaseException) -> str:
    """The rule for the key of an error, where one is known."""
    holder, key = error.object_type, error.key
    if dataclasses.is_dataclass(holder):
        hint = typing.get_type_hints(holder).get(key)
    elif key is None:  # the whole of a list or a dictionary
        hint = error.ref_type
    else:  # an item of it
        inner = next(_without_none(error.ref_type), None)
        hint = (typing.get_args(inner) or (None,))[-1]
    return describe(hint)


def describe(hint: Any) -> str:
    """The name of a type's values; nothing where any will do."""
    kinds = list(_without_none(hint))
    if len(kinds) != 1:
        return ""
    (kind,) = kinds
    origin = typing.get_origin(kind)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        *others, last = (member.name for member in kind)
        text = f"{', '.join(others)} or {last}" if others else last
    elif origin is list:
        text = "a list in brackets, such as [a,b]"
    elif origin is dict:
        text = "pairs in braces, such as {a:1}"
    else:
        text = KINDS.get(kind, "")
    return f"{text}, or null" if text and kind is not hint else text


def _without_none(hint: Any) -> Iterator[Any]:
    """The types of a union but for that of None."""
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    kinds = typing.get_args(hint) if union else (hint,)
    return (kind for kind in kinds if kind is not types.NoneType)


def _of_a_reference(error: InterpolationResolutionError) -> str:
    """The mistake in a `${...}`, to follow the name of its key."""
    reason = str(error).partition("\n")[0].rstrip(".")
    if "ecursi" in reason or "parent node" in reason:
        return " refers to itself"
    said = re.search(r"interpolation '(.+?)': (?:.*?[Vv]alue '?([^'(]*))?", reason)
    if said and (rule := _rule(error)):
        value = "null" if said[2] == "None" else (said[2] or "").strip()
        received = f"{said[1]}, which is {value}" if value else said[1]
        return f" must be {rule}. Received: {received}"
    if found := re.search(r"Interpolation key '(.*)' not found", reason):
        return f" refers to `{found[1]}`, which does not exist"
    _, raised, message = reason.rpartition(" raised while resolving interpolation: ")
    return f": {message.strip(chr(34)) if raised else reason}"


def resolve(config: DictConfig | ListConfig) -> None:
    """Put values in the place of references.

    Raises:
        UsageError: a reference leads nowhere, or to a value that its key cannot hold.
    """
    keys: Iterable[Any] = (
        config if isinstance(config, DictConfig) else range(len(config))
    )
    for key in keys:
        if OmegaConf.is_missing(config, key):
            continue
        try:
            value = config[key]
        except OmegaConfBaseException as error:
            raise refused(error) from None
        if isinstance(value, DictConfig | ListConfig):
            resolve(value)
    OmegaConf.resolve(config)


def require_complete(config: DictConfig) -> None:
    """Refuse what has no value yet.

    Raises:
        UsageError: there is a key without one.
    """
    for key in sorted(OmegaConf.missing_keys(config)):
        raise UsageError(f"`{key}` must be given. Received: ???.")
