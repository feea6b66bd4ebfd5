"""A source of jobs: what a sweep plays, and what it learns from what came of it."""

from typing import Protocol

from gan_lab.sweeps.folder import SweepFolder
from gan_lab.sweeps.job import Job
from gan_lab.sweeps.job_status import JobStatus


class Source(Protocol):
    """Gives the jobs of a sweep, as `Listed` and `Search` do.

    Attributes:
        total: how many jobs there are, or will be at most.
        score: that the leaderboard is sorted by; its own choice where None.
    """

    total: int
    score: str | None

    def begin(self, folder: SweepFolder) -> None:
        """Make ready to give jobs, in the folder of the sweep."""

    def next(self) -> Job | None:
        """The next job; None where there is none."""

    def is_hopeless(self, job: Job) -> bool:
        """Tell whether a job that runs can be ended."""

    def tries_again(self, status: JobStatus) -> bool:
        """Tell whether a failed job may be played again."""

    def done(self, job: Job, status: JobStatus) -> None:
        """Take note of what a job came to."""

    def conclusion(self) -> list[str]:
        """Sentences on the outcome, where the leaderboard does not tell it."""
