"""Callbacks: the work at the ticks of a run, beside training."""
