"""How Hydra sweeps gan_lab: a process for each combination, and no files of its own."""

import contextlib
import signal
import subprocess
import sys

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from omegaconf import DictConfig

from gan_lab.config import check
from gan_lab.errors import GanLabError, StoppedError
from gan_lab.interruption import Interruption


class ProcessLauncher(Launcher):
    """Runs jobs one after the other, each in a process of its own."""

    def setup(self, *, hydra_context, task_function, config: DictConfig) -> None:
        self._loader, self._config = hydra_context.config_loader, config

    def launch(self, job_overrides, initial_job_idx: int) -> list[int]:
        """The exit code of each job.

        Raises:
            UsageError: a job's configuration is wrong; none has been started.
            GanLabError: jobs failed; the others have run.
        """
        for overrides in job_overrides:
            job = self._loader.load_sweep_config(self._config, list(overrides))
            check(
                DictConfig(
                    {k: v for k, v in job.items_ex(resolve=False) if k != "hydra"}
                )
            )
        codes = []
        for number, overrides in enumerate(job_overrides, 1):
            print(
                f"Job {number}/{len(job_overrides)}: {' '.join(overrides)}", flush=True
            )
            command = [sys.executable, "-m", "gan_lab", *self._flags(), *overrides]
            code, stopped_by = _wait(subprocess.Popen(command))
            if stopped_by:
                said = f"The sweep was stopped in job {number} of {len(job_overrides)}."
                raise StoppedError(said, 128 + stopped_by)
            codes.append(code)
        failed = [
            f"{' '.join(overrides)} (exit code {code})"
            for overrides, code in zip(job_overrides, codes, strict=True)
            if code
        ]
        if failed:
            raise GanLabError(
                f"{len(failed)} of {len(codes)} runs failed: {'; '.join(failed)}."
            )
        return codes

    def _flags(self) -> list[str]:
        sources = self._config.hydra.runtime.config_sources
        folders = [s.path for s in sources if s.provider == "command-line"]
        return [f"--config-dir={folder}" for folder in folders]


def _wait(process: subprocess.Popen) -> tuple[int, int | None]:
    """The exit code of a job, and the signal that stopped the sweep, or None.

    It is given the time to save: Ctrl-C reaches it by itself, SIGTERM is passed on.
    """
    passed_on = False
    with Interruption() as interruption:
        while process.poll() is None:
            if interruption.signal == signal.SIGTERM and not passed_on:
                process.terminate()
                passed_on = True
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
    return process.returncode, interruption.signal


class CombinationSweeper(Sweeper):
    """Runs every combination of the values that the overrides list."""

    def setup(self, *, hydra_context, task_function, config: DictConfig) -> None:
        from hydra.core.plugins import Plugins

        self._loader = hydra_context.config_loader
        self._launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> list:
        parser = OverridesParser.create(config_loader=self._loader)
        overrides = parser.parse_overrides(arguments)
        (jobs,) = BasicSweeper.split_arguments(overrides, max_batch_size=None)
        return self._launcher.launch(jobs, initial_job_idx=0)


PLUGINS = (ProcessLauncher, CombinationSweeper)
for group, plugin in zip(("launcher", "sweeper"), PLUGINS, strict=True):
    ConfigStore.instance().store(
        "gan_lab",
        node={"_target_": f"{__name__}.{plugin.__name__}"},
        group=f"hydra/{group}",
        provider="gan_lab",
    )
