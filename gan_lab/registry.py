"""Builders, registered by group and name; a builder's signature is its schema."""

import enum
import functools
import importlib
import inspect
import pkgutil
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from gan_lab.errors import UsageError, suggest

REQUIRED = inspect.Parameter.empty
# The room of each group: a package, whose files register its builders, or a file. It is
# imported when the group is first asked for, which may look upward.
ROOMS = {
    "model": "gan_lab.models",
    "data": "gan_lab.data.sources",
    "loss": "gan_lab.losses",
    "loss/penalty": "gan_lab.losses",
    "loss/terms": "gan_lab.losses.terms",
    "augment": "gan_lab.augment",
    "optim": "gan_lab.optim",
    "trainer": "gan_lab.trainers",
    "metric": "gan_lab.evaluation.scores",
    "engine": "gan_lab.sweeps.engines",
    "hpo": "gan_lab.sweeps.samplers",
}
Builder = TypeVar("Builder", bound=Callable[..., Any])
Keys = TypeVar("Keys", bound=type[Any])
_SCALARS = (bool, int, float, str)
_entries: dict[str, dict[str, "Entry"]] = {}
_shared: dict[str, type[Any]] = {}


@dataclass(frozen=True)
class Entry:
    """One registered builder.

    Attributes:
        builder: the function. Its positional-only parameters come from the run.
        fields: option name -> (type, default); the default is `REQUIRED` where
            the user has to give one.
    """

    group: str
    name: str
    builder: Callable[..., Any]
    fields: dict[str, tuple[Any, Any]]

    @property
    def summary(self) -> str:
        """The first line of the builder's docstring."""
        return (inspect.getdoc(self.builder) or "").partition("\n")[0]

    def describe(self, option: str) -> str:
        """The builder's own words on an option, in one line."""
        said = re.search(
            rf"^ +{option}: (.*(?:\n {{8}}.*)*)",
            inspect.getdoc(self.builder) or "",
            re.M,
        )
        return re.sub(r"\s+", " ", said[1]) if said else ""


def register(group: str) -> Callable[[Builder], Builder]:
    """Make the decorated builder an option of `group`, under its own name.

    Args:
        group: one of `ROOMS`.

    Raises:
        TypeError: a parameter is neither positional-only (given by the run) nor
            keyword-only with a type that a configuration can hold.
        ValueError: the group is unknown or the name is taken.
    """
    if group not in ROOMS:
        raise ValueError(f"`{group}` is not a group. Known: {', '.join(ROOMS)}.")

    def add(builder: Builder) -> Builder:
        name = builder.__name__
        known = _entries.setdefault(group, {}).get(name)
        if known and known.builder.__module__ != builder.__module__:
            raise ValueError(
                f"`{group}={name}` is registered twice: by "
                f"{known.builder.__module__} and by {builder.__module__}."
            )
        _entries[group][name] = Entry(group, name, builder, _fields(builder))
        return builder

    return add


def share(group: str) -> Callable[[Keys], Keys]:
    """Make the decorated dataclass the keys of a group that its builders do not get.

    They are part of the group's configuration, whichever builder is chosen. A builder
    with an option of the same name gets that one.
    """

    def add(keys: Keys) -> Keys:
        _shared[group] = keys
        return keys

    return add


def shared(group: str) -> type[Any] | None:
    """The dataclass of the keys that all builders of a group share, if any."""
    _open(ROOMS[group])
    return _shared.get(group)


def names(group: str) -> list[str]:
    """The registered names of a group, sorted."""
    _open(ROOMS[group])
    return sorted(_entries[group])


def entry(group: str, name: str) -> Entry:
    """The registered builder, or a `UsageError` that lists the known ones."""
    _open(ROOMS[group])
    try:
        return _entries[group][name]
    except KeyError:
        raise UsageError(
            f"`{group}={name}` is not known.{suggest(name, names(group))} "
            f"Known: {', '.join(names(group))}."
        ) from None


def build(group: str, node: Mapping[str, Any], *context: Any) -> Any:
    """Call the builder that `node["name"]` names.

    Args:
        group: one of `ROOMS`.
        node: the group's configuration: `name`, the builder's own options, and keys
            that the group shares, which the builder does not get.
        *context: what the run gives to builders of this group.

    Raises:
        UsageError: the name or a key is unknown, or a required option is absent.
    """
    found = entry(group, node["name"])
    check(group, node)
    options = {key: node[key] for key in node if key in found.fields}
    return found.builder(*context, **options)


def check(group: str, node: Mapping[str, Any]) -> None:
    """Refuse a configuration that its builder could not be called with.

    Args:
        group: one of `ROOMS`.
        node: the group's configuration.

    Raises:
        UsageError: the name or a key is unknown, or a required option is absent.
    """
    found = entry(group, node["name"])
    place = group.replace("/", ".")
    keys = shared(group)
    known = [*found.fields, *(keys.__dataclass_fields__ if keys else ())]
    for key in node:
        if key not in ("name", *known):
            raise unknown_option(group, found.name, key, known)
    for key, (_, default) in found.fields.items():
        if default is REQUIRED and node.get(key) is None:
            raise UsageError(
                f"`{place}.{key}` must be given for `{group}={found.name}`: "
                f"{found.describe(key)}"
            )


def unknown_option(group: str, name: str, key: str, known: list[str]) -> UsageError:
    """The sentence for a key that a builder has not; it names those that have it.

    Args:
        group: one of `ROOMS`.
        name: of the builder.
        key: that was given.
        known: keys that could be.
    """
    others = [n for n, e in _entries[group].items() if key in e.fields]
    if others:
        near = f" It is one of `{group}={'|'.join(sorted(others))}`."
    else:
        near = suggest(key, known)
    listed = f" Known: {', '.join(known)}." if known else ""
    return UsageError(
        f"`{group.replace('/', '.')}.{key}` is not an option of `{group}={name}`."
        f"{near}{listed}"
    )


@functools.cache
def _open(room: str) -> None:
    """Import a room, and each of its files: they register what they have."""
    package = importlib.import_module(room)
    for file in pkgutil.iter_modules(getattr(package, "__path__", ())):
        if not file.ispkg:
            importlib.import_module(f"{room}.{file.name}")


def _fields(builder: Callable[..., Any]) -> dict[str, tuple[Any, Any]]:
    hints = typing.get_type_hints(builder)
    fields = {}
    for parameter in inspect.signature(builder).parameters.values():
        if parameter.kind is parameter.POSITIONAL_ONLY:
            continue
        place = f"parameter `{parameter.name}` of `{builder.__name__}`"
        if parameter.kind is not parameter.KEYWORD_ONLY:
            raise TypeError(
                f"{place} must be positional-only (given by the run) or keyword-only "
                f"(configured). Received: {parameter.kind.description}."
            )
        hint = hints.get(parameter.name)
        if not _holdable(hint):
            raise TypeError(
                f"{place} must be annotated bool, int, float, str, an Enum, a list or "
                f"dict[str, ...] of these, or one of them | None. Received: {hint}."
            )
        fields[parameter.name] = (hint, parameter.default)
    return fields


def _holdable(hint: Any) -> bool:
    """Tell whether a configuration can hold a value of this type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in arguments if a is not types.NoneType]
        return len(inner) == 1 and len(arguments) == 2 and _holdable(inner[0])
    if origin is list:
        return _holdable(*arguments)
    if origin is dict:
        return arguments[0] is str and arguments[1] in _SCALARS
    return isinstance(hint, type) and (hint in _SCALARS or issubclass(hint, enum.Enum))
