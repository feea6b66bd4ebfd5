"""The door: Hydra for training, verbs for everything else."""

import os
import re
import sys
from typing import TYPE_CHECKING

from gan_lab.errors import (
    GanLabError,
    OutOfMemoryError,
    UsageError,
    storage_error,
    suggest,
)
from gan_lab.system.signals import Command

if TYPE_CHECKING:
    from gan_lab.cli.parser import Verb

BACKENDS = ("tensorflow", "jax", "torch")  # that Keras has


def main(arguments: list[str] | None = None) -> int:
    """Run a command line; its exit code.

    Args:
        arguments: what follows the program's name. Where None, those of the process,
            which then ends with the command.
    """
    command = Command(last=arguments is None)
    try:
        try:
            command.begin()
            arguments = list(sys.argv[1:] if arguments is None else arguments)
            return _run(arguments)
        finally:
            command.settle()
    except BaseException as error:
        command.settle()  # a signal may have come on the way into it
        explained = command.stopped(error) or _explained(error)
        if not explained:
            raise
    print(f"gan_lab: {explained.typed}", file=sys.stderr)
    return explained.exit_code


def _explained(error: BaseException) -> GanLabError | None:
    """The sentence for an error, where there is one."""
    if isinstance(error, GanLabError):
        return error
    if isinstance(error, MemoryError):
        return OutOfMemoryError("Out of memory. Ask for fewer or smaller images.")
    if isinstance(error, ModuleNotFoundError) and error.name in BACKENDS:
        return UsageError(
            f"KERAS_BACKEND={os.environ.get('KERAS_BACKEND', 'tensorflow')} needs "
            f"{error.name}, which is not installed. gan_lab trains with TensorFlow or "
            'JAX: pip install "keras-gan-lab[jax]".'
        )
    return storage_error(error)


def _run(arguments: list[str]) -> int:
    if {"-h", "--help"} & set(arguments):
        from gan_lab.cli import verbs
        from gan_lab.cli.help import text

        try:
            print(text({name: verbs.verb(name) for name in verbs.names()}), flush=True)
        except BrokenPipeError:  # who reads it, `head` say, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if arguments and re.fullmatch("[a-z]+", arguments[0]):
        return _verb(arguments[0])(arguments[1:])
    return _train(arguments)


def _verb(name: str) -> "Verb":
    from gan_lab.cli import verbs

    known = verbs.names()
    if name not in known:
        from gan_lab.config.slips import instead

        meant = instead(name)
        near = f" Did you mean {meant}?" if meant else suggest(name, known)
        raise UsageError(f"`{name}` is not a verb.{near} Known: {', '.join(known)}.")
    return verbs.verb(name)


def _train(arguments: list[str]) -> int:
    from gan_lab.cli.overrides import is_sweep, quote_paths
    from gan_lab.config import compose

    if is_sweep(arguments):
        from gan_lab.sweeps import plugins

        plugins.register()
    config = compose.compose_from_arguments(quote_paths(arguments))
    if config is None:  # printed, or swept
        return 0
    from gan_lab.system.console import Console

    with Console(capture=True) as console:
        from gan_lab.training.train import train

        asked = {"argv": ["gan_lab", *arguments], "overrides": arguments}
        return train(config, console=console, asked=asked).exit_code
