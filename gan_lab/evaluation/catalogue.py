"""The metrics by name, and the names and meanings of their scores."""

import functools
from dataclasses import dataclass

from gan_lab import registry
from gan_lab.errors import UsageError, suggest
from gan_lab.evaluation.metric import LOWER, Meaning, Metric


@dataclass(frozen=True)
class Family:
    """A registered metric with its protocol.

    Attributes:
        name: as it is registered.
        metric: what it computes.
        options: what else the values depend on, of its signature.
    """

    name: str
    metric: Metric
    options: dict[str, object]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its scores, the most telling first."""
        return tuple(self.metric.scores)


def families() -> dict[str, Family]:
    """Every registered metric by name, in the order of their columns."""
    return _families(tuple(registry.names("metric")))


@functools.cache
def _families(names: tuple[str, ...]) -> dict[str, Family]:
    found: list[Family] = []
    for name in names:
        fields = registry.entry("metric", name).fields
        options = {key: default for key, (_, default) in fields.items()}
        found.append(Family(name, registry.build("metric", {"name": name}), options))
    found.sort(key=lambda family: (family.metric.place, family.name))
    return {family.name: family for family in found}


def plain_names() -> dict[str, str]:
    """`fid` and the like, and the metrics that they are of Inception's features."""
    return {f.metric.plain: f.name for f in families().values() if f.metric.plain}


def cheap() -> list[str]:
    """The metrics that are measured while training where nothing else is said."""
    return [name for name, family in families().items() if family.metric.cheap]


def family(metric: str) -> str:
    """The metric that a user means by `fid`, `frechet`, `prdc`, ...

    Raises:
        UsageError: there is none.
    """
    plain = plain_names()
    name = plain.get(metric, metric)
    if name not in registry.names("metric"):
        known = [*plain, *families()]
        raise UsageError(
            f"`{metric}` is not a score.{suggest(metric, known)} Known: "
            f"{', '.join(known)}."
        )
    return name


def require(key: str, name: str, *others: str) -> None:
    """Refuse a name that no score has.

    Args:
        key: what the user set.
        name: to what, with or without its extractor.
        *others: what would do as well.

    Raises:
        UsageError: there is no such score.
    """
    names = (n for family in families().values() for n in family.names)
    known = list(dict.fromkeys([*others, *plain_names(), *names]))
    if name.partition("/")[0] not in known:
        raise UsageError(
            f"`{key}`: {name} is not a score.{suggest(name, known)} Known: "
            f"{', '.join(known)}."
        )


def full_name(name: str, extractor: str | None) -> str:
    """The name that users see of a score: `fid`, `kid`, `is` from Inception alone.

    Args:
        name: within its metric; may have a part after a slash.
        extractor: whose features it is measured on, if on any.
    """
    base, slash, part = name.partition("/")
    if not extractor:
        return name
    plain = {first: short for short, first in _first_scores().items()}
    if extractor == "inception" and base in plain:
        return plain[base] + slash + part
    return f"{base}/{extractor}{slash}{part}"


def higher_is_better(name: str) -> bool:
    """Tell whether more is better, by a score's full name."""
    return _meaning(name).higher


def is_steady(name: str) -> bool:
    """Tell whether twice the value of a score is twice as bad, or as good."""
    return _meaning(name).steady


def _meaning(name: str) -> Meaning:
    """The meaning of a score; of one that is not known any more, lower is better."""
    base = name.partition("/")[0]
    base = _first_scores().get(base, base)
    for known in families().values():
        if base in known.metric.scores:
            return known.metric.scores[base]
    return LOWER


def _first_scores() -> dict[str, str]:
    """`fid` and the like, and the scores that they are."""
    return {short: families()[name].names[0] for short, name in plain_names().items()}
