"""Jobs that are known from the start."""

from collections import deque
from collections.abc import Iterable

from gan_lab.sweeps.folder import SweepFolder
from gan_lab.sweeps.job import Job
from gan_lab.sweeps.job_status import JobStatus


class Listed:
    """Gives the jobs of a list, one after the other.

    Args:
        jobs: in their order.
    """

    def __init__(self, jobs: Iterable[Job]):
        self._left = deque(jobs)
        self.total = len(self._left)
        self.score: str | None = None  # the leaderboard's own choice

    def begin(self, folder: SweepFolder) -> None:
        """Note all of them, so that the board shows who waits."""
        for job in self._left:
            folder.plan(job)

    def next(self) -> Job | None:
        """The next job; None where there is none."""
        return self._left.popleft() if self._left else None

    def is_hopeless(self, job: Job) -> bool:
        """Never: each job is wanted for itself."""
        return False

    def tries_again(self, status: JobStatus) -> bool:
        """Tell whether a failed job may be played again: each."""
        return True

    def conclusion(self) -> list[str]:
        """Nothing but the leaderboard."""
        return []

    def done(self, job: Job, status: JobStatus) -> None:
        """Nothing follows from what a job came to."""
