"""Tests of the room `gan`."""
