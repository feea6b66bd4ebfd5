"""Features and class probabilities of images, from networks known by their weights."""

from gan_lab.features import efficientnet, inception, lab
from gan_lab.features.extractor import Extractor

__all__ = ["Extractor", "efficientnet", "inception", "lab"]
