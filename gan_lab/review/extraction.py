"""Extractors, with what they need: weights from a file, or training on a data set."""

from pathlib import Path

from gan_lab.console import Console
from gan_lab.data.cache import default_root
from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError


def extractor_of(
    name: str,
    training: Samples,
    console: Console,
    weights: str | None = None,
):
    """The extractor of a name.

    Args:
        name: `lab`, `inception` or `efficientnet_lite0`.
        training: what `lab` is trained on, once for each data set.
        console: where its training is shown.
        weights: file of the weights of `inception`.

    Raises:
        UsageError: weights or a package are missing.
    """
    if name == "efficientnet_lite0":
        from gan_lab.features.efficientnet import efficientnet_lite0

        return efficientnet_lite0()
    if name == "inception":
        from gan_lab.features import inception

        if not weights:
            raise UsageError(
                "The extractor `inception` needs its weights, as `trainer.weights` or "
                f"`--weights`: the file {inception.FILE} from {inception.URL}."
            )
        return inception.inception(Path(weights).expanduser())
    from gan_lab.features.lab import lab

    return lab(
        training.images,
        training.labels,
        len(training.classes),
        key=training.sha256(),
        folder=default_root() / "extractors",
        console=console,
    )
