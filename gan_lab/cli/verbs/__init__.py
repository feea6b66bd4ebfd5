"""The verbs of the command line: what is done with runs and with data."""

from gan_lab.cli.verbs.bench import bench
from gan_lab.cli.verbs.compare import compare
from gan_lab.cli.verbs.data import data
from gan_lab.cli.verbs.doctor import doctor
from gan_lab.cli.verbs.evaluate import evaluate
from gan_lab.cli.verbs.job import job
from gan_lab.cli.verbs.leaderboard import leaderboard
from gan_lab.cli.verbs.neighbours import interpolate, neighbours
from gan_lab.cli.verbs.replay import replay
from gan_lab.cli.verbs.report import report
from gan_lab.cli.verbs.resume import resume
from gan_lab.cli.verbs.sample import sample

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
