"""The verbs of the command line: what is done with runs and with data."""

from gan_lab.verbs.data import data
from gan_lab.verbs.report import report
from gan_lab.verbs.review import interpolate, neighbours
from gan_lab.verbs.runs import resume, sample

VERBS = {
    "resume": resume,
    "sample": sample,
    "interpolate": interpolate,
    "neighbours": neighbours,
    "report": report,
    "data": data,
}
