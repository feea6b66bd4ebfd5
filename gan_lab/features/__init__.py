"""Features and class probabilities of images, from networks known by their weights."""

from enum import Enum

from gan_lab.features.extractor import Extractor

__all__ = ["Extractor", "Features"]


class Features(Enum):
    """The networks that scores can take features from."""

    lab = "lab"
    inception = "inception"
    efficientnet_lite0 = "efficientnet_lite0"
