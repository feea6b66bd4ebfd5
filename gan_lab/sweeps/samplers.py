"""Searches: which combination is tried next. All are Optuna's."""

from dataclasses import dataclass, field

from gan_lab.errors import UsageError
from gan_lab.registry import register, share


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
def none(seed, /):
    """No search: every combination of what the sweep lists."""
    return None


@register("hpo")
def random(seed, /):
    """Combinations at random."""
    return require_optuna().samplers.RandomSampler(seed=seed)


@register("hpo")
def tpe(seed, /, *, startup: int = 10, multivariate: bool = True):
    """A Tree-structured Parzen Estimator (Bergstra et al. 2011, arXiv:2304.11127).

    Args:
        startup: trials at random before what they showed counts.
        multivariate: whether choices are weighed together.
    """
    return require_optuna().samplers.TPESampler(
        seed=seed, n_startup_trials=startup, multivariate=multivariate
    )


@register("hpo")
def nsga2(seed, /, *, population: int = 20):
    """NSGA-II, a genetic algorithm for several objectives (Deb et al. 2002).

    Args:
        population: trials of a generation, at least 2.
    """
    if population < 2:
        raise UsageError(
            f"`hpo.population` must be at least 2. Received: {population}."
        )
    return require_optuna().samplers.NSGAIISampler(
        seed=seed, population_size=population
    )


def require_optuna():
    """Optuna itself.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import optuna
    except ModuleNotFoundError:
        raise UsageError(
            "`hpo` needs optuna, which is not installed: "
            'pip install "keras-gan-lab[search]".'
        ) from None
    return optuna
