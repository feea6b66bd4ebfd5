"""The leaderboard: runs in the order of a score, by what differs between them."""

import json
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from gan_lab.artifacts import RunFolder, scores_jsonl
from gan_lab.artifacts.run_folder import is_run
from gan_lab.artifacts.scores_jsonl import Score
from gan_lab.config.defaults import completed
from gan_lab.config.keys import BESIDE, NAMELESS, has
from gan_lab.config.schema import GROUPS, INNER, SEVERAL
from gan_lab.errors import DamagedError
from gan_lab.evaluation.catalogue import higher_is_better, is_steady
from gan_lab.sweeps.folder import SweepFolder
from gan_lab.sweeps.job import is_of_the_sweep, key
from gan_lab.sweeps.job_status import JobStatus, status_of
from gan_lab.system.damage import Warn, silent

SEED = "seed"
Stamp = tuple[int, int]  # when the scores of a run changed, and its grids
Measured = tuple[tuple[Score, ...], Path | None]  # its scores, and its last grid


@dataclass(frozen=True)
class Candidate:
    """A run that may be on the board.

    Attributes:
        name: short.
        path: its run folder, which need not be there.
        config: as it was asked for, flat: dotted key -> value.
        swept: keys that were said to differ.
        status: how far it is.
        scores: what was measured of it.
        grid: its last grid, or None.
    """

    name: str
    path: Path
    config: Mapping[str, Any]
    swept: tuple[str, ...]
    status: JobStatus
    scores: tuple[Score, ...]
    grid: Path | None


@dataclass(frozen=True)
class Line:
    """A run on the board.

    Attributes:
        candidate: the run.
        parameters: what differs, in the order of the board.
        best: its best score under the board's protocol, or None.
        last: the newest one, or None.
    """

    candidate: Candidate
    parameters: dict[str, Any]
    best: Score | None
    last: Score | None


@dataclass(frozen=True)
class Place:
    """Runs that differ in their seed alone.

    Attributes:
        parameters: what differs from the other places.
        lines: a run each.
        mean: of their best scores, or None.
        deviation: of these, where there are at least two.
    """

    parameters: dict[str, Any]
    lines: tuple[Line, ...]
    mean: float | None
    deviation: float | None


@dataclass(frozen=True)
class Board:
    """Runs, the best first.

    Attributes:
        score: its name, or nothing where none was measured.
        higher_is_better: which way is up.
        protocol: of every score on the board.
        parameters: keys that differ.
        places: the best first; those without a score last.
        otherwise: runs that have this score by another protocol only.
    """

    score: str
    higher_is_better: bool
    protocol: dict[str, Any]
    parameters: tuple[str, ...]
    places: tuple[Place, ...]
    otherwise: tuple[str, ...]

    @property
    def lines(self) -> list[Line]:
        """Every run, in the order of the places."""
        return [line for place in self.places for line in place.lines]


class Reader:
    """Reads candidates, and only what has changed since it last did.

    Args:
        warn: is told of what is damaged, and left out.
    """

    def __init__(self, warn: Warn = silent):
        self._warn = warn
        self._known: dict[Path, tuple[Stamp, Measured]] = {}

    def sweep(self, folder: SweepFolder) -> list[Candidate]:
        """The jobs of a sweep."""
        found = []
        for name in folder.names():
            said = folder.recorded(name).get("overrides", [])
            try:
                config = keyed(completed(folder.configured(name)))
            except DamagedError as error:
                self._warn(f"{error} The job is left out.")
                continue
            swept = tuple(dict.fromkeys(map(key, said)))
            at = folder.status(name)
            found.append(self._candidate(name, folder.run(name), config, swept, at))
        return found

    def runs(self, path: Path) -> list[Candidate]:
        """The runs below a folder."""
        found = []
        names = ("run.json", "checkpoints")  # one of the two may be lost
        places = {place.parent for name in names for place in path.rglob(name)}
        for place in sorted(places):
            if _is_beside(place.relative_to(path)) or not is_run(place):
                continue
            run, name = RunFolder(place, self._warn), str(place.relative_to(path))
            try:
                config = keyed(completed(run.facts()["config"]))
                at = status_of(run)
            except DamagedError as error:
                self._warn(f"{error} The run is left out.")
                continue
            found.append(self._candidate(name, run.path, config, (), at))
        return found

    def _candidate(
        self,
        name: str,
        path: Path,
        config: Mapping[str, Any],
        swept: tuple[str, ...],
        at: JobStatus,
    ) -> Candidate:
        table = path / "scores.jsonl"
        stamp = (_changed(table), _changed(path / "samples"))
        if self._known.get(path, (None,))[0] != stamp:
            last = RunFolder(path, self._warn).last_grid() if is_run(path) else None
            self._known[path] = (
                stamp,
                (tuple(scores_jsonl.read(table, self._warn)), last),
            )
        measured, grid = self._known[path][1]
        return Candidate(name, path, config, swept, at, measured, grid)


def _is_beside(place: Path) -> bool:
    """Tell whether a run is half made, or was set aside by a sweep."""
    hidden = any(part.startswith(".") for part in place.parts)
    return hidden or ("jobs", "failed") in pairwise(place.parts)


def _changed(path: Path) -> int:
    """When a file or folder changed last; 0 where it is not there."""
    return path.stat().st_mtime_ns if path.exists() else 0


def board(
    candidates: list[Candidate],
    score: str | None = None,
    wanted: Mapping[str, Any] | None = None,
) -> Board:
    """Rank candidates by a score.

    The protocol is that by which most of them were measured; of equals, the newest.

    Args:
        candidates: the runs.
        score: its name; the first steady one of the first run that has any where None.
        wanted: what the protocol must say, as the board says it: key -> value.
    """
    score = score or _usual_score(candidates)
    alike = {c.name: _by_protocol(c, score, wanted or {}) for c in candidates}
    chosen = _most_common(alike.values())
    measured = {name: found.get(chosen, []) for name, found in alike.items()}
    some = next((found[0] for found in measured.values() if found), None)
    up = some.higher_is_better if some else higher_is_better(score or "")
    names = differing(candidates)
    lines = [_line(c, names, measured[c.name], up) for c in candidates]
    others = tuple(n for n, found in alike.items() if found and not measured[n])
    protocol = {**some.protocol, "repeats": some.repeats} if some else {}
    return Board(score or "", up, protocol, names, _places(lines, up), others)


def differing(candidates: list[Candidate]) -> tuple[str, ...]:
    """The keys whose values differ, and are no mere consequence of a group's choice."""
    swept = {k for c in candidates for k in c.swept}
    keys = dict.fromkeys(k for c in candidates for k in c.config)
    found = []
    for name in keys:
        values = {_text(c.config.get(name)) for c in candidates}
        if len(values) < 2 or has(name, NAMELESS) or is_of_the_sweep(name):
            continue
        if name in swept or not (has(name, BESIDE) or _follows(name, candidates)):
            found.append(name)
    order = {k: n for n, k in enumerate(swept_order(candidates))}
    ranked = sorted(found, key=lambda k: order.get(k.removesuffix(".name"), len(order)))
    return tuple(sorted(ranked, key=lambda name: name == SEED))


def swept_order(candidates: list[Candidate]) -> dict[str, None]:
    """The keys that were typed, in the order of typing; groups with dots."""
    return dict.fromkeys(k.replace("/", ".") for c in candidates for k in c.swept)


def label(name: str) -> str:
    """A key as it is typed: `loss.penalty.name` is `loss/penalty`."""
    if not name.endswith(".name"):
        return name
    return name.removesuffix(".name").replace(".", "/")


def keyed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted key -> value; of parts of which there can be several, their names too."""
    found = flat(config)
    for group in SEVERAL:
        place = group.replace("/", ".")
        names = [k for k in found if k.startswith(f"{place}.") and k.endswith(".name")]
        chosen = [found.pop(name) for name in names]
        found.pop(place, None)  # where there is none
        found[f"{place}.name"] = f"[{','.join(chosen)}]"  # as it is typed
    return found


def flat(config: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """Dotted key -> value."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            found |= flat(value, f"{place}{name}.")
        else:
            found[f"{place}{name}"] = value
    return found


def _follows(name: str, candidates: list[Candidate]) -> bool:
    """Tell whether a key's value follows from the choice of its group."""
    value = {c.name: _text(c.config.get(name)) for c in candidates}
    for group in (g.replace("/", ".") for g in (*SEVERAL, *INNER, *GROUPS)):
        if not name.startswith(f"{group}.") or name == f"{group}.name":
            continue
        choice = {c.name: _text(c.config.get(f"{group}.name")) for c in candidates}
        pairs = {(choice[c.name], value[c.name]) for c in candidates}
        if 1 < len(set(choice.values())) == len(pairs):
            return True
    return False


def _usual_score(candidates: Iterable[Candidate]) -> str | None:
    """The score that the runs are judged by."""
    for candidate in candidates:
        chosen: str | None = candidate.config.get("trainer.best_metric")
        if chosen:
            return chosen
        names = dict.fromkeys(score.name for score in candidate.scores)
        if steady := [name for name in names if is_steady(name)]:
            return steady[0]
    return None


def _by_protocol(
    candidate: Candidate, name: str | None, wanted: Mapping[str, Any]
) -> dict[str, list[Score]]:
    """The scores of a name, by their protocol as text, oldest first."""
    found: dict[str, list[Score]] = {}
    for score in candidate.scores:
        said = {**score.protocol, "repeats": score.repeats}
        if score.name == name and _fits(said, wanted):
            found.setdefault(json.dumps(said, sort_keys=True), []).append(score)
    return found


def _fits(said: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Tell whether a protocol is the wanted one; of a hash its beginning will do."""
    known = flat(said)
    known |= {name.rpartition(".")[2]: value for name, value in known.items()}
    return all(_is(_text(known.get(name)), str(v)) for name, v in wanted.items())


def _is(text: str, value: str) -> bool:
    is_hash = len(text) == 64 and len(value) >= 8
    return text == value or (is_hash and text.startswith(value))


def _most_common(found: Iterable[dict[str, list[Score]]]) -> str:
    """The protocol of most runs, as text; nothing where there is none."""
    counts: Counter[str] = Counter()
    newest: dict[str, str] = {}
    for protocols in found:
        for protocol, measured in protocols.items():
            counts[protocol] += 1
            time = max(score.time for score in measured)
            newest[protocol] = max(time, newest.get(protocol, ""))
    return max(counts, key=lambda p: (counts[p], newest[p]), default="")


def _line(
    candidate: Candidate, names: Iterable[str], measured: list[Score], up: bool
) -> Line:
    parameters = {name: candidate.config.get(name) for name in names}
    finite = [score for score in measured if score.value == score.value]
    pick = max if up else min
    best = pick(finite, key=lambda score: score.value, default=None)
    return Line(candidate, parameters, best, measured[-1] if measured else None)


def _places(lines: list[Line], up: bool) -> tuple[Place, ...]:
    """The lines, those that differ in the seed alone together, the best first."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        apart = {k: v for k, v in line.parameters.items() if k != SEED}
        groups.setdefault(json.dumps(apart, default=str), []).append(line)
    places = [_place(group, up) for group in groups.values()]
    return tuple(sorted(places, key=lambda place: _rank(place.mean, up)))


def _place(lines: list[Line], up: bool) -> Place:
    values = [line.best.value for line in lines if line.best]
    parameters = {k: v for k, v in lines[0].parameters.items() if k != SEED}
    ordered = sorted(lines, key=lambda x: _rank(x.best.value if x.best else None, up))
    mean = statistics.fmean(values) if values else None
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Place(parameters, tuple(ordered), mean, deviation)


def _rank(value: float | None, up: bool) -> tuple[bool, float]:
    return (value is None, 0 if value is None else -value if up else value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
