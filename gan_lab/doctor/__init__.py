"""The doctor: rows of a table in, findings out."""

from gan_lab.doctor.finding import TICKS, Finding, Table, since
from gan_lab.doctor.known import illness

__all__ = ["TICKS", "Finding", "Table", "illness", "since"]
