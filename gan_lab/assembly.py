"""From a configuration to what is trained: data, judge, networks, loss, optimisers."""

from collections.abc import Iterable

import keras
from omegaconf import DictConfig

from gan_lab import backend, dataset
from gan_lab.config import check, own
from gan_lab.console import Console
from gan_lab.data.samples import Samples
from gan_lab.gan import GAN
from gan_lab.registry import build
from gan_lab.remedy import Remedy
from gan_lab.review import judging
from gan_lab.review.judge import Judge
from gan_lab.settings import OnCollapse, Precision


def assemble(
    config: DictConfig, console: Console, remedy: Remedy | None = None
) -> tuple[Samples, Judge | None, GAN]:
    """The data, what judges on it, and the GAN that trains on it.

    Where the configuration tells the shape of images, networks come first: their
    mistakes cost no time then, nor do those of a remedy.
    """
    data, gan, remedy = config.data, None, remedy or Remedy()
    found, parts = dataset.find(data), _parts(remedy.applied(config))
    judging.check(config)
    if shape := _known_shape(config):
        gan = _built(config, remedy, parts, shape)
    samples = dataset.load(data, found, console)
    judge = judging.for_training(config, found, samples, console)
    judging.metric(config, judge)
    return samples, judge, gan or _built(config, remedy, parts, samples.shape)


def gan_of(config: DictConfig, shape: tuple, parts: tuple | None = None) -> GAN:
    """The GAN of a configuration, as it is before its first round.

    Args:
        config: checked.
        shape: of a sample.
        parts: loss, step and optimisers, where they are there already.
    """
    loss, step, optimizers = parts or _parts(config)
    keras.utils.set_random_seed(config.seed)
    networks = build("model", config.model, shape)
    gan = GAN(networks, loss, step=step, ema=config.trainer.ema, seed=config.seed)
    if config.trainer.precision is Precision.mixed_float16:
        optimizers = map(backend.LossScaleOptimizer, optimizers)
    gan.compile(*optimizers, jit=config.trainer.jit)
    return gan


def rehearse(configs: Iterable[DictConfig]) -> None:
    """Do what training does before it opens data: find it, and build what needs none.

    Raises:
        UsageError: a configuration is wrong.
    """
    tried = set()
    for config in map(check, configs):
        found, parts = dataset.find(config.data), _parts(config)
        judging.check(config)
        if str(config.data) not in tried:
            dataset.look(found)
        networks = f"{config.model} of {config.data}"
        if networks not in tried and (shape := _known_shape(config)):
            _built(config, Remedy(), parts, shape)
        tried |= {str(config.data), networks}


def _known_shape(config: DictConfig) -> tuple | None:
    """The shape of images, where the configuration tells it."""
    size, channels = config.data.image_size, config.data.channels
    return (size, size, channels) if size and channels else None


def _built(config: DictConfig, remedy: Remedy, parts: tuple, shape: tuple) -> GAN:
    """The GAN; where the next remedy could not be applied to it, that is said now."""
    if config.trainer.on_collapse is OnCollapse.rollback:
        later = remedy.next(config.trainer).applied(config)
        gan_of(later, shape)
    return gan_of(remedy.applied(config), shape, parts)


def _parts(config: DictConfig) -> tuple:
    """What needs no data, so that its mistakes cost no time: loss, step, optimisers."""
    penalty = build("loss/penalty", config.loss.penalty)
    loss = build("loss", own("loss", config.loss), penalty)
    step = build("trainer", own("trainer", config.trainer))
    rounds = config.trainer.steps
    return loss, step, build("optim", config.optim, rounds, step.critic_steps)
