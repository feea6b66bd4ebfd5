"""The verbs of the command line: what is done with runs and with data.

A verb is a file of this folder, with the function of its name.
"""

import importlib
import pkgutil

from gan_lab.cli.parser import Verb


def names() -> list[str]:
    """Every verb."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def verb(name: str) -> Verb:
    """The function of a verb."""
    function: Verb = getattr(importlib.import_module(f"{__name__}.{name}"), name)
    return function
