"""Trainers: how the two networks take turns."""
