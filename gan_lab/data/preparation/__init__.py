"""Preparation: from files of any kind to a memory-mapped cache."""
