"""Every path and file format of a run folder."""

from gan_lab.artifacts.checkpoints import Checkpoints
from gan_lab.artifacts.events import EventLog
from gan_lab.artifacts.folder import RunFolder
from gan_lab.artifacts.metrics import Metrics

__all__ = ["Checkpoints", "EventLog", "Metrics", "RunFolder"]
