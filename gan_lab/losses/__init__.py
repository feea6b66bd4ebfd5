"""Losses and penalties: pure functions of logits, and of a critic and samples."""

from gan_lab.losses import adversarial, penalties

__all__ = ["adversarial", "penalties"]
