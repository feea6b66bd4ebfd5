"""Keras layers of ours, registered for saving: importing this room lets them load."""

from gan_lab.layers.norms import GroupNorm

__all__ = ["GroupNorm"]
