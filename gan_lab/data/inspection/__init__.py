"""Inspection: what is in a pile of pictures."""
