"""The same score of several runs, ranked where it was measured in the same way."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from gan_lab.artifacts.scores_jsonl import Score
from gan_lab.config.differences import differences
from gan_lab.evaluation.catalogue import full_name
from gan_lab.review.report import ranking
from gan_lab.review.report.ranking import Group

Groups = tuple[Group | None, ...]  # one a run
TELLING = ("checkpoint", "real", "samples", "real_images", "repeats", "generator")
LETTERS = 12  # of a hash, and of whatever else they are enough for


@dataclass(frozen=True)
class Contest:
    """A score of several runs.

    Attributes:
        title: its name, and what tells it from others of that name.
        groups: what each run has of it, if anything.
        ranked: whether the runs have one protocol and number of repeats.
    """

    title: str
    groups: Groups
    ranked: bool

    @property
    def higher_is_better(self) -> bool:
        """Tell whether more is better."""
        return _one(self.groups).scores[0].higher_is_better

    @property
    def best(self) -> list[Score | None]:
        """The best of each run, whichever checkpoint it is of."""
        return [group.scores[0] if group else None for group in self.groups]

    @property
    def places(self) -> list[int | None]:
        """1 for the best run, and so on; None for what cannot be ranked."""
        if not self.ranked:
            return [None] * len(self.groups)
        values = [score.value if score else math.nan for score in self.best]
        order = sorted(filter(math.isfinite, values), reverse=self.higher_is_better)
        return [1 + order.index(v) if math.isfinite(v) else None for v in values]


def contests(of_runs: list[list[Score]]) -> list[Contest]:
    """The scores of several runs, by name.

    Of each name: what can be ranked, as often as runs share a protocol; then, without
    ranks, those runs that share none.
    """
    found = []
    for name, alike in groupby(_alike(of_runs), lambda groups: _one(groups).name):
        ways = [*alike]
        shared = [groups for groups in ways if len(groups) - groups.count(None) > 1]
        titles = _titles(name, [_one(groups).conditions for groups in shared])
        found += [
            Contest(title, groups, ranked=True)
            for title, groups in zip(titles, shared, strict=True)
        ]
        alone = tuple(_alone(run, ways, shared) for run in range(len(of_runs)))
        if any(alone):
            found.append(Contest(name, alone, ranked=False))
    return found


def refusals(found: list[Contest]) -> list[str]:
    """Reasons why runs that have a score are not ranked by it, a sentence for many."""
    reasons: dict[tuple[str, ...], list[str]] = {}
    for contest in found:
        first, *others = [group.conditions for group in contest.groups if group]
        if others and not contest.ranked:
            fields = {key for other in others for key in differences(first, other)}
            reasons.setdefault(tuple(sorted(fields)), []).append(contest.title)
    return [
        f"Not ranked: {', '.join(names)}, whose protocols differ in "
        f"{', '.join(fields)}."
        for fields, names in reasons.items()
    ]


def ways(of_runs: list[list[Score]], name: str) -> int:
    """In how many ways a score was measured while the runs trained."""
    while_training = [
        [
            s
            for s in scores
            if s.name == name and s.protocol.get("checkpoint") == "round"
        ]
        for scores in of_runs
    ]
    return len(_alike(while_training))


def _alike(of_runs: list[list[Score]]) -> list[Groups]:
    """Groups of one protocol, by name, without the parts of scores."""
    found: list[list[Group | None]] = []
    for run, scores in enumerate(of_runs):
        for group in ranking.groups([score for score in scores if _is_whole(score)]):
            alike = (known for known in found if _comparable(known, group))
            mine = next(alike, None)
            if mine is None:
                mine = [None] * len(of_runs)
                found.append(mine)
            mine[run] = group
    return sorted((tuple(groups) for groups in found), key=lambda g: _one(g).name)


def _is_whole(score: Score) -> bool:
    """Tell whether it is not that of a class, or of a scale."""
    base, extractor = score.name.partition("/")[0], score.protocol.get("extractor")
    return score.name in (base, full_name(base, extractor))


def _comparable(known: list[Group | None], group: Group) -> bool:
    return group.scores[0].comparable(_one(known).scores[0])


def _one(groups: Iterable[Group | None]) -> Group:
    """That of a run that has it."""
    return next(group for group in groups if group)


def _titles(name: str, conditions: list[dict[str, Any]]) -> list[str]:
    """The name, and as few conditions as tell the ways of measuring it apart."""
    keys = dict.fromkeys([*TELLING, *(key for one in conditions for key in one)])
    titles = [name] * len(conditions)
    for key, letters in [*((k, LETTERS) for k in keys), *((k, None) for k in keys)]:
        longer = [
            f"{title}, {key.replace('_', ' ')} {str(one.get(key))[:letters]}"
            for title, one in zip(titles, conditions, strict=True)
        ]
        if len(set(longer)) > len(set(titles)):
            titles = longer
    return titles


def _alone(run: int, ways: list[Groups], shared: list[Groups]) -> Group | None:
    """The protocol of a run's score where it shares none: its most frequent one."""
    if any(groups[run] for groups in shared):
        return None
    mine = [group for groups in ways if (group := groups[run])]
    return max(mine, key=lambda group: len(group.scores), default=None)
