"""In what runs differ, as rows that have a value a run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gan_lab.artifacts.scores_jsonl import Score
from gan_lab.review.comparison.contests import Contest
from gan_lab.review.comparison.sides import Side
from gan_lab.review.report import facts
from gan_lab.review.report.ranking import Group

BESIDE = ("python", "system", "git_revision")
NOTHING = "-"
ABSENT = object()


@dataclass(frozen=True)
class Row:
    """Something of every run.

    Attributes:
        name: what it is.
        values: one a run, as JSON can hold them.
        texts: the same for people.
        places: ranks, where runs can be ranked.
    """

    name: str
    values: tuple[Any, ...]
    texts: tuple[str, ...]
    places: tuple[int | None, ...] = ()


@dataclass(frozen=True)
class Part:
    """Rows under one title."""

    title: str
    rows: list[Row]


def parts(runs: list[Side], found: Iterable[Contest]) -> list[Part]:
    """The parts of the table, in the order of interest; none is empty.

    Args:
        runs: at least two.
        found: their scores.
    """
    every = [
        Part("configuration", differing([run.config for run in runs])),
        Part("environment", differing([_environment(run) for run in runs])),
        Part("data", differing([_data(run) for run in runs])),
        Part("how far", _progress(runs)),
        Part("scores", [_of_contest(contest) for contest in found]),
        Part("doctor", [_row("findings", [_findings(run) for run in runs])]),
    ]
    return [part for part in every if part.rows]


def differing(known: list[Mapping[str, Any]]) -> list[Row]:
    """The dotted keys that have not the same value in all."""
    flat = [dict(_flat(one)) for one in known]
    keys = [*dict.fromkeys(key for one in flat for key in one)]
    tops = [*dict.fromkeys(key.partition(".")[0] for key in keys)]
    keys.sort(key=lambda key: tops.index(key.partition(".")[0]))
    rows = {key: [one.get(key, ABSENT) for one in flat] for key in keys}
    return [
        _row(key, values)
        for key, values in rows.items()
        if any(value != values[0] for value in values)
    ]


def _flat(known: Mapping[str, Any], place: str = "") -> Iterable[tuple[str, object]]:
    for key, value in known.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{place}{key}.")
        else:
            yield f"{place}{key}", value


def _row(name: str, values: list[Any]) -> Row:
    texts = tuple(map(_said, values))
    return Row(name, tuple(None if v is ABSENT else v for v in values), texts)


def _said(value: object) -> str:
    """A value in full: two that differ must not read the same."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case list():
            return ", ".join(map(_said, value)) or NOTHING
        case int():
            return f"{value:,}"
    return NOTHING if value is ABSENT else str(value)


def _environment(run: Side) -> dict[str, Any]:
    beside = {name: run.facts.get(name) for name in BESIDE}
    known = run.facts.get("environment", {}) | beside
    return {k: "not known" if v is None else v for k, v in known.items()}


def _data(run: Side) -> dict[str, Any]:
    shape = run.facts.get("image_shape") or []
    return {
        "images": run.facts.get("images"),
        "height, width, channels": " x ".join(map(str, shape)),
        "SHA-256 of all pixels": str(run.facts.get("data"))[:16],
        "classes": len(run.facts.get("classes") or {}),
        "left out": len(run.facts.get("left_out") or {}),
    }


def _progress(runs: list[Side]) -> list[Row]:
    told = {
        "status": [(run.facts["status"], run.facts["status"]) for run in runs],
        "rounds": [(run.rounds, _rounds(run)) for run in runs],
        "images seen": [(r.images_seen, facts.number(r.images_seen)) for r in runs],
        "training": [(run.seconds, facts.clock(run.seconds)) for run in runs],
        "images a second, median": [_speed(run.images_per_second) for run in runs],
        "peak memory": [_memory(run.peak_memory_bytes) for run in runs],
        "best checkpoint": [_best(run) for run in runs],
    }
    return [Row(name, *zip(*pairs, strict=True)) for name, pairs in told.items()]


def _rounds(run: Side) -> str:
    return f"{run.rounds:,} of {run.config['trainer']['steps']:,}"


def _speed(speed: float | None) -> tuple[float | None, str]:
    return speed, "not known" if speed is None else facts.number(round(speed))


def _memory(peak: int | None) -> tuple[int | None, str]:
    return peak, f"{peak / 2**30:.2f} GiB" if peak else "not known"


def _best(run: Side) -> tuple[int | None, str]:
    if not run.best:
        return None, "not known"
    metric, round = run.best
    kept = "" if round in run.folder.checkpoints.rounds() else ", not kept"
    by = f" by {metric}" if metric else ""
    return round, f"round {round:,}{by}{kept}"


def _findings(run: Side) -> list[str]:
    return [f"{finding.name} since {finding.since:,}" for finding in run.findings]


def _of_contest(contest: Contest) -> Row:
    if contest.ranked:
        better = "higher" if contest.higher_is_better else "lower"
        name = f"{contest.title} ({better} is better)"
    else:
        name = f"{contest.title} (not ranked)"
    texts = map(_of_score, contest.best, contest.places, contest.groups)
    values = tuple(score and score.value for score in contest.best)
    return Row(name, values, tuple(texts), tuple(contest.places))


def _of_score(score: Score | None, place: int | None, group: Group | None) -> str:
    """The best value, when it was, and of how many."""
    if score is None or group is None:
        return NOTHING
    rank = "" if place is None else f"{place}. "
    of = "pictures" if score.round is None else f"round {score.round:,}"
    count = len(group.scores)
    many = f", best of {count}" if count > 1 else ""
    return f"{rank}{facts.number(score.value)} ({of}{many})"
