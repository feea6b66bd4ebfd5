"""Scores in groups that can be ranked, and why the others cannot."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from gan_lab.artifacts.scores_jsonl import Score
from gan_lab.config.differences import differences


@dataclass(frozen=True)
class Group:
    """Scores of one name, protocol and number of repeats.

    Attributes:
        scores: the best first.
    """

    scores: tuple[Score, ...]

    @property
    def name(self) -> str:
        """The names of every score in it."""
        return self.scores[0].name

    @property
    def conditions(self) -> dict[str, Any]:
        """The facts that have to be equal for a comparison."""
        return {**self.scores[0].protocol, "repeats": self.scores[0].repeats}


def groups(scores: list[Score]) -> list[Group]:
    """Scores that can be ranked, together; by name."""
    found: list[list[Score]] = []
    for score in scores:
        for group in found:
            if score.comparable(group[0]):
                group.append(score)
                break
        else:
            found.append([score])
    ranked = [Group(tuple(sorted(group, key=_worst_last))) for group in found]
    return sorted(ranked, key=lambda group: group.name)


def refusals(found: list[Group]) -> list[str]:
    """A sentence for each name that was measured in more than one way."""
    sentences = []
    for name, alike in groupby(found, lambda group: group.name):
        first, *others = [group.conditions for group in alike]
        if others:
            fields = {key for other in others for key in differences(first, other)}
            sentences.append(
                f"{name} was measured in {1 + len(others)} ways, which are not ranked "
                f"against each other: they differ in {', '.join(sorted(fields))}."
            )
    return sentences


def _worst_last(score: Score) -> float:
    return -score.value if score.higher_is_better else score.value
