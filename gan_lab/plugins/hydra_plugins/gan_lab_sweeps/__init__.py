"""How Hydra sweeps gan_lab: by `gan_lab.sweeps`, and without files of its own."""

from collections.abc import Callable, Mapping
from itertools import islice

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra_plugins.gan_lab_sweeps import spaces
from omegaconf import DictConfig

from gan_lab.config import SWEEPING
from gan_lab.errors import UsageError
from gan_lab.refusals import UNCOMPOSABLE, explain
from gan_lab.sweeps.conducting import combinations, search
from gan_lab.sweeps.job import job
from gan_lab.values import require_complete, resolve

MOST = 10_000  # combinations: each is composed before any begins


class JobLauncher(Launcher):
    """Plays the jobs that any sweeper comes up with."""

    def setup(self, *, hydra_context, task_function, config: DictConfig) -> None:
        self._loader, self._config = hydra_context.config_loader, config

    def launch(self, job_overrides, initial_job_idx: int) -> list[JobReturn]:
        """The best score of each job that any sweeper came up with."""
        lines = [list(overrides) for overrides in job_overrides]
        played = combinations(lines, self.compose)()
        best = {name.rpartition("-")[2]: value for name, value in played.best.items()}
        found = [job(line, (), self.compose(line)).hash for line in lines]
        return [
            JobReturn(
                overrides=line, status=JobStatus.COMPLETED, _return_value=best.get(hash)
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
        for group in SWEEPING:
            resolve(config[group])
            require_complete(config[group])
        return config


class CombinationSweeper(Sweeper):
    """Plays every combination of the values that overrides list, or searches there.

    Args:
        params: overrides by key, for a file to list them.

    Raises:
        UsageError: they are something else.
    """

    def __init__(self, params: dict[str, str] | None = None):
        if not isinstance(params, Mapping | None):
            raise UsageError(
                "`hydra.sweeper.params` must be pairs of a key and its values. "
                f"Received: {params}."
            )
        self._params = params or {}

    def setup(self, *, hydra_context, task_function, config: DictConfig) -> None:
        from hydra.core.plugins import Plugins

        self._loader = hydra_context.config_loader
        self._task_function = task_function
        self._launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )
        if not isinstance(self._launcher, JobLauncher):
            raise UsageError("`hydra/launcher` must be gan_lab; see `engine`.")

    def sweep(self, arguments: list[str]) -> list:
        typed = [*(f"{k}={v}" for k, v in self._params.items()), *arguments]
        parser = OverridesParser.create(config_loader=self._loader)
        overrides = parser.parse_overrides(typed)
        fixed = [_text(o) for o in overrides if not o.is_sweep_override()]
        swept = [o for o in overrides if o.is_sweep_override()]
        if self._launcher.compose(fixed).hpo.name != "none":
            space, tried = spaces.of(swept)
            try:
                play = search(space, fixed, tried, self._launcher.compose)
            except UsageError as error:
                raise UsageError(f"{error}{spaces.hint(str(error))}") from None
            return self._later(play)
        _require_countable(swept)
        (jobs,) = BasicSweeper.split_arguments(overrides, max_batch_size=None)
        lines = [list(overrides) for overrides in jobs]
        return self._later(combinations(lines, self._launcher.compose))

    def _later(self, play: Callable) -> list:
        """Hand over what plays: Hydra would take its errors for its own."""
        self._task_function(play)
        return []


def _require_countable(swept: list[Override]) -> None:
    """Refuse what makes no list of combinations.

    Raises:
        UsageError: there is an interval; there is no value, or far too many.
    """
    count = 1
    for override in swept:
        typed = override.input_line
        if not override.is_discrete_sweep():
            raise UsageError(f"`{typed}`: an interval is for a search: add hpo=tpe.")
        values = islice(override.sweep_iterator(), MOST + 1)
        count *= sum(1 for _ in values)
        if not count:
            raise UsageError(f"`{typed}`: there is no value in it, so nothing to play.")
        if count > MOST:
            raise UsageError(
                f"`{typed}`: a sweep has at most {MOST:,} combinations. A search takes "
                "some of more: add hpo=random."
            )


def _text(override: Override) -> str:
    return f"{override.get_key_element()}={override.get_value_element_as_str()}"


PLUGINS = (JobLauncher, CombinationSweeper)
NODES = {
    "launcher": {"_target_": f"{__name__}.JobLauncher"},
    "sweeper": {"_target_": f"{__name__}.CombinationSweeper", "params": None},
}
for group, node in NODES.items():
    ConfigStore.instance().store(
        "gan_lab", node=node, group=f"hydra/{group}", provider="gan_lab"
    )
