"""Keras layers of ours, registered for saving."""
