"""Extractors, with what they need: weights from a file, or training on a data set."""

from pathlib import Path

from gan_lab.data.preparation.cache import default_root
from gan_lab.data.samples import Samples
from gan_lab.data.sources.download import fetch
from gan_lab.data.sources.published import Collection, Remote
from gan_lab.errors import UsageError
from gan_lab.features.extractor import Extractor
from gan_lab.system.console import Console


def extractor_of(
    name: str,
    training: Samples,
    console: Console,
    weights: str | None = None,
    download: bool = False,
) -> Extractor:
    """The extractor of a name.

    Args:
        name: `lab`, `inception` or `efficientnet_lite0`.
        training: what `lab` is trained on, once for each data set.
        console: where its training is shown.
        weights: file of the weights of `inception`; what was fetched where not given.
        download: whether these weights are fetched, where they are not there yet.

    Raises:
        UsageError: weights or a package are missing.
    """
    if name == "efficientnet_lite0":
        from gan_lab.features.efficientnet import efficientnet_lite0

        return efficientnet_lite0()
    if name == "inception":
        from gan_lab.features.inception import inception

        if download and not weights:
            fetch(_inception_weights(), _fetched(), console)
        return inception(_weights(weights))
    from gan_lab.features.lab import lab

    return lab(
        training.images,
        training.labels,
        len(training.classes),
        key=training.sha256(),
        folder=default_root() / "extractors",
        console=console,
    )


def _weights(given: str | None) -> Path:
    """The file of Inception's weights."""
    from gan_lab.features import inception

    path = Path(given).expanduser() if given else _fetched() / inception.FILE
    if not given and not path.exists():
        raise UsageError(
            f"The extractor `inception` needs its weights: {inception.FILE} from "
            f"{inception.URL}, as `--weights` or `trainer.weights`, or fetched by "
            "`evaluate --download`."
        )
    return path


def _fetched() -> Path:
    return default_root() / "downloads" / "inception"


def _inception_weights() -> Collection:
    from gan_lab.features import inception

    checksum = f"sha256:{inception.CHECKSUM}"
    file = Remote(inception.FILE, (inception.URL,), checksum)
    return Collection("Inception's weights for FID", inception.URL, (file,))
