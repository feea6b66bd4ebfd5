"""Searches: which combination is tried next. All are Optuna's."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gan_lab.errors import UsageError
from gan_lab.registry import register, share

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
else:
    BaseSampler = Any  # the registry reads types where Optuna may be missing


@share("hpo")
@dataclass
class HpoConfig:
    """Keys that every search has beside its own options.

    Attributes:
        trials: combinations to try, over all calls together.
        objectives: what is searched for: scores that are measured while training,
            `seconds` or `memory`.
        prune: whether a job that is hopeless by its scores so far is ended.
        seed: of the search; that of the runs is `seed`.
    """

    trials: int = 20
    objectives: list[str] = field(default_factory=lambda: ["swd"])
    prune: bool = True
    seed: int = 0


@register("hpo")
def none(seed: int, /) -> None:
    """No search: every combination of what the sweep lists."""


@register("hpo")
def random(seed: int, /) -> BaseSampler:
    """Combinations at random."""
    require_optuna()
    from optuna.samplers import RandomSampler

    return RandomSampler(seed=seed)


@register("hpo")
def tpe(seed: int, /, *, startup: int = 10, multivariate: bool = True) -> BaseSampler:
    """A Tree-structured Parzen Estimator (Bergstra et al. 2011, arXiv:2304.11127).

    Args:
        startup: trials at random before what they showed counts.
        multivariate: whether choices are weighed together.
    """
    require_optuna()
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed, n_startup_trials=startup, multivariate=multivariate)


@register("hpo")
def nsga2(seed: int, /, *, population: int = 20) -> BaseSampler:
    """NSGA-II, a genetic algorithm for several objectives (Deb et al. 2002).

    Args:
        population: trials of a generation, at least 2.
    """
    if population < 2:
        raise UsageError(
            f"`hpo.population` must be at least 2. Received: {population}."
        )
    require_optuna()
    from optuna.samplers import NSGAIISampler

    return NSGAIISampler(seed=seed, population_size=population)


def require_optuna() -> None:
    """Refuse to search without Optuna.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import optuna  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError(
            "`hpo` needs optuna, which is not installed: "
            'pip install "keras-gan-lab[search]".'
        ) from None
