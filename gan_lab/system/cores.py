"""The number of cores and threads that this process may use."""

import os


def count() -> int:
    """The cores that the system lets this process have."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def threads(*variables: str) -> int:
    """The threads that an environment variable asks for, or one a core.

    Args:
        variables: their names; the first that is a number counts.
    """
    said = (os.environ.get(name, "") for name in variables)
    return next((int(text) for text in said if text.isdecimal() and int(text)), count())
