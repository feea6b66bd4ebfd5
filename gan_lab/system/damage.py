"""Damage: what of a file is not what was written, said in one way."""

import contextlib
import csv
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from tokenize import TokenError
from zipfile import BadZipFile

from gan_lab.errors import DamagedError, UsageError

Warn = Callable[[str], None]
# What reading a file can come to whose bytes are not those that were written. Another
# OSError is of the disk or of rights: it says nothing of the file.
MISPLACED: dict[type[OSError], str] = {
    FileNotFoundError: "is missing",
    IsADirectoryError: "is a folder",
    NotADirectoryError: "is in a folder that is a file",
}
UNREADABLE: tuple[type[BaseException], ...] = (
    *MISPLACED,
    ValueError,  # among them UnicodeDecodeError and JSONDecodeError
    TypeError,
    LookupError,
    EOFError,
    SyntaxError,
    TokenError,
    BadZipFile,
    csv.Error,
    struct.error,
)


@contextlib.contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Say of whatever goes wrong inside that something is damaged.

    Args:
        path: what is read: a file, or the name of several.

    Raises:
        DamagedError: it is damaged.
    """
    try:
        yield
    except UsageError:
        raise
    except UNREADABLE as error:
        raise DamagedError(path, reason(error, path)) from None


def reason(error: BaseException, path: Path | str | None = None) -> str:
    """The clause of an error on a file.

    Args:
        error: of the kinds in `UNREADABLE`.
        path: the file; where the error names another, so does the clause.
    """
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, OSError) and (said := MISPLACED.get(type(error))):
        other = error.filename and Path(error.filename) != path
        return f"{Path(error.filename).name if other else 'it'} {said}"
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__


def of_lines(path: Path, found: dict[int, str]) -> str:
    """The sentence for lines of a file that cannot be read.

    Args:
        path: the file.
        found: number of a line, from 1 on, -> why, in a clause.
    """
    number, why = next(iter(found.items()))
    if len(found) == 1:
        return f"{path} is damaged in line {number} ({why}): it is left out."
    return (
        f"{path} is damaged in {len(found)} lines, the first of them {number} ({why}): "
        "they are left out."
    )


def silent(line: str) -> None:
    """Says nothing: for who has no console, or whose files were just mended."""
