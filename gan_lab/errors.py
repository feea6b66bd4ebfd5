"""Errors that gan_lab has a sentence for."""

from collections.abc import Iterable


class GanLabError(Exception):
    """An ending that is explained in one sentence, without a traceback.

    Attributes:
        exit_code: what the command line returns for it.
        status: what becomes of a run that it ends.
    """

    exit_code = 1
    status = "failed"

    @property
    def typed(self) -> str:
        """The sentence for who typed a command, and no call in Python."""
        return str(self)


class UsageError(GanLabError, ValueError):
    """A mistake of the user's: a name, a value, data that is not there."""

    exit_code = 2


class ParameterError(UsageError):
    """A parameter has a value that it cannot have.

    The sentence names a parameter of a function, `real_images`; for who typed a verb it
    names the option, `--real-images`.

    Args:
        name: of the parameter.
        reason: what is said of it, after its name.
        value: stands beside the name, where it is given.
        before: what is said before the name.
    """

    def __init__(
        self, name: str, reason: str, *, value: object = None, before: str = ""
    ) -> None:
        rest = reason if reason[0] in ":." else f" {reason}"
        called, option = name, f"--{name.replace('_', '-')}"
        if value is not None:
            called, option = f"{name}={value!r}", f"{option} {value}"
        super().__init__(f"{before}`{called}`{rest}")
        self._typed = f"{before}`{option}`{rest}"

    @property
    def typed(self) -> str:
        return self._typed


class DamagedError(UsageError):
    """A file is not what was written.

    Args:
        path: the file.
        reason: in a clause.
    """

    def __init__(self, path: object, reason: str):
        super().__init__(f"{path} is damaged ({reason}).")
        self.reason = reason


class NonFiniteError(GanLabError):
    """A loss, a logit or a weight is NaN or infinite."""

    exit_code = 3


class CollapseError(GanLabError):
    """The score has been far from its best for too long."""

    exit_code = 4
    status = "stopped"


class OutOfMemoryError(GanLabError):
    """The host or the device has no memory left."""

    exit_code = 5


class WorkerError(GanLabError):
    """Another process of the same run has ended."""

    exit_code = 6


class StorageError(GanLabError):
    """The disk is full, or a folder cannot be written."""


class StoppedError(GanLabError):
    """A signal ended it; the exit code says which."""

    def __init__(self, message: str, exit_code: int):
        super().__init__(message)
        self.exit_code = exit_code


def storage_error(error: BaseException) -> StorageError | None:
    """The sentence for a disk that is full or a folder that cannot be written."""
    import errno

    if not isinstance(error, OSError):
        return None
    place = error.filename or "the run folder"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageError(f"There is no space left for {place} ({error.strerror}).")
    misplaced = (errno.ENOTDIR, errno.EISDIR)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, *misplaced):
        return StorageError(f"{place} cannot be written ({error.strerror}).")
    return None


def suggest(name: str, known: Iterable[str]) -> str:
    """` Did you mean ...?` for the nearest of the known names, or nothing."""
    import difflib

    plain = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), list(plain), n=1)
    return f" Did you mean `{plain[near[0]]}`?" if near else ""
