"""Losses and penalties: pure functions of logits, and of a critic and samples."""
