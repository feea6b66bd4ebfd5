"""From a configuration to what is trained: data, judge, networks, loss, optimisers."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import keras
from omegaconf import DictConfig

from gan_lab import backend
from gan_lab.config.check import check
from gan_lab.data import dataset
from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError
from gan_lab.evaluation import chosen
from gan_lab.evaluation.judge import Judge
from gan_lab.gan.model import GAN
from gan_lab.registry import build
from gan_lab.system.console import Console
from gan_lab.trainers.shared import OnCollapse, Precision, Strategy
from gan_lab.training.rollback import Remedy


class Parts(NamedTuple):
    """The parts of a run.

    Attributes:
        samples: the data.
        judge: what scores the run on them; None where nothing is measured, and in
            all processes but the chief.
        metric: the score by which it is judged, or None.
        gan: networks, loss and optimisers, before the first round.
    """

    samples: Samples
    judge: Judge | None
    metric: str | None
    gan: GAN


def assemble(
    config: DictConfig,
    console: Console,
    devices: backend.Devices,
    remedy: Remedy | None = None,
) -> Parts:
    """The data, what judges on it, and the GAN that trains on it.

    Where the configuration tells the shape of images, networks come first: their
    mistakes cost no time then, nor do those of a remedy. The chief alone judges.
    """
    data, remedy = config.data, remedy or Remedy()
    gan = judge = metric = None
    found = dataset.find(data)
    chosen.check(config)
    trained = remedy.applied(config)
    with devices.scope():
        parts = _parts(trained)
        if shape := _known_shape(config):
            _require_remedy(config, remedy, shape)
            gan = gan_of(trained, shape, parts)
    samples = dataset.load(data, found, console)
    if devices.process == 0:
        judge = chosen.for_training(config, found, samples, console)
        metric = chosen.metric(config, judge)
    if not gan:
        with devices.scope():
            _require_remedy(config, remedy, samples.shape)
            gan = gan_of(trained, samples.shape, parts)
    return Parts(samples, judge, metric, gan)


def gan_of(config: DictConfig, shape: tuple, parts: tuple | None = None) -> GAN:
    """The GAN of a configuration, as it is before its first round.

    For several devices it is made in their scope.

    Args:
        config: checked.
        shape: of a sample.
        parts: loss, step and optimisers, where they are there already.
    """
    loss, step, optimizers = parts or _parts(config)
    keras.utils.set_random_seed(config.seed)
    networks = build("model", config.model, shape)
    augment = build("augment", config.augment, shape)
    how = {"step": step, "augment": augment, "ema": _decay(config.trainer)}
    gan = GAN(networks, loss, **how, seed=config.seed)
    if config.trainer.precision is Precision.mixed_float16:
        optimizers = map(backend.LossScaleOptimizer, optimizers)
    of_generator, of_discriminator = optimizers
    gan.compile(of_generator, of_discriminator, jit=config.trainer.jit)
    return gan


def devices_of(config: DictConfig, console: Console) -> backend.Devices:
    """The devices that share a batch; it waits for those of other machines.

    Raises:
        UsageError: they are not there, or cannot share it evenly.
    """
    trainer = config.trainer
    if trainer.strategy is Strategy.multiworker:
        console.say("Waiting for the other machines of the run.")
    devices = backend.Devices(trainer.strategy.value, trainer.devices)
    if trainer.batch_size % devices.count:
        raise UsageError(
            f"`trainer.batch_size` must be a multiple of the {devices.count} devices "
            f"that share it. Received: {trainer.batch_size}."
        )
    return devices


def rehearse(configs: Iterable[DictConfig]) -> None:
    """Do what training does before it opens data: find it, and build what needs none.

    Raises:
        UsageError: a configuration is wrong.
    """
    tried = set()
    for config in map(check, configs):
        if config.trainer.strategy is Strategy.multiworker:
            raise UsageError(
                "`trainer.strategy=multiworker` is for one run on several machines, "
                "and not for a sweep. On a cluster take engine=slurm."
            )
        found, parts = dataset.find(config.data), _parts(config)
        chosen.check(config)
        if str(config.data) not in tried:
            dataset.look(found)
        networks = f"{config.model} of {config.data}"
        if networks not in tried and (shape := _known_shape(config)):
            _require_remedy(config, Remedy(), shape)
            gan_of(config, shape, parts)
        tried |= {str(config.data), networks}


def _decay(trainer: DictConfig) -> float:
    """The decay of the moving average, a round."""
    half_life: float | None = trainer.ema_half_life
    if half_life is None:
        return float(trainer.ema)
    return float(0.5 ** (trainer.batch_size / half_life))


def _known_shape(config: DictConfig) -> tuple | None:
    """The shape of images, where the configuration tells it."""
    size, channels = config.data.image_size, config.data.channels
    return (size, size, channels) if size and channels else None


def _require_remedy(config: DictConfig, remedy: Remedy, shape: tuple) -> None:
    """Say now where the next remedy could not be applied.

    Raises:
        UsageError: the GAN cannot be built with it.
    """
    if config.trainer.on_collapse is OnCollapse.rollback:
        gan_of(remedy.next(config.trainer).applied(config), shape)


def _parts(config: DictConfig) -> tuple:
    """The parts that need no data: loss, step, optimisers. Mistakes cost no time."""
    penalty = build("loss/penalty", config.loss.penalty)
    loss = build("loss", config.loss, penalty)
    terms = [build("loss/terms", node) for node in config.loss.terms.values()]
    loss = replace(loss, terms=tuple(terms))
    step = build("trainer", config.trainer)
    rounds = config.trainer.steps
    return loss, step, build("optim", config.optim, rounds, step.critic_steps)
