"""Tests of the room `artifacts`."""
