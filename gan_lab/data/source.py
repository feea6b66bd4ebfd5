"""Sources: where pictures are, before any of them is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from gan_lab.data.samples import Images, Samples
from gan_lab.errors import UsageError
from gan_lab.system.console import Console

Fetch = Callable[[Console], None]


@dataclass(frozen=True)
class Pictures:
    """Pictures as they were found.

    Attributes:
        names: what to call each, in order.
        read: takes a place in `names`; the file's bytes, or a uint8 array `(height,
            width, channels)`. It is called from several threads, in about the order
            of the places.
        labels: int array, the place in `classes` of each, or None.
        classes: names of the classes.
        shape: `(height, width, channels)` where `read` gives arrays of one shape.
        left_out: name -> why, of what is known to be no use already.
        ignored: names of files that are not pictures, or hidden.
        sequential: whether to go back means to begin again.
    """

    names: Sequence[str]
    read: Callable[[int], bytes | np.ndarray]
    labels: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    shape: tuple[int, int, int] | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    sequential: bool = False


@dataclass(frozen=True)
class Source:
    """The place of pictures, and which of them are meant.

    Attributes:
        name: of the data set, for people.
        place: the path that the user gave.
        files: takes nothing; name -> path of every file that is read.
        open: takes nothing; the pictures.
        choice: the options that decide which pictures, in which order, and with which
            labels; as JSON can hold them.
        fetch: takes a `Console` and has the files in their place first, where the
            user asked for it.
        holdout: the data set's own split that training does not see.
        ready: takes nothing; the samples, where pictures need no preparation and are
            never put into the cache.
    """

    name: str
    place: str
    files: Callable[[], Mapping[str, str]]
    open: Callable[[], Pictures]
    choice: dict[str, Any] = field(default_factory=dict)
    fetch: Fetch | None = None
    holdout: "Source | None" = None
    ready: Callable[[], Samples] | None = None


def from_array(
    images: Images, labels: np.ndarray | None = None, classes: Sequence[str] = ()
) -> Pictures:
    """Pictures that are one array, or what reads like one.

    Args:
        images: uint8 `(count, height, width, channels)`.
        labels: of each its place in `classes`, or None.
        classes: names.

    Raises:
        UsageError: a label is not one of the classes'.
    """
    if labels is not None and not np.isin(labels, range(len(tuple(classes)))).all():
        raise UsageError(
            f"`data.path`: a label is not one of the {len(tuple(classes))} classes': "
            f"{labels.min()} to {labels.max()} were found."
        )
    count, height, width, channels = images.shape
    return Pictures(
        cast(Sequence[str], range(count)),  # who shows a name makes a text of it
        images.__getitem__,
        labels,
        tuple(classes),
        (height, width, channels),
    )
