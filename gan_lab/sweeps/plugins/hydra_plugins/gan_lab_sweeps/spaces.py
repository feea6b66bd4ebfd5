"""Hydra's grammar of sweeps as spaces to search in."""

from collections.abc import Iterable

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep

from gan_lab.errors import UsageError
from gan_lab.sweeps.samplers import require_optuna
from gan_lab.sweeps.search import as_text

WITHIN = 0.382  # of an interval: hardly ever a whole number


def of(overrides: Iterable[Override]) -> tuple[dict, list[dict[str, str]]]:
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
    space, ends = {}, {}
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


def _distribution(override: Override) -> tuple:
    """The distribution of an override, and the values that show what it means."""
    kinds = require_optuna().distributions
    value = override.value()
    if isinstance(value, IntervalSweep):
        low, high, log = value.start, value.end, "log" in value.tags
        whole = isinstance(low, int) and isinstance(high, int)
        kind = kinds.IntDistribution if whole else kinds.FloatDistribution
        _require_order(override, low, high, log)
        within = low if whole else low + WITHIN * (high - low)
        return kind(low, high, log=log), [as_text(v) for v in (within, low, high)]
    if isinstance(value, RangeSweep) and value.step > 0:
        values = list(value.range())
        whole = all(isinstance(v, int) for v in values)
        kind = kinds.IntDistribution if whole else kinds.FloatDistribution
        return kind(values[0], values[-1], step=value.step), [as_text(values[0])]
    choices = list(override.sweep_string_iterator())
    return kinds.CategoricalDistribution(choices), choices


def _require_order(override: Override, low: float, high: float, log: bool) -> None:
    if not low < high or (log and low <= 0):
        raise UsageError(
            f"`{override.input_line}`: an interval must begin below its end"
            f"{', and above 0 by its logarithm' if log else ''}."
        )
