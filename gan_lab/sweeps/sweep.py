"""A sweep from its command line to its leaderboard."""

import contextlib
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig, OmegaConf

from gan_lab.artifacts.run_folder import now
from gan_lab.config.differences import differences, plain
from gan_lab.config.keys import NAMELESS, has
from gan_lab.config.schema import SWEEPING, of_a_run, schema
from gan_lab.errors import GanLabError, StoppedError, UsageError
from gan_lab.evaluation.catalogue import require
from gan_lab.evaluation.expected import resolve
from gan_lab.registry import build
from gan_lab.sweeps import board_files, hparams, progress
from gan_lab.sweeps.combinations import Listed
from gan_lab.sweeps.dry_run import rehearse
from gan_lab.sweeps.folder import SweepFolder
from gan_lab.sweeps.job import Job, default_name, identity, job, key
from gan_lab.sweeps.job_status import State
from gan_lab.sweeps.ranking import Board, Reader, board
from gan_lab.sweeps.scheduler import Played, Player, Settings
from gan_lab.sweeps.search import COSTS, Search, objectives_of
from gan_lab.sweeps.source import Source
from gan_lab.system.console import Console

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Compose = Callable[[list[str]], DictConfig]  # overrides -> configuration
NAME = r"[\w+=,-][\w .,+=-]{0,99}"
SHOWN = 10  # places of the leaderboard on the console
SHARE = 0.02  # of the time, at most, that the leaderboard is written in
UNITS = {"h": 3600, "m": 60, "s": 1}


def combinations(lines: list[list[str]], compose: Compose) -> Callable[[], Played]:
    """A player of a job for each list of overrides.

    Args:
        lines: `key=value` each.
        compose: from such a list to the configuration.

    Raises:
        UsageError: a job's configuration is wrong.
    """
    values: dict[str, set[str]] = {}
    for line in lines:
        for override in line:
            values.setdefault(key(override), set()).add(override)
    swept = [name for name, found in values.items() if len(found) > 1]
    refuse_sweeping(swept)
    composed = [compose(line) for line in lines]
    jobs = [job(o, swept, c) for o, c in zip(lines, composed, strict=True)]
    jobs = list({job.hash: job for job in jobs}.values())
    name = default_name(lines[0], swept)
    return partial(conduct, Listed(jobs), composed[0], name, jobs)


def search(
    space: "Mapping[str, BaseDistribution]",
    fixed: list[str],
    tried: list[dict[str, str]],
    compose: Compose,
) -> Callable[[], Played]:
    """A player of the jobs that a search comes up with.

    Args:
        space: key -> Optuna's distribution.
        fixed: overrides of every job.
        tried: values by key that are rehearsed before any job begins.
        compose: from overrides to the configuration.

    Raises:
        UsageError: something is wrongly configured.
    """
    refuse_sweeping(space)

    def chosen(values: Mapping[str, str], trial: int | None = None) -> Job:
        overrides = [*fixed, *(f"{name}={value}" for name, value in values.items())]
        return job(overrides, space, compose(overrides), trial)

    composed = compose([*fixed, *(f"{k}={v}" for k, v in tried[0].items())])
    jobs = [chosen(values) for values in tried]
    objectives = [
        o if o in COSTS else resolve("hpo.objectives", o, jobs[0].config)
        for o in composed.hpo.objectives
    ]
    source = Search(composed.hpo, objectives, space, chosen)
    line = [*fixed, *(f"{k}~{v}" for k, v in space.items())]
    name = _name_of_a_search(line, space, composed, objectives)
    return partial(conduct, source, composed, name, jobs)


def _name_of_a_search(
    line: list[str],
    space: Collection[str],
    composed: DictConfig,
    objectives: list[str],
) -> str:
    """Its default name; or its former one, which said nothing of the search itself."""
    usual = OmegaConf.structured(schema("hpo", composed.hpo.name))
    changed = differences(plain(usual), plain(composed.hpo))
    said = {key: value for key, (_, value) in changed.items() if key != "trials"}
    said |= {"name": composed.hpo.name, "objectives": objectives}
    before = default_name(line, space)
    if objectives_of(folder_of(composed, before)) in (objectives, None):
        return before
    return default_name(line, space, said)


def refuse_sweeping(swept: Collection[str]) -> None:
    """Refuse several values of what a sweep has once.

    Raises:
        UsageError: there are.
    """
    for name in swept:
        if name.partition(".")[0] in (*SWEEPING, "imports") or has(name, NAMELESS):
            raise UsageError(
                f"`{name}` cannot be swept: it belongs to the whole sweep."
            )


def conduct(
    source: Source, composed: DictConfig, default: str, rehearsed: Iterable[Job]
) -> Played:
    """Play the jobs of a source, in the folder of the sweep.

    Args:
        source: of jobs, as `Player` takes it.
        composed: the configuration, of which `sweep` and `engine` count.
        default: the name of the sweep where it has none.
        rehearsed: jobs that are tried before any begins, unless they are known.

    Raises:
        UsageError: the sweep is played by another process, or is wrongly configured.
        GanLabError: jobs failed; the others have been played.
    """
    asked, score = composed.sweep, source.score
    if composed.sweep.score is not None:
        score = resolve("sweep.score", asked.score, of_a_run(composed))
    settings, folder = settings_of(asked), folder_of(composed, default)
    engine = build("engine", composed.engine, settings.workers)
    console = Console()
    folder.warn = console.warn
    rehearse(job for job in rehearsed if not folder.knows(job))
    with folder.lock():
        source.begin(folder)
        console.say(f"Sweep: {folder.path}, {source.total} jobs")
        folder.describe(
            name=folder.path.name, score=score, exact=asked.exact, time=now()
        )
        scribe = Scribe(folder, score)
        with progress.live(
            console, source.total, folder.steps, scribe.score_of
        ) as show:

            def changed(played: Played) -> None:
                show(played)
                scribe.write_in_time()

            player = Player(folder, source, engine, settings, changed)
            played = player.play()
        ranked = scribe.write()
        best = {x.candidate.name: x.best.value for x in ranked.lines if x.best}
        played.best = {identity(folder.configured(n)): v for n, v in best.items()}
        for line in source.conclusion():
            console.say(line)
    _conclude(console, folder, ranked, played, source.total)
    return played


def folder_of(composed: DictConfig, default: str) -> SweepFolder:
    """The folder of a sweep.

    Args:
        composed: the configuration.
        default: its name where it was given none.
    """
    name = composed.sweep.name or default
    return SweepFolder(Path(composed.runs).expanduser() / "sweeps" / name)


def settings_of(sweep: DictConfig) -> Settings:
    """The settings of the player, checked.

    Raises:
        UsageError: a value has no meaning.
    """
    for name, least in (("workers", 1), ("fail_fast", 0)):
        if sweep[name] < least:
            raise UsageError(
                f"`sweep.{name}` must be at least {least}. Received: {sweep[name]}."
            )
    if sweep.name is not None and not re.fullmatch(NAME, sweep.name):
        raise UsageError(
            "`sweep.name` must be a folder name of at most 100 letters, digits and "
            f"_ - + = . ,. Received: {sweep.name}."
        )
    if sweep.score is not None:
        require("sweep.score", sweep.score)
    budget, limit = (seconds_of(key, sweep[key]) for key in ("budget", "job_limit"))
    if limit == 0:
        raise UsageError("`sweep.job_limit` must be above 0, or null. Received: 0.")
    return Settings(sweep.workers, budget, sweep.retry, sweep.fail_fast, limit)


def seconds_of(key: str, time: str | None) -> float | None:
    """Seconds of a text such as `90s`, `30m` or `1h30m`; None of none.

    Args:
        key: of `sweep`, for the sentence.
        time: its value.

    Raises:
        UsageError: it is something else.
    """
    if time is None:
        return None
    if not re.fullmatch(r"(\d+(\.\d+)?[hms])+", time):
        raise UsageError(
            f"`sweep.{key}` must be a time like 90s, 30m or 1h30m. Received: {time}."
        )
    parts = re.findall(r"([\d.]+)([hms])", time)
    return sum(float(number) * UNITS[unit] for number, unit in parts)


class Scribe:
    """Keeps the leaderboard of a sweep up to date.

    Args:
        folder: of the sweep.
        score: that it is sorted by, or None.
    """

    def __init__(self, folder: SweepFolder, score: str | None):
        self._folder, self._score = folder, score
        self._reader = Reader(folder.warn)
        self._due, self._known = 0.0, ""

    def write(self) -> Board:
        """Write it, for TensorBoard too."""
        found = board(self._reader.sweep(self._folder), self._score)
        title = f"Sweep {self._folder.path.name}"
        board_files.write(found, self._folder.path, title, self._folder.warn)
        hparams.write(found, self._folder.path)
        self._known = found.score
        return found

    def write_in_time(self) -> None:
        """Write it, if not much of the time goes into that."""
        began = time.monotonic()
        if began < self._due:
            return
        with contextlib.suppress(OSError, UsageError):  # the last time will tell
            self.write()
        took = time.monotonic() - began
        self._due = began + took / SHARE

    def score_of(self, row: dict[str, float]) -> tuple[str, float] | None:
        """Name and value of the score in a row of a job's table, where it has one."""
        name = f"score/{self._known}"
        return (self._known, row[name]) if name in row else None


def _conclude(
    console: Console, folder: SweepFolder, ranked: Board, played: Played, total: int
) -> None:
    """Say what came out.

    Raises:
        GanLabError: something failed, or the sweep was stopped.
    """
    text = board_files.as_markdown(ranked, "").splitlines()
    console.say("\n".join(line for line in text[: SHOWN + 4] if line.startswith("|")))
    for name, status in played.failures.items():
        console.say(
            f"{name} failed: {status.kind}. {status.reason} Its log: {folder.log(name)}"
        )
    console.say(
        f"Leaderboard: {folder.path / 'leaderboard.html'}. "
        f"Next: tensorboard --logdir {folder.path}"
    )
    states = (f"{n} {s.value}" for s in State if (n := played.count(s)))
    done = f"Of {total} jobs: {', '.join(states) or 'nothing was left to do'}"
    left = total - len(played.statuses)
    if left > 0 and (played.signal or played.why):
        done += f", {left} not begun"
    if played.signal:
        raise StoppedError(
            f"The sweep was stopped. {done}. The same line continues it.",
            128 + played.signal,
        )
    if played.why:
        done += f"; no more were begun, as {played.why}"
    if played.failures:
        said = []
        if played.again:
            said.append("The same line tries those that failed again.")
        if "same way" in played.why:
            said.append("`sweep.fail_fast=0` tries the others, too.")
        raise GanLabError(" ".join([f"{done}.", *said]))
    console.say(f"{done}.")
