"""How many cores this process may use."""

import os


def count() -> int:
    """The cores that the system lets this process have."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1
