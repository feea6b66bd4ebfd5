"""The pace of a run: how fast its rounds are, and how many make a chunk."""

from gan_lab.data.batches import ReadAhead

CHUNK_SECONDS = 1.0


class Pace:
    """The speed since the last tick.

    The first chunk is one round, which is when the step is compiled, and does not
    count for the speed unless there is no other.

    Args:
        ahead: what reads images ahead.

    Attributes:
        chunk: rounds that take some `CHUNK_SECONDS`.
    """

    def __init__(self, ahead: ReadAhead):
        self._ahead, self._compiled = ahead, False
        self.chunk = 1

    def begin(self) -> None:
        """Forget the tick before."""
        self._rounds, self._seconds, self._waited = 0, 0.0, self._ahead.waited

    def take(self, rounds: int, seconds: float, last: bool) -> None:
        """Count a chunk; `last` of the tick."""
        if self._compiled:
            self._rounds, self._seconds = self._rounds + rounds, self._seconds + seconds
            self.chunk = max(1, int(CHUNK_SECONDS * self._rounds / self._seconds))
        elif last:
            self._rounds, self._seconds = rounds, seconds
        else:
            self._waited = self._ahead.waited
        self._compiled = True

    @property
    def rounds_per_second(self) -> float:
        """The speed."""
        return self._rounds / self._seconds

    @property
    def data_wait(self) -> float:
        """The share of time in which rounds waited for their images."""
        return (self._ahead.waited - self._waited) / self._seconds
