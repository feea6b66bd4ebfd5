"""The data that a configuration asks for: looked at, and prepared."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from gan_lab import pictures
from gan_lab.config.check import check
from gan_lab.config.compose import load_config
from gan_lab.config.quoting import quoted
from gan_lab.data import dataset
from gan_lab.data.inspection import inspection
from gan_lab.data.inspection.findings import Inspection
from gan_lab.data.samples import Samples
from gan_lab.data.source import Source
from gan_lab.errors import UsageError
from gan_lab.system import files
from gan_lab.system.console import Console
from gan_lab.system.parameters import require_file


def inspect_data(
    path: Path | str | None = None,
    *,
    overrides: Iterable[str] = (),
    sheet: Path | str | None = None,
    console: Console | None = None,
) -> Inspection:
    """Look at every picture once, before anything is trained on it.

    Args:
        path: a folder or an archive of pictures; the overrides choose the data where
            None.
        overrides: as for training, such as `data.image_size=64`.
        sheet: a `.png` of what a run would see, evenly picked; nothing is written
            where None.
        console: where it is said what is under way.

    Returns:
        What is in there, and the sheet as an array.

    Raises:
        UsageError: there are no pictures, or an override is wrong.

    Example:

        found = gan_lab.inspect_data("photos", overrides=["data.image_size=64"])
        found  # a list of sentences, in a notebook
        found.files["left_out"]
    """
    overrides = list(overrides)
    chosen = any(override.startswith("data=") for override in overrides)
    if path is None and not chosen:
        raise UsageError("A path, or `data=NAME` as an override, must be given.")
    sheet = None if sheet is None else Path(sheet)
    if sheet:
        require_file(sheet, ".png", name="sheet")
    first = [] if chosen else ["data=folder"]
    where = [] if path is None else [f"data.path={quoted(path)}"]
    data = check(load_config(*first, *where, *overrides)).data
    source, console = dataset.find(data), console or Console()
    if not isinstance(source, Source):
        raise UsageError(f"`data={data.name}` makes its samples; it reads none.")
    if source.fetch:
        source.fetch(console)
    found, seen = inspection.inspect(source, dataset.geometry(data), console)
    if sheet:
        files.produce(sheet, lambda beside: pictures.write_png(beside, seen))
    return replace(found, sheet=seen)


def prepare_data(
    overrides: Iterable[str] = (), *, console: Console | None = None
) -> Samples:
    """Prepare what a configuration trains on, unless it is there already.

    Args:
        overrides: as for training, such as `data=folder`, `data.path=photos`.
        console: where it is said what is under way.

    Returns:
        What a run would train on: `images`, uint8 `(count, height, width, channels)`
        by index; `labels`; what was `left_out`, name -> why.

    Raises:
        UsageError: there is none, or an override is wrong.
        StorageError: the cache has no room.

    Example:

        samples = gan_lab.prepare_data(["data=folder", "data.path=photos"])
        samples.images[0]
    """
    config, console = check(load_config(*overrides)), console or Console()
    return dataset.load(config.data, dataset.find(config.data), console)
