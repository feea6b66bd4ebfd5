"""The verb `replay`: does this machine reproduce the first rounds of a run?"""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from gan_lab.cli.parser import Parser
from gan_lab.errors import CollapseError, NonFiniteError, UsageError

SHOWN = 12  # differences of the first round that has any


def replay(arguments: list[str]) -> int:
    """Train the first rounds of a run again and compare: RUN [--rounds N]
    [data.path=PATH ...] [--keep FOLDER] [--no-imports]."""
    parser = Parser("replay", replay)
    parser.add_argument("run", type=Path)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--keep", type=Path)
    parser.add_imports()
    asked = parser.parse_intermixed_args(arguments)
    _check(asked)

    from gan_lab.artifacts import RunFolder
    from gan_lab.review.replay.reproducible import beginning
    from gan_lab.system.console import Console

    with ExitStack() as stack:
        console = stack.enter_context(Console(capture=True))
        folder = RunFolder(asked.run, console.warn)
        began = beginning(folder)
        place = asked.keep
        if not place:
            temporary = stack.enter_context(tempfile.TemporaryDirectory())
            place = Path(temporary) / "replay"
        imports, say = asked.imports, console.aside
        config = _config(began, folder, asked.overrides, imports, say)
        goal = began.goal(asked.rounds)
        console.say(f"Rounds 1 to {goal} of {folder.path}, again.")
        again, signal = _train(config, place, goal, arguments, console)
        if signal:
            console.say("Nothing is compared: the replay was stopped.")
            return 128 + signal
        if asked.rounds > goal:
            console.say(f"Not up to round {asked.rounds}: {began.why}.")
        return _verdict(folder, again, goal, began, console)


def _check(asked) -> None:
    from gan_lab.config.keys import SOURCE, has, keys

    if asked.rounds < 1:
        raise UsageError(f"`--rounds` must be at least 1. Received: {asked.rounds}.")
    keep = asked.keep
    if keep and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise UsageError(f"`--keep` must be a new folder. Received: {asked.keep}.")
    for override in asked.overrides:
        if not has(override.partition("=")[0], SOURCE):
            raise UsageError(
                f"`{override}` would make it another run. What can be said anew: "
                f"{', '.join(keys(SOURCE))}."
            )


def _config(began, folder, overrides: list[str], imports: bool, say: Callable):
    """The configuration to train, with as many threads as there were."""
    from gan_lab import backend
    from gan_lab.config.imports import parts_of
    from gan_lab.config.saved import from_file

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


def _train(config, place: Path, goal: int, arguments: list[str], console) -> tuple:
    """The replay's folder, and the signal that stopped it, if one did.

    A run that collapsed or met NaN does so again, which is not an error here.
    """
    from gan_lab.artifacts import RunFolder
    from gan_lab.training.train import train

    asked = {"argv": ["gan_lab", "replay", *arguments], "overrides": []}
    try:
        run = train(config, folder=place, console=console, asked=asked, until=goal)
        return run.folder, run.signal
    except (CollapseError, NonFiniteError) as error:
        console.say(f"The replay ended: {error}")
    return RunFolder(place), None


def _verdict(folder, again, goal: int, began, console) -> int:
    """Say what is the same and what is not, and why that may be."""
    from gan_lab.config.recovery import recover
    from gan_lab.review.replay.differences import compare
    from gan_lab.review.replay.reasons import reasons

    found = compare(folder, again, goal)
    counts = [f"{len(rounds)} of {kind}" for kind, rounds in found.compared.items()]
    console.say(f"Compared: {', '.join(counts)}.")
    if found.unshared:
        console.say(f"Only one of the two logs {', '.join(found.unshared)}.")
    same = began.config == recover(folder).text
    around = reasons(folder, again, same, began.facts)
    if found.since is None:
        console.say(f"Identical, bit for bit, up to round {goal}.")
        if around:
            console.say(f"That did not depend on this: {'; '.join(around)}.")
        return 0
    console.say(f"Different from round {found.since} on.")
    for line in _differing(found):
        console.say(line)
    if found.only_measured:
        console.say("The training is the same; what is measured of its samples is not.")
    console.say(f"What differs around it: {'; '.join(around) or 'nothing known'}.")
    return 1


def _differing(found) -> list[str]:
    """The number of differences of each kind, and the first of them in full."""
    lines = []
    for kind, rounds in found.compared.items():
        bad = [d for d in found.differences if d.kind == kind]
        if not bad:
            continue
        count, first = len({d.round for d in bad}), bad[0].round
        lines.append(f"{kind}: {count} of {len(rounds)}, the first of round {first}:")
        names = [d for d in bad if d.round == first]
        lines += [f"  {d.name}: {d.apart}" for d in names[:SHOWN]]
        if len(names) > SHOWN:
            lines.append(f"  and {', '.join(d.name for d in names[SHOWN:])}")
    return lines
