"""A process that does not outlive the one that began it."""

import os
import signal
import threading


def begin() -> None:
    """From now on, save and end when the other end of standard input is closed.

    A pipe tells that on every system, even where its other process was killed. It is
    moved away from standard input first: on Windows libraries that start up look there,
    and would wait for who reads it.
    """
    pipe, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)

    def wait() -> None:
        while os.read(pipe, 1024):
            pass
        signal.raise_signal(signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()
