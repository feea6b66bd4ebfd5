"""The judge that a configuration asks for."""

from omegaconf import DictConfig

from gan_lab.data import dataset
from gan_lab.data.samples import Samples
from gan_lab.data.source import Source
from gan_lab.errors import UsageError, suggest
from gan_lab.evaluation import catalogue
from gan_lab.evaluation.catalogue import is_steady
from gan_lab.evaluation.extractors import extractor_of
from gan_lab.evaluation.judge import Judge, unfit
from gan_lab.features.extractor import Extractor
from gan_lab.system.console import Console
from gan_lab.trainers.shared import OnCollapse

FEWEST = 8  # pixels across, of images that features can be had of


def families(metrics: list[str], extractor: str) -> list[str]:
    """The families of the scores that are asked for.

    Raises:
        UsageError: there is no such score, or its name belongs to Inception.
    """
    plain = catalogue.plain_names()
    for metric in metrics:
        if metric in plain and extractor != "inception":
            raise UsageError(
                f"`{metric}` is `{plain[metric]}` on features of Inception. Ask for "
                f"`{plain[metric]}`, or for the extractor `inception`. Received: "
                f"{extractor}."
            )
    return [catalogue.family(metric) for metric in metrics]


def needs_extractor(chosen: list[str] | None, samples: Samples) -> bool:
    """Tell whether any of these metrics is one of features.

    Where None are chosen, whether there are images that features can be had of.
    """
    if chosen is None:
        return len(samples.shape) == 3 and min(samples.shape[:2]) >= FEWEST
    known = catalogue.families()
    return any(known[name].metric.features for name in chosen)


def by_channel(
    chosen: list[str] | None, samples: Samples, console: Console
) -> Extractor | None:
    """The lab's classifier of the channels of stacked images, where it is needed.

    Args:
        chosen: names of metrics; None for all.
        samples: what is trained on.
        console: where its training is shown.
    """
    known = catalogue.families()
    asked = chosen is None or any(known[name].metric.stacked for name in chosen)
    if samples.stacked is None or not asked:
        return None
    return extractor_of("lab", samples.stacked, console)


def check(config: DictConfig) -> None:
    """Refuse scores that there are not, before any data is opened.

    Raises:
        UsageError: `trainer.metrics` or `trainer.extractor` cannot be met.
    """
    trainer = config.trainer
    families(trainer.metrics or [], trainer.extractor.value)


def for_training(
    config: DictConfig, found: Source | Samples, training: Samples, console: Console
) -> Judge | None:
    """The judge of a run while it trains, or None where nothing is measured.

    Raises:
        UsageError: a score cannot be measured on this data.
    """
    trainer, held_out = config.trainer, None
    if trainer.metrics is None:
        known = catalogue.families()
        chosen = [n for n in catalogue.cheap() if not unfit(known[n], training, None)]
    else:
        chosen = families(trainer.metrics, trainer.extractor.value)
    if not chosen:
        return None
    if "memorisation" in chosen:
        held_out = dataset.load_holdout(config.data, found, console)
    extractor = None
    if needs_extractor(chosen, training):
        name = trainer.extractor.value
        extractor = extractor_of(name, training, console, trainer.weights)
    return Judge(
        training,
        held_out,
        chosen,
        extractor,
        by_channel=by_channel(chosen, training, console),
        real_images=trainer.metric_samples,
    )


def metric(config: DictConfig, judge: Judge | None) -> str | None:
    """The score by which a run is judged.

    Raises:
        UsageError: `trainer.best_metric` is not measured.
    """
    names = judge.names if judge else []
    wanted: str | None = config.trainer.best_metric
    if not names and config.trainer.on_collapse is not OnCollapse.warn:
        raise UsageError(
            "`trainer.on_collapse` needs a score (see `trainer.metrics`). Received: "
            f"{config.trainer.on_collapse.value}."
        )
    if wanted is None:
        return next(filter(is_steady, names), next(iter(names), None))
    if wanted not in names:
        raise UsageError(
            f"`trainer.best_metric` is not measured.{suggest(wanted, names)} "
            f"Known: {', '.join(names) or 'none'}. Received: {wanted}."
        )
    return wanted
