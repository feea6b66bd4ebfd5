"""Ctrl-C and SIGTERM: raised while a command runs, or noted for a loop to act on."""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

from gan_lab.errors import StoppedError

# What `signal.signal` takes, and gives back.
Handler = Callable[[int, FrameType | None], Any] | int | None
NAMES: dict[int, str] = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
PAUSE = 0.1  # seconds until a signal that could not be raised is looked at again
IMPORTING = "<frozen importlib._bootstrap>"


class Stopped(KeyboardInterrupt):
    """A signal ends the command."""


class Command:
    """From `begin` to `settle` a signal raises `Stopped`; a second Ctrl-C ends at once.

    It is not raised within an import, which would be half done and fail in ways of its
    own, nor while an exception is being handled, as that is when half-made files are
    removed. It is raised as soon as that is over, and again where someone dropped it.
    (Windows has no such timer: there it is raised at once.)

    Off the main thread, where Python takes no signals, it does nothing.

    Args:
        last: whether the process ends with the command, so that from `settle` on
            nothing is to change its exit code.
    """

    def __init__(self, last: bool):
        self._last, self._settled = last, False
        self._signal: int | None = None
        self._before: dict[int, Handler] = {}
        self._timer: Any = getattr(signal, "setitimer", None)  # not on Windows

    def begin(self) -> None:
        """Take the signals."""
        if threading.current_thread() is not threading.main_thread():
            return
        if self._timer:
            self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._again)
        for number in NAMES:
            self._before[number] = signal.signal(number, self._heed)

    def settle(self) -> None:
        """Raise nothing any more, and give the signals back, if anyone wants them."""
        self._settled = True
        if self._timer and self._before:
            self._timer(signal.ITIMER_REAL, 0)
        for number, before in self._before.items():
            # The interpreter leaves an ignored signal ignored while it shuts down.
            stubborn = number == signal.SIGINT and self._signal
            after = signal.SIG_DFL if stubborn else signal.SIG_IGN
            signal.signal(number, after if self._last else before)
        self._before = {}

    def stopped(self, error: BaseException) -> StoppedError | None:
        """The sentence for a command that a signal ended.

        Args:
            error: what ended it. Libraries may have made another one of `Stopped`.
        """
        early = signal.SIGINT if isinstance(error, KeyboardInterrupt) else None
        number = self._signal or early
        if not number:
            return None
        return StoppedError(f"Stopped by {NAMES[number]}.", 128 + number)

    def _heed(self, number: int, frame: FrameType | None) -> None:
        if self._settled:
            return
        self._signal = self._signal or number
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if self._timer:
            self._timer(signal.ITIMER_REAL, PAUSE, PAUSE)
            if sys.exception() or _imports(frame):
                return
        raise Stopped

    def _again(self, number: int, frame: FrameType | None) -> None:
        if self._settled or not self._signal:
            return
        if signal.getsignal(signal.SIGTERM) == self._heed:
            self._heed(self._signal, frame)
        else:  # somebody has begun to note signals
            self._timer(signal.ITIMER_REAL, 0)
            signal.raise_signal(self._signal)


class Interruption:
    """While it is entered, a signal is noted; a second Ctrl-C ends the process.

    Off the main thread, where Python takes no signals, it does nothing. Windows has
    no SIGTERM from other processes; Ctrl-C works.

    Attributes:
        signal: the number of the noted signal, or None.
        agreed: the same, once all processes of the run know of it.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self.agreed: int | None = None
        self._before: dict[int, Handler] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in NAMES:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.signal = number
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _imports(frame: FrameType | None) -> bool:
    """Tell whether a frame belongs to an import that is under way."""
    while frame:
        if frame.f_code.co_filename == IMPORTING:
            return True
        frame = frame.f_back
    return False
