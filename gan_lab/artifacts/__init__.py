"""Every path and file format of a run folder."""

from gan_lab.artifacts.checkpoints import Checkpoints
from gan_lab.artifacts.metrics_csv import Metrics
from gan_lab.artifacts.run_folder import RunFolder
from gan_lab.artifacts.tensorboard import EventLog

__all__ = ["Checkpoints", "EventLog", "Metrics", "RunFolder"]
