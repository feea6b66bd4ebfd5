"""Hydra's plugins: `gan_lab.sweeps` plays, and Hydra writes no files of its own."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from hydra_plugins.gan_lab_sweeps import spaces
from omegaconf import DictConfig

from gan_lab.config.check import check_sweeping
from gan_lab.config.refusals import UNCOMPOSABLE, explain
from gan_lab.errors import UsageError
from gan_lab.sweeps.job import job
from gan_lab.sweeps.scheduler import Played
from gan_lab.sweeps.sweep import combinations, search

MOST = 10_000  # combinations: each is composed before any begins


class JobLauncher(Launcher):
    """Plays the jobs that any sweeper comes up with."""

    def setup(
        self,
        *,
        hydra_context: HydraContext,
        task_function: TaskFunction,
        config: DictConfig,
    ) -> None:
        self._loader, self._config = hydra_context.config_loader, config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> list[JobReturn]:
        """The best score of each job that any sweeper came up with."""
        lines = [list(overrides) for overrides in job_overrides]
        best = combinations(lines, self.compose)().best
        found = [job(line, (), self.compose(line)).hash for line in lines]
        return [
            JobReturn(
                overrides=line,
                status=JobStatus.COMPLETED,
                _return_value=best.get(hash),
            )
            for line, hash in zip(lines, found, strict=True)
        ]

    def compose(self, overrides: list[str]) -> DictConfig:
        """The configuration that overrides make.

        Raises:
            UsageError: they make none.
        """
        try:
            config = self._loader.load_sweep_config(self._config, overrides)
        except UNCOMPOSABLE as error:
            raise explain(error) from None
        check_sweeping(config)
        return config


class CombinationSweeper(Sweeper):
    """Plays every combination of the values that overrides list, or searches there.

    Args:
        params: overrides by key, for a file to list them.
    """

    def __init__(self, params: dict[str, str] | None = None):
        self._params = {} if params is None else params

    def setup(
        self,
        *,
        hydra_context: HydraContext,
        task_function: TaskFunction,
        config: DictConfig,
    ) -> None:
        from hydra.core.plugins import Plugins

        if not isinstance(self._params, Mapping):
            raise UsageError(
                "`hydra.sweeper.params` must be keys with their values. "
                f"Received: {self._params}."
            )
        self._loader = hydra_context.config_loader
        self._task_function = task_function
        launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )
        if not isinstance(launcher, JobLauncher):
            raise UsageError("`hydra/launcher` must be gan_lab; see `engine`.")
        self._launcher = launcher

    def sweep(self, arguments: list[str]) -> list[Any]:
        typed = [*(f"{k}={v}" for k, v in self._params.items()), *arguments]
        parser = OverridesParser.create(config_loader=self._loader)
        overrides = parser.parse_overrides(typed)
        fixed = [_text(o) for o in overrides if not o.is_sweep_override()]
        swept = [o for o in overrides if o.is_sweep_override()]
        searching = self._launcher.compose(fixed).hpo.name != "none"
        _require_values(swept, searching)
        if searching:
            space, tried = spaces.of(swept)
            try:
                play = search(space, fixed, tried, self._launcher.compose)
            except UsageError as error:
                raise UsageError(f"{error}{spaces.hint(str(error))}") from None
            return self._later(play)
        (jobs,) = BasicSweeper.split_arguments(overrides, max_batch_size=None)
        lines = [list(overrides) for overrides in jobs]
        return self._later(combinations(lines, self._launcher.compose))

    def _later(self, play: Callable[[], Played]) -> list[Any]:
        """Hand over what plays: Hydra would take its errors for its own."""
        self._task_function(play)
        return []


def _require_values(swept: list[Override], searching: bool) -> None:
    """Refuse what has no value, and more combinations than a list can be made of.

    Raises:
        UsageError: so it is, or an interval is to be listed.
    """
    count = 1
    for override in swept:
        typed = override.input_line
        if override.is_interval_sweep():
            if not searching:
                raise UsageError(
                    f"`{typed}`: an interval is for a search: add hpo=tpe."
                )
            continue
        try:
            values = sum(1 for _ in islice(override.sweep_iterator(), MOST + 1))
        except ValueError:
            raise UsageError(f"`{typed}`: the step of a range must not be 0.") from None
        count *= values
        if not values:
            raise UsageError(f"`{typed}`: there is no value in it, so nothing to play.")
        if count > MOST and not searching:
            raise UsageError(
                f"`{typed}`: a sweep has at most {MOST:,} combinations. A search tries "
                "some of more: add hpo=random."
            )


def _text(override: Override) -> str:
    return f"{override.get_key_element()}={override.get_value_element_as_str()}"


PLUGINS = (JobLauncher, CombinationSweeper)
