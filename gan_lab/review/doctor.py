"""The doctor: what is wrong with a run, read from its table alone."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a run.

    Attributes:
        name: of the illness, such as `modes lost`.
        since: the round at which it began.
        evidence: the numbers that say so, in a sentence.
        advice: what people do about it, in a sentence.
        keys: overrides to try, such as `loss/penalty=r1`.
    """

    name: str
    since: int
    evidence: str
    advice: str
    keys: tuple[str, ...]


def diagnose(rows: list[dict[str, float]]) -> list[Finding]:
    """What is wrong, the earliest first.

    Args:
        rows: of `metrics.csv`, as `artifacts.metrics.read` gives them.
    """
    return []
