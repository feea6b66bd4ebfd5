"""Sweeps: many runs that belong together, and what they come to."""
