"""Facts about keys beside their types and defaults, in one place."""

from enum import Flag, auto


class Fact(Flag):
    """Something that holds of a key.

    Attributes:
        PATH: its value is a path of the user.
        SOURCE: it says where a run finds what it reads, and not what that is.
        SAME_IMAGES: it is of `data`, and does not say which images there are.
        NAMELESS: it is not part of what a job of a sweep is, and cannot be swept.
        HARMLESS: a run that differs in it alone has the same bits.
        BESIDE: it is of what is looked at beside training.
        DRAWN: what it says was drawn when the run began, and stays.
    """

    PATH = auto()
    SOURCE = auto()
    SAME_IMAGES = auto()
    NAMELESS = auto()
    HARMLESS = auto()
    BESIDE = auto()
    DRAWN = auto()


PATH, SOURCE, SAME_IMAGES, NAMELESS, HARMLESS, BESIDE, DRAWN = Fact

KEYS = {
    "name": NAMELESS,
    "runs": PATH | NAMELESS | HARMLESS,
    "data.path": PATH | SOURCE | SAME_IMAGES | HARMLESS,
    "data.annotations": PATH | SOURCE | SAME_IMAGES | HARMLESS,
    "data.cache": PATH | SOURCE | SAME_IMAGES | NAMELESS | HARMLESS,
    "data.download": SOURCE | SAME_IMAGES | NAMELESS | HARMLESS,
    "data.device": SAME_IMAGES,
    "data.flip": SAME_IMAGES,
    "data.shuffle": SAME_IMAGES,
    "data.strict": SAME_IMAGES,
    "trainer.weights": PATH | SOURCE | HARMLESS | BESIDE,
    "trainer.keep": HARMLESS | BESIDE,
    "trainer.threads": HARMLESS | BESIDE,
    "trainer.samples": BESIDE | DRAWN,
    "trainer.sample_ticks": BESIDE,
    "trainer.sample_scale": BESIDE,
    "trainer.tick_steps": BESIDE,
    "trainer.checkpoint_ticks": BESIDE,
    "trainer.metrics": BESIDE,
    "trainer.metric_ticks": BESIDE,
    "trainer.metric_samples": BESIDE,
    "trainer.best_metric": BESIDE,
    "trainer.extractor": BESIDE,
}


def keys(fact: Fact) -> tuple[str, ...]:
    """The keys of which a fact holds."""
    return tuple(key for key, facts in KEYS.items() if fact in facts)


def has(key: str, fact: Fact) -> bool:
    """Tell whether a fact holds of a key."""
    return key in KEYS and fact in KEYS[key]
