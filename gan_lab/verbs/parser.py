"""The parser that every verb has."""

import argparse
from collections.abc import Callable

from gan_lab.errors import UsageError


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line.

    Args:
        verb: as the user types it.
        function: of the verb; its docstring ends in its usage.
    """

    def __init__(self, verb: str, function: Callable):
        usage = function.__doc__.partition(": ")[2].rstrip(".")
        super().__init__(prog=f"gan_lab {verb}", usage=f"%(prog)s {usage}")

    def error(self, message: str):
        """End with one line."""
        raise UsageError(f"{self.prog}: {message}. Usage: {self.format_usage()[7:-1]}")
