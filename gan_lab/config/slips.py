"""Slips of the pen: overrides that Hydra would take for something else."""

import re
import shlex
from collections.abc import Iterable
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, Override
from hydra.errors import HydraException

from gan_lab import registry
from gan_lab.config.options import options
from gan_lab.config.schema import COMPOSED, SEVERAL, Composed, SweepConfig
from gan_lab.errors import UsageError

GROUPS = (*COMPOSED, "experiment")
HOLDERS = sorted((*GROUPS, "sweep"), key=len, reverse=True)  # `loss/penalty` first
KEY = re.compile(r"[+~]{0,2}[A-Za-z_$][\w$-]*([./@:][\w$-]+)*")


def read(overrides: Iterable[str]) -> list[Override]:
    """Overrides, as Hydra takes them.

    Raises:
        UsageError: one cannot be read.
    """
    found = []
    for text in overrides:
        parsed = _parsed(text)
        if not parsed:
            raise UsageError(f"`{text}` is not an override: {_why_not(text)}")
        found += parsed
    return found


def refuse(overrides: Iterable[Override]) -> None:
    """Refuse overrides that cannot mean what they say.

    Raises:
        UsageError: there is one.
    """
    for override in overrides:
        if override.is_hydra_override():
            continue
        if override.key_or_group in GROUPS:
            _refuse_choice(override)
        elif reason := _misplaced(override):
            raise UsageError(f"`{line(override)}`: {reason}.")


def line(override: Override) -> str:
    """An override as it was typed, which every one has that was read."""
    return override.input_line or ""


def _parsed(text: str) -> list[Override]:
    """The one override that a text is, or none where it cannot be read."""
    try:
        parsed = OverridesParser.create().parse_overrides([text])
    except HydraException:
        return []
    return parsed if KEY.match(text) else []


def _why_not(text: str) -> str:
    """The mistake in an override, and what to type where that is known."""
    key, equals, value = text.partition("=")
    if not equals or not KEY.fullmatch(key):
        near = f" Did you mean {meant}?" if (meant := instead(text)) else ""
        return f"it must be key=value or group=option.{near}"
    if value.startswith("="):
        return "it has one equals sign too many."
    if re.search(r"[,;]\s*[a-z][\w./]*=", value):
        return "a space stands between two overrides."
    if re.search(r"(^|,)\s*(,|$)", value):
        return "a comma stands between two values."
    if any(value.count(a) != value.count(b) for a, b in ("[]", "{}", "()")) or any(
        value.count(quote) % 2 for quote in "'\""
    ):
        return "its brackets or quotes do not match."
    if value.startswith("{"):
        return "pairs in braces have a colon each, such as {a:1,b:2}."
    if re.match(r"\w+\(", value):  # quotes would make a text of it
        return "its value cannot be read."
    inner = value.replace("\\", "\\\\").replace('"', '\\"')
    quoted = f'{key}="{inner}"'
    if _parsed(quoted):
        return f"such a value stands in quotes, {shlex.quote(quoted)}."
    return "its value cannot be read."


def instead(text: str) -> str:
    """An override that a text may have meant which is none; nothing if none is near."""
    tidy = re.sub(r"\s*=\s*", "=", text.strip().lstrip("-\N{EM DASH}\N{EN DASH}"))
    if tidy != text and "=" in tidy and _parsed(tidy):
        return tidy
    group, _, name = re.sub(r"[./:\s]+", " ", tidy).partition(" ")
    if name in options(group):
        return f"{group}={name}"
    if tidy in Composed.__dataclass_fields__:
        return f"{tidy}=..."
    return next((f"{g}={tidy}" for g in GROUPS if tidy in options(g)), "")


def _refuse_choice(override: Override) -> None:
    """Refuse what does not choose an option of a group, or some of them for a sweep."""
    group, typed = override.key_or_group, line(override)
    known = ", ".join(options(group))
    if override.is_delete():
        if group != "experiment":
            raise UsageError(f"`{typed}`: `{group}` must be chosen: {known}.")
    elif override.is_add() or override.is_force_add():
        raise UsageError(f"`{typed}`: it needs no +: {typed.lstrip('+')}.")
    elif group in SEVERAL:
        if not all(isinstance(v, list) for v in _values(override)):
            received = typed.partition("=")[2] or "nothing"
            raise UsageError(
                f"`{group}` must be a list of {known}, such as {group}=[{received}]. "
                f"Received: {received}."
            )
    elif not all(isinstance(v, str) and v for v in _values(override)):
        received = typed.partition("=")[2] or "nothing"
        raise UsageError(f"`{group}` must be one of {known}. Received: {received}.")


def _values(override: Override) -> list[Any]:
    """The value of an override, or those of a sweep; a pattern has only names."""
    value = override.value()
    if isinstance(value, ChoiceSweep):
        return [getattr(item, "text", item) for item in value.list]
    return [] if isinstance(value, Glob) else [value]


def _misplaced(override: Override) -> str:
    """The key to type in place of one that stands where it cannot."""
    key, equals, value = line(override).lstrip("+~").partition("=")
    if key == "sweep":
        known = (f"sweep.{name}" for name in SweepConfig.__dataclass_fields__)
        return f"it is a group of keys, {', '.join(known)}"
    dotted = key.replace("/", ".")
    group = next((g for g in HOLDERS if f"{dotted}.".startswith(_dots(g))), None)
    if group is None:
        return ""
    rest = dotted.removeprefix(_dots(group)[:-1]).lstrip(".")
    if group in SEVERAL and rest:
        return f"a key is set with a dot: {dotted}{equals}{value}" if "/" in key else ""
    option, _, inner = rest.partition(".")
    if not rest:
        bare = re.fullmatch(r"[\w,]+", value) and value != "null"
        if group in SEVERAL:
            listed = value if value.startswith("[") else f"[{value if bare else ''}]"
            return f"the dot should be a slash: {group}={listed}"
        return f"the dot should be a slash: {group}={value if bare else 'none'}"
    if rest == "name" and group in GROUPS:
        return f"an option is chosen by its group: {group}={value}"
    if option in options(group) and not _is_key(group, option):
        keys = f" {_dots(group)}{inner}={value}" if inner else ""
        return f"an option is chosen with an equals sign: {group}={option}{keys}"
    if "/" in key:
        return f"a key is set with a dot: {dotted}{equals}{value}"
    return ""


def _dots(group: str) -> str:
    """The beginning of a group's keys."""
    return f"{group.replace('/', '.')}."


def _is_key(group: str, name: str) -> bool:
    """Tell whether any builder of a group has an option of this name."""
    entries = (registry.entry(group, n) for n in registry.names(group))
    return any(name in entry.fields for entry in entries)
