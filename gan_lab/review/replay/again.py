"""The first rounds of a run, trained again and compared."""

import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

from omegaconf import DictConfig

from gan_lab.artifacts import RunFolder
from gan_lab.config.imports import parts_of
from gan_lab.config.keys import SOURCE, has, keys
from gan_lab.config.recovery import recover
from gan_lab.config.saved import from_file
from gan_lab.errors import CollapseError, NonFiniteError, ParameterError, UsageError
from gan_lab.review.replay.differences import Sameness, compare
from gan_lab.review.replay.reasons import reasons
from gan_lab.review.replay.reproducible import Beginning, beginning
from gan_lab.review.replay.verdict import Replay
from gan_lab.system.console import Console
from gan_lab.system.parameters import require_least


def replay(
    run: Path | str,
    *,
    rounds: int = 50,
    overrides: Iterable[str] = (),
    keep: Path | str | None = None,
    imports: bool = True,
    asked: dict[str, Any] | None = None,
    console: Console | None = None,
) -> Replay:
    """Train the first rounds of a run again, and compare them bit for bit.

    Args:
        run: its folder.
        rounds: how many, at least 1, up to the first tick from there on.
        overrides: where its data is now, as `data.path=PATH`; nothing else.
        keep: a new folder for the replay; it is removed where None.
        imports: whether to import the modules that the run names.
        asked: what the `run.json` of the replay says of the command, if there was one.
        console: where progress and the outcome are shown.

    Returns:
        The outcome: whether it is `identical`, and what differs.

    Raises:
        UsageError: it is not a run, has no round that could be compared, or would be
            another one.

    Example:

        found = gan_lab.replay("runs/mine/20261122-101500", rounds=10)
        found.identical
    """
    keep, overrides = None if keep is None else Path(keep), list(overrides)
    _check(rounds, overrides, keep)
    console = console or Console()
    with ExitStack() as stack:
        folder = RunFolder(run, console.warn)
        began, place = beginning(folder), keep
        if not place:
            temporary = stack.enter_context(tempfile.TemporaryDirectory())
            place = Path(temporary) / "replay"
        config = configuration(began, folder, overrides, imports, console.aside)
        goal = began.goal(rounds)
        console.say(f"Rounds 1 to {goal} of {folder.path}, again.")
        again, signal = _train(config, place, goal, asked, console)
        shorter = f"Not up to round {rounds}: {began.why}." if rounds > goal else None
        same, around = (None, []) if signal else _compared(folder, again, began, goal)
        found = Replay(goal, same, around, shorter, signal, keep and again.path)
        for line in found.lines():  # while its log is there
            console.say(line)
        return found


def _check(rounds: int, overrides: list[str], keep: Path | None) -> None:
    require_least(1, rounds=rounds)
    if keep and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise ParameterError("keep", f"must be a new folder. Received: {keep}.")
    for override in overrides:
        if not has(override.partition("=")[0], SOURCE):
            raise UsageError(
                f"`{override}` would make it another run. What can be given here: "
                f"{', '.join(keys(SOURCE))}."
            )


def configuration(
    began: Beginning,
    folder: RunFolder,
    overrides: list[str],
    imports: bool,
    say: Callable[[str], None],
) -> DictConfig:
    """The configuration to train, with as many threads as there were."""
    from gan_lab import backend

    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "config.yaml"
        file.write_text(began.config, encoding="utf-8")
        with parts_of(file, name=folder.config, imports=imports, say=say):
            config = from_file(file, overrides)
    config.trainer.keep += 1  # the last one of the replay need not be one of the run's
    threads = began.facts["environment"]["threads"]
    if not config.trainer.threads and threads != backend.count_threads():
        config.trainer.threads = threads
    return config


def _train(
    config: DictConfig,
    place: Path,
    goal: int,
    asked: dict[str, Any] | None,
    console: Console,
) -> tuple[RunFolder, int | None]:
    """The replay's folder, and the signal that stopped it, if one did.

    A run that collapsed or met NaN does so again, which is not an error here.
    """
    from gan_lab.training.train import train

    try:
        run = train(config, folder=place, console=console, asked=asked, until=goal)
        return cast(RunFolder, run.folder), run.signal  # it has one process
    except (CollapseError, NonFiniteError) as error:
        console.say(f"The replay ended: {error}")
    return RunFolder(place), None


def _compared(
    folder: RunFolder, again: RunFolder, began: Beginning, goal: int
) -> tuple[Sameness, list[str]]:
    """The differences up to a round, and what differs around the run."""
    same_config = began.config == recover(folder).text
    around = reasons(folder, again, same_config, began.facts)
    return compare(folder, again, goal), around
