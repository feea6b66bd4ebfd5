"""Training: a whole run, from its configuration to its folder."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import keras
from omegaconf import DictConfig, OmegaConf

from gan_lab import backend, dataset
from gan_lab.artifacts import RunFolder
from gan_lab.config import check, differences, from_file, own, plain
from gan_lab.console import Console
from gan_lab.data.samples import Samples
from gan_lab.environment import environment, provenance
from gan_lab.errors import UsageError
from gan_lab.gan import GAN
from gan_lab.loop import explain, play
from gan_lab.registry import build
from gan_lab.run import Run

# Options of data that leave the images what they are.
SAME_IMAGES = (
    "data.cache",
    "data.download",
    "data.flip",
    "data.shuffle",
    "data.strict",
)


def train(
    config: DictConfig,
    *,
    console: Console | None = None,
    asked: dict | None = None,
) -> Run:
    """Train a GAN as configured, in a new run folder.

    Args:
        config: as `load_config` returns it.
        console: where progress is shown.
        asked: what `run.json` says of the command, where there was one.

    Raises:
        GanLabError: the configuration, the data or the training went wrong.
    """
    console = console or Console()
    config = check(config)
    backend.configure(config.trainer.threads, config.trainer.deterministic)
    with _process(config):
        samples, gan = _assemble(config, console)
        facts = {
            **(asked or {}),
            **provenance(),
            "config": plain(config),
            "environment": environment(),
            "data": samples.sha256(),
            "images": samples.count,
            "image_shape": samples.shape,
            "classes": samples.classes_counted(),
            "left_out": samples.left_out,
            "prepared": samples.report and str(samples.report.parent),
        }
        folder = RunFolder.create(
            config.runs,
            config.name,
            OmegaConf.to_yaml(config),
            facts,
            gan.networks.fixed_latents(config.trainer.samples),
        )
        folder.lock()
        try:
            console.attach(folder.log)
            console.say(f"Run folder: {folder.path}")
            if samples.left_out:
                console.say(dataset.left_out(samples))
            run = Run(folder, config, gan, facts["environment"], facts["data"])
            run.draw = samples.draw
            return play(run, samples, console)
        finally:
            folder.unlock()


def resume(
    path: Path | str,
    overrides: Iterable[str] = (),
    *,
    accept_changes: bool = False,
    console: Console | None = None,
) -> Run:
    """Continue a run exactly from its newest whole checkpoint.

    Args:
        path: the run folder.
        overrides: keys to change, as `key=value`.
        accept_changes: whether to go on where something else differs, too.
        console: where progress is shown.

    Raises:
        UsageError: the run is alive or complete, or something differs.
        GanLabError: the training went wrong.
    """
    console, overrides = console or Console(), list(overrides)
    folder = RunFolder(path)
    folder.lock()
    try:
        config = check(from_file(folder.config, overrides))
        backend.configure(config.trainer.threads, config.trainer.deterministic)
        with _process(config):
            samples, gan = _assemble(config, console)
            run = Run(folder, config, gan, environment(), samples.sha256())
            run.draw = samples.draw
            damaged = []
            saved = folder.checkpoints.load(damaged.append)
            if saved:
                run.restore(*saved[1:])
            complete = folder.facts()["status"] == "finished"
            if run.round > config.trainer.steps or (
                complete and run.round == config.trainer.steps
            ):
                raise UsageError(
                    f"{path} has played its {run.round} rounds. To go on, give more: "
                    f"trainer.steps={2 * run.round}."
                )
            changes = _changes(run, saved, overrides)
            if changes and not accept_changes:
                raise UsageError(
                    f"{path} would not go on as it was: {'; '.join(changes)}. Take it "
                    "back, or add --accept-changes."
                )
            console.attach(folder.log)
            console.say(f"Run folder: {folder.path}, from round {run.round}")
            for warning in damaged:
                console.say(warning)
            folder.state(
                status="running",
                reason=None,
                ended=None,
                config=plain(config),
                environment=run.environment,
                data=run.data,
            )
            folder.write_config(OmegaConf.to_yaml(config))
            folder.go_back(run.round)
            folder.event(
                "resume",
                round=run.round,
                overrides=overrides,
                changes=changes,
                damaged=damaged,
            )
            if run.round == config.trainer.steps:
                run.save()  # the kill came between the last checkpoint and the end
            return play(run, samples, console)
    finally:
        folder.unlock()


def load_run(path: Path | str) -> Run:
    """The networks of a run, as its newest whole checkpoint holds them.

    Raises:
        UsageError: it is no run folder, or has no whole checkpoint yet.
    """
    folder = RunFolder(path)
    facts, config = folder.facts(), check(from_file(folder.config))
    saved = folder.checkpoints.load(Console().say)
    if not saved:
        raise UsageError(f"{path} has no checkpoint yet.")
    with _process(config):
        gan = _gan(config, _parts(config), tuple(facts["image_shape"]))
    run = Run(folder, config, gan, environment(), facts["data"])
    run.draw = dataset.drawing(config.data, tuple(facts["image_shape"]))
    run.restore(*saved[1:])
    return run


def _assemble(config: DictConfig, console: Console) -> tuple[Samples, GAN]:
    """The data, and the GAN that trains on it.

    Where the configuration tells the shape of images, networks come first: their
    mistakes cost no time then.
    """
    data, gan = config.data, None
    found, parts = dataset.find(data), _parts(config)
    if data.image_size and data.channels:
        gan = _gan(config, parts, (data.image_size, data.image_size, data.channels))
    samples = dataset.load(data, found, console)
    return samples, gan or _gan(config, parts, samples.shape)


def _parts(config: DictConfig) -> tuple:
    """What needs no data, so that its mistakes cost no time: loss, step, optimisers."""
    penalty = build("loss/penalty", config.loss.penalty)
    loss = build("loss", own("loss", config.loss), penalty)
    step = build("trainer", own("trainer", config.trainer))
    rounds = config.trainer.steps
    return loss, step, build("optim", config.optim, rounds, step.critic_steps)


def _gan(config: DictConfig, parts: tuple, image_shape: tuple) -> GAN:
    loss, step, optimizers = parts
    keras.utils.set_random_seed(config.seed)
    networks = build("model", config.model, image_shape)
    gan = GAN(networks, loss, step=step, ema=config.trainer.ema, seed=config.seed)
    gan.compile(*optimizers, jit=config.trainer.jit)
    return gan


@contextlib.contextmanager
def _process(config: DictConfig) -> Iterator[None]:
    """Set up what belongs to the process, and name what it runs out of."""
    trainer, before = config.trainer, keras.config.dtype_policy()
    keras.config.set_dtype_policy(trainer.precision.value)
    try:
        yield
    except Exception as error:
        if explained := explain(error, trainer.batch_size):
            raise explained from error
        raise
    finally:
        keras.config.set_dtype_policy(before)


def _changes(run: Run, saved: tuple | None, overrides: list[str]) -> list[str]:
    """What differs from the run as it was, beside what the overrides say."""
    keys = [override.partition("=")[0] for override in overrides]
    found = differences(run.folder.facts()["config"], plain(run.config))
    if saved:
        _, _, meta = saved
        found |= differences(meta["environment"], run.environment)
        if "trainer.threads" in keys:
            found.pop("threads", None)
        chosen = [k for k in keys if k.startswith("data.") and k not in SAME_IMAGES]
        if meta["data"] != run.data and not chosen:
            found["the images of data"] = (meta["data"][:12], run.data[:12])
    return [
        f"{key} was {old}, is {new}"
        for key, (old, new) in found.items()
        if key not in keys
    ]
