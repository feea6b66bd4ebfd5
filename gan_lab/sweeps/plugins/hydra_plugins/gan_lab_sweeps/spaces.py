"""Hydra's grammar of sweeps as spaces to search in."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep

from gan_lab.errors import UsageError
from gan_lab.sweeps.samplers import require_optuna
from gan_lab.sweeps.search import as_text

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

    Space = dict[str, BaseDistribution]

WITHIN = 0.382  # of an interval: hardly ever a whole number


def of(overrides: Iterable[Override]) -> "tuple[Space, list[dict[str, str]]]":
    """The search space of overrides with several values.

    `a,b` and `choice(a,b)` are choices, `range(2,9,2)` is whole steps, and
    `interval(1e-5,1e-3)` anything between, evenly by its logarithm with
    `tag(log,interval(...))`, and the whole numbers there with `int(interval(...))`.

    Returns:
        Key -> Optuna's distribution; and values by key such that each choice, and each
        end of an interval and a number within it, is in one of them.

    Raises:
        UsageError: there is nothing to search.
    """
    space: Space = {}
    ends: dict[str, list[str]] = {}
    for override in overrides:
        key = override.get_key_element()
        space[key], ends[key] = _distribution(override)
    if not space:
        raise UsageError(
            "`hpo` has nothing to search: list values, such as loss=bce,hinge or "
            "optim.lr='tag(log,interval(1e-5,1e-3))'."
        )
    first = {key: values[0] for key, values in ends.items()}
    others = [first | {key: v} for key, values in ends.items() for v in values[1:]]
    return space, [first, *others]


def hint(error: str) -> str:
    """Advice on an error that a number within an interval makes."""
    whole = "must be a whole number" in error
    return " Whole numbers are int(interval(1,5))." if whole else ""


def _distribution(override: Override) -> "tuple[BaseDistribution, list[str]]":
    """The distribution of an override, and the values that show what it means."""
    require_optuna()
    from optuna.distributions import CategoricalDistribution

    value = override.value()
    if isinstance(value, IntervalSweep):
        low, high = cast(float, value.start), cast(float, value.end)  # it has both
        log = "log" in value.tags
        _require_order(override, low, high, log)
        within = low if _are_whole(low, high) else low + WITHIN * (high - low)
        distribution = _numbers(low, high, log=log)
        return distribution, [as_text(v) for v in (within, low, high)]
    if isinstance(value, RangeSweep) and value.step > 0:
        values: list[float] = list(value.range())
        distribution = _numbers(values[0], values[-1], step=value.step)
        return distribution, [as_text(values[0])]
    choices = list(override.sweep_string_iterator())
    return CategoricalDistribution(choices), choices


def _numbers(
    low: float, high: float, *, step: float | None = None, log: bool = False
) -> "BaseDistribution":
    """Whole numbers where both ends are, and otherwise any."""
    from optuna.distributions import FloatDistribution, IntDistribution

    if _are_whole(low, high):
        return IntDistribution(int(low), int(high), log=log, step=int(step or 1))
    return FloatDistribution(low, high, log=log, step=step)


def _are_whole(*numbers: float) -> bool:
    return all(isinstance(number, int) for number in numbers)


def _require_order(override: Override, low: float, high: float, log: bool) -> None:
    if not low < high or (log and low <= 0):
        raise UsageError(
            f"`{override.input_line}`: an interval must begin below its end"
            f"{', and above 0 by its logarithm' if log else ''}."
        )
