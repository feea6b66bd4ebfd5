"""Replay: does a run come out the same again?"""
