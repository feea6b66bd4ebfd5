"""The illnesses of a run: a file each.

They look at the end of the table: what has passed is no finding.
"""
