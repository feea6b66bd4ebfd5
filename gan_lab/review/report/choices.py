"""Choices of a run: its differences from the defaults, and how to repeat it."""

import re
import shlex
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import getitem
from typing import Any

from gan_lab.config.compose import load_config
from gan_lab.config.defaults import completed
from gan_lab.config.differences import differences, plain
from gan_lab.config.schema import INNER, PARTS, SEVERAL

PROGRAM = ("python", "-m", "gan_lab")
BARE = re.compile(r"[A-Za-z_/][\w./-]*")
WORDS = ("null", "true", "false", "inf", "nan")  # they would not be texts


def changes(config: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Key -> (default, value) of what a run chose.

    Groups come first; then what differs from the defaults of these choices.

    Args:
        config: the whole configuration, as `run.json` holds it.

    Raises:
        UsageError: it has parts that are not here.
    """
    config, usual = completed(config), _parts(plain(load_config()))
    chosen = {g: (usual[g], n) for g, n in _parts(config).items() if n != usual[g]}
    for group in INNER:  # a loss brings its own penalty
        if group.partition("/")[0] in chosen:
            chosen[group] = (usual[group], _parts(config)[group])
    given = [_override(group, name) for group, (_, name) in chosen.items()]
    defaults = plain(load_config(*given))  # a page imports nothing that a run names
    return chosen | differences(defaults | {"imports": []}, config)


def commands(
    facts: Mapping[str, Any],
    events: Iterable[Mapping[str, Any]],
    changed: Mapping[str, Any],
) -> list[str]:
    """Commands that have the run again, in the order of typing.

    Args:
        facts: of `run.json`.
        events: of the run; what a resume changed has to be changed again.
        changed: what `changes` found, for a run that no command line began.
    """
    given = facts["argv"][1:] if "argv" in facts else _overrides(changed)
    resumes = [e["overrides"] for e in events if e["event"] == "resume"]
    typed = [given, *(["resume", "RUN", *o] for o in resumes if o)]
    return [shlex.join([*PROGRAM, *map(str, words)]) for words in typed]


def _parts(config: Mapping[str, Any]) -> dict[str, Any]:
    """The builder that is chosen for each group, or those that are."""
    nodes = {g: reduce(getitem, g.split("/"), config) for g in (*PARTS, *SEVERAL)}
    return {g: [*node] if g in SEVERAL else node["name"] for g, node in nodes.items()}


def _overrides(changed: Mapping[str, Any]) -> list[str]:
    return [_override(key, value) for key, (_, value) in changed.items()]


def _override(key: str, value: object) -> str:
    return f"{key}={_text(value)}"


def _text(value: object) -> str:
    """A value as Hydra reads it."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case list():
            return f"[{','.join(map(_text, value))}]"
        case dict():
            pairs = (f"{_text(k)}:{_text(v)}" for k, v in value.items())
            return f"{{{','.join(pairs)}}}"
        case str() if not BARE.fullmatch(value) or value.lower() in WORDS:
            # Backslashes count where a quote follows them, and nowhere else.
            doubled = re.sub(r"(\\+)(?='|$)", r"\1\1", value)
            return "'" + doubled.replace("'", "\\'") + "'"
    return str(value)
