"""Optimisers: a fresh pair for the two networks, with their schedules."""
