"""A new run, from its configuration to its folder."""

from dataclasses import replace
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from gan_lab.artifacts import RunFolder
from gan_lab.artifacts.run_folder import dated
from gan_lab.config.check import check
from gan_lab.data import dataset
from gan_lab.system.console import Console
from gan_lab.system.signals import Interruption
from gan_lab.training.attempts import attempt
from gan_lab.training.callbacks.order import callbacks_of
from gan_lab.training.clock import Clock
from gan_lab.training.environment import provenance
from gan_lab.training.loop import accompany
from gan_lab.training.run import Run
from gan_lab.training.start import begin, facts_of, held, process


def train(
    config: DictConfig,
    *,
    folder: Path | str | None = None,
    console: Console | None = None,
    asked: dict | None = None,
    until: int | None = None,
) -> Run:
    """Train a GAN as configured, in a new run folder.

    Args:
        config: as `load_config` returns it.
        folder: the run folder; `<runs>/<name>/<date-time>` where None.
        console: where progress is shown.
        asked: what `run.json` says of the command, where there was one.
        until: stop at the first tick from this round on, with all that depends on
            `trainer.steps` as if it went on; it can be resumed.

    Raises:
        GanLabError: the configuration, the data or the training went wrong.
    """
    clock, console, config = Clock(), console or Console(), check(config)
    with process(config, console) as devices:
        # The data, what judges on it, and networks, loss and optimisers in one GAN.
        run, parts = begin(config, console, devices, clock, until=until)
        if devices.process:
            return accompany(run, parts.samples, console)
        # A folder that there is says how its run ended: from here on signals are noted.
        with Interruption() as interruption:
            run = replace(
                run,
                folder=RunFolder.create(
                    Path(folder) if folder else dated(config.runs, config.name),
                    OmegaConf.to_yaml(config),
                    {**(asked or {}), **provenance(), **facts_of(run, parts.samples)},
                    run.gan.networks.fixed_latents(config.trainer.samples),
                ),
            )
            with held(run.folder):
                console.attach(run.folder.log)
                console.say(f"Run folder: {run.folder.path}")
                if parts.samples.left_out:
                    console.say(dataset.left_out(parts.samples))
                beside = callbacks_of(run, parts.samples, parts.judge, console)
                return attempt(run, parts.samples, beside, console, interruption)
