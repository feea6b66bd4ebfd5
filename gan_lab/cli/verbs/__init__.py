"""The verbs of the command line: what is done with runs and with data.

A verb is a file of this folder, with the function of its name.
"""

import importlib
import pkgutil
from collections.abc import Callable


def names() -> list[str]:
    """Every verb."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def verb(name: str) -> Callable[[list[str]], int]:
    """The function of a verb: what was typed after it -> exit code."""
    return getattr(importlib.import_module(f"{__name__}.{name}"), name)
