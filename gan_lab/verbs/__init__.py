"""The verbs of the command line: what is done with runs and with data."""

from gan_lab.verbs.bench import bench
from gan_lab.verbs.compare import compare
from gan_lab.verbs.data import data
from gan_lab.verbs.doctor import doctor
from gan_lab.verbs.evaluate import evaluate
from gan_lab.verbs.job import job
from gan_lab.verbs.leaderboard import leaderboard
from gan_lab.verbs.replay import replay
from gan_lab.verbs.report import report
from gan_lab.verbs.resume import resume
from gan_lab.verbs.review import interpolate, neighbours
from gan_lab.verbs.sample import sample

VERBS = {
    "resume": resume,
    "sample": sample,
    "evaluate": evaluate,
    "doctor": doctor,
    "interpolate": interpolate,
    "neighbours": neighbours,
    "report": report,
    "leaderboard": leaderboard,
    "compare": compare,
    "replay": replay,
    "data": data,
    "bench": bench,
    "job": job,
}
