"""Builders, registered by group and name; a builder's signature is its schema."""

import enum
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gan_lab.errors import UsageError, suggest

REQUIRED = inspect.Parameter.empty
GROUPS = (
    "model",
    "data",
    "loss",
    "loss/penalty",
    "optim",
    "trainer",
    "engine",
    "hpo",
)
_SCALARS = (bool, int, float, str)
_entries: dict[str, dict[str, "Entry"]] = {group: {} for group in GROUPS}


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
    builder: Callable
    fields: dict[str, tuple[type, object]]

    @property
    def summary(self) -> str:
        """The first line of the builder's docstring."""
        return (inspect.getdoc(self.builder) or "").partition("\n")[0]

    def describe(self, option: str) -> str:
        """What the builder's docstring says of an option, in one line."""
        said = re.search(
            rf"^ +{option}: (.*(?:\n {{8}}.*)*)",
            inspect.getdoc(self.builder) or "",
            re.M,
        )
        return re.sub(r"\s+", " ", said[1]) if said else ""


def register(group: str) -> Callable[[Callable], Callable]:
    """Make the decorated builder an option of `group`, under its own name.

    Args:
        group: one of `GROUPS`.

    Raises:
        TypeError: a parameter is neither positional-only (given by the run) nor
            keyword-only with a type that a configuration can hold.
        ValueError: the group is unknown or the name is taken.
    """
    if group not in _entries:
        raise ValueError(f"`{group}` is no group. Known: {', '.join(GROUPS)}.")

    def add(builder: Callable) -> Callable:
        name = builder.__name__
        known = _entries[group].get(name)
        if known and known.builder.__module__ != builder.__module__:
            raise ValueError(
                f"`{group}={name}` is registered twice: by "
                f"{known.builder.__module__} and by {builder.__module__}."
            )
        _entries[group][name] = Entry(group, name, builder, _fields(builder))
        return builder

    return add


def names(group: str) -> list[str]:
    """The registered names of a group, sorted."""
    return sorted(_entries[group])


def entry(group: str, name: str) -> Entry:
    """The registered builder, or a `UsageError` that lists the known ones."""
    try:
        return _entries[group][name]
    except KeyError:
        raise UsageError(
            f"`{group}={name}` is not known.{suggest(name, names(group))} "
            f"Known: {', '.join(names(group))}."
        ) from None


def build(group: str, node: Mapping, *context):
    """Call the builder that `node["name"]` names.

    Args:
        group: one of `GROUPS`.
        node: the group's configuration: `name` and the builder's own options.
        *context: what the run gives to builders of this group.

    Raises:
        UsageError: the name or a key is unknown, or a required option is absent.
    """
    found = entry(group, node["name"])
    check(group, node)
    options = {key: value for key, value in node.items() if key != "name"}
    return found.builder(*context, **options)


def check(group: str, node: Mapping, shared: Iterable[str] = ()) -> None:
    """Refuse a configuration that its builder could not be called with.

    Args:
        group: one of `GROUPS`.
        node: the group's configuration.
        shared: keys that the group has whatever its builder.

    Raises:
        UsageError: the name or a key is unknown, or a required option is absent.
    """
    found = entry(group, node["name"])
    place = group.replace("/", ".")
    known = [*found.fields, *shared]
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
        group: one of `GROUPS`.
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


def _fields(builder: Callable) -> dict[str, tuple[type, object]]:
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


def _holdable(hint) -> bool:
    """Whether a configuration can hold a value of this type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in arguments if a is not types.NoneType]
        return len(inner) == 1 and len(arguments) == 2 and _holdable(inner[0])
    if origin is list:
        return _holdable(*arguments)
    if origin is dict:
        return arguments[0] is str and arguments[1] in _SCALARS
    return isinstance(hint, type) and (hint in _SCALARS or issubclass(hint, enum.Enum))
