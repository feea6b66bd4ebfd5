"""The parser that every verb has."""

import argparse
import re
from collections.abc import Callable
from typing import NoReturn

from gan_lab.errors import UsageError

Verb = Callable[[list[str]], int]  # what was typed after it -> exit code


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line.

    Args:
        verb: as the user types it.
        function: of the verb; its docstring ends in its usage.
    """

    def __init__(self, verb: str, function: Verb):
        said = function.__doc__ or ""
        usage = " ".join(said.partition(": ")[2].rstrip(".").split())
        super().__init__(prog=f"gan_lab {verb}", usage=f"%(prog)s {usage}")

    def add_imports(self) -> None:
        """Offer to open a run without the modules that it names."""
        self.add_argument("--no-imports", dest="imports", action="store_false")

    def error(self, message: str) -> NoReturn:
        """End with one line."""
        if found := re.match(r"argument (\S+): invalid (\w+) value: '(.*)'$", message):
            kind = {"int": "a whole number", "float": "a number"}.get(
                found[2], found[2]
            )
            raise UsageError(f"`{found[1]}` must be {kind}. Received: {found[3]}.")
        message = message.removesuffix(", overrides")  # of which there may be none
        raise UsageError(f"{self.prog}: {message}. Usage: {self.format_usage()[7:-1]}")
