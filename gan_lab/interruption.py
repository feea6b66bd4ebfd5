"""Ctrl-C and SIGTERM, noted and left for the training loop to act on."""

import signal
import threading


class Interruption:
    """While it is entered, a signal is noted; a second Ctrl-C ends the process.

    Off the main thread, where Python takes no signals, it does nothing. Windows has
    no SIGTERM from other processes; Ctrl-C works.

    Attributes:
        signal: the number of the noted signal, or None.
        agreed: the same, once all processes of the run know of it.
    """

    def __init__(self):
        self.signal: int | None = None
        self.agreed: int | None = None
        self._before = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *error):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number, frame) -> None:
        self.signal = number
        signal.signal(signal.SIGINT, signal.SIG_DFL)
