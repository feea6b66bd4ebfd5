"""Overrides as they are typed: paths, and whether they ask for many runs."""

from pathlib import Path

from gan_lab.config.keys import PATH, has
from gan_lab.config.quoting import quoted


def is_sweep(arguments: list[str]) -> bool:
    """Tell whether Hydra is asked for many runs."""
    flags = {"-m", "--multirun"} & set(arguments)
    return bool(flags) or any(a.startswith("hydra.mode=") for a in arguments)


def quote_paths(arguments: list[str]) -> list[str]:
    """Path-valued overrides, quoted so that Hydra takes any path as it is.

    In a sweep a value with a comma stays a list, unless there is such a path.
    """
    sweeping = is_sweep(arguments)
    return [_quote_path(argument, sweeping) for argument in arguments]


def _quote_path(argument: str, sweeping: bool) -> str:
    key, equals, value = argument.partition("=")
    plain = value in ("", "null", "???") or value[0] in "'\"" or "${" in value
    if not has(key.lstrip("+"), PATH) or not equals or plain:
        return argument
    if sweeping and "," in value and not Path(value).expanduser().exists():
        return argument
    return f"{key}={quoted(value)}"
