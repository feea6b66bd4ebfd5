"""The scores that the jobs of a sweep will have, known before any begins."""

from omegaconf import DictConfig

from gan_lab.errors import UsageError
from gan_lab.evaluation import catalogue
from gan_lab.evaluation.catalogue import full_name, require
from gan_lab.evaluation.chosen import families


def measured(config: DictConfig) -> list[str]:
    """The full names of what is measured while training."""
    trainer, names = config.trainer, []
    extractor = trainer.extractor.value
    chosen = trainer.metrics
    chosen = catalogue.cheap() if chosen is None else families(list(chosen), extractor)
    known = catalogue.families()
    for family in (known[metric] for metric in chosen):
        source = extractor if family.metric.features else None
        names += [full_name(name, source) for name in family.names]
    return names


def resolve(key: str, name: str, config: DictConfig) -> str:
    """The full name of a score that is measured while training.

    Args:
        key: what the user set.
        name: to what; its extractor may be left out.
        config: of a job.

    Raises:
        UsageError: there is no such score, or the jobs will not measure it.
    """
    require(key, name)
    known = measured(config)
    for candidate in (name, f"{name}/{config.trainer.extractor.value}"):
        if candidate in known:
            return candidate
    raise UsageError(
        f"`{key}`: {name} is not measured while training, see `trainer.metrics`. "
        f"Measured: {', '.join(known) or 'nothing'}."
    )
