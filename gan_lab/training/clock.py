"""The clock of a run."""

import time


class Clock:
    """The time of a run, and that of this process, which set out when it was made.

    Attributes:
        seconds: that its rounds took, over all processes.
        startup: seconds until this process had played a round, which includes its
            compilation; or None.
    """

    def __init__(self):
        self._set_out = time.perf_counter()
        self.seconds = 0.0
        self.startup: float | None = None

    def go_on(self) -> None:
        """Count from here on, beside the seconds that are known."""
        self._since = time.perf_counter() - self.seconds

    def look(self) -> None:
        """Count up to here: rounds were played."""
        now = time.perf_counter()
        self.seconds = now - self._since
        if self.startup is None:
            self.startup = now - self._set_out
