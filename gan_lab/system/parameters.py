"""Parameters of functions and options of verbs, refused in one sentence."""

from collections.abc import Iterable
from pathlib import Path

from gan_lab.errors import ParameterError


def require_least(least: int, **given: int) -> None:
    """Refuse numbers that are too small.

    Args:
        least: the smallest that there can be.
        **given: parameter -> value.

    Raises:
        ParameterError: one is smaller.
    """
    for name, value in given.items():
        if value < least:
            raise ParameterError(name, f"must be at least {least}. Received: {value}.")


def require_one_of(known: Iterable[str], **given: str) -> None:
    """Refuse names that there are not.

    Args:
        known: the names.
        **given: parameter -> name.

    Raises:
        ParameterError: one is another.
    """
    known = list(known)
    for name, value in given.items():
        if value not in known:
            said = f"{', '.join(known[:-1])} or {known[-1]}"
            raise ParameterError(name, f"must be {said}. Received: {value}.")


def require_file(path: Path, *suffixes: str, name: str = "out") -> None:
    """Refuse a file that could not be written, before there is anything in it.

    Args:
        path: the file.
        *suffixes: those that it can have.
        name: of the parameter.

    Raises:
        ParameterError: it has another suffix, or its folder is not there.
    """
    known, folder = path.suffix.lower() in suffixes, path.is_dir()
    if not known or folder or not path.parent.is_dir():
        raise ParameterError(
            name,
            f"must be a {' or '.join(suffixes)} file in a folder that exists. "
            f"Received: {path}{', which is a folder' if folder else ''}.",
        )
