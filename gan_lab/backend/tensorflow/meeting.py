"""The meeting of a run's processes, which wait for each other.

Each listens at its own address and calls at those of the others. Who calls says who it
is, is told who answers, and gives thanks. A process leaves when it has been answered by
all others and thanked by all others: so nobody is left who still has to find it.
"""

import contextlib
import os
import socket
import threading
import time
import zlib

from gan_lab.backend.tensorflow.cluster import Machines, parts
from gan_lab.errors import UsageError, WorkerError

MINUTES = 10.0  # that the first process waits for the last
PAUSE = 0.2  # seconds between two calls
WITHIN = 1.0  # seconds in which a call is answered
SILENT = 3.0  # seconds after which whoever gives no answer is a stranger
MARK, THANKS, LONGEST = b"gan_lab ", b"gan_lab thanks\n", 200


def meet(known: Machines) -> None:
    """Wait until every other process is at its address, and knows of this one.

    TensorFlow would wait longer than anyone, and hear no signal meanwhile.

    Raises:
        UsageError: this process cannot listen at its own address.
        WorkerError: another one did not come, or a stranger is in its place.
    """
    others = set(range(len(known.addresses))) - {known.own}
    found: set[int] = set()
    silent: dict[int, float] = {}
    until = time.monotonic() + 60 * MINUTES
    with _listener(known) as listener, _Door(listener, known) as door:
        while True:
            for place in others - found:
                if _answers(known, place, silent):
                    found.add(place)
            if found == others and door.thanked >= others:
                return
            if time.monotonic() > until:
                _give_up(known, others - found, others - door.thanked)
            time.sleep(PAUSE)


class _Door:
    """Answers who calls, in threads: a slow look-up of a name keeps nobody waiting.

    Args:
        listener: where they call.
        known: who may.

    Attributes:
        thanked: places of those who have called and were answered.
    """

    def __init__(self, listener: socket.socket, known: Machines):
        self.thanked: set[int] = set()
        self._listener, self._known = listener, known
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._open, daemon=True)

    def __enter__(self):
        self._listener.settimeout(PAUSE)
        self._thread.start()
        return self

    def __exit__(self, *error) -> None:
        self._closed.set()
        self._thread.join()

    def _open(self) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(OSError):  # nobody called
                caller, _ = self._listener.accept()
                threading.Thread(target=self._hear, args=(caller,), daemon=True).start()

    def _hear(self, caller: socket.socket) -> None:
        known = self._known
        calls = {_call(known, place, known.own): place for place in _places(known)}
        with caller, contextlib.suppress(OSError):
            caller.settimeout(SILENT)
            called = _line(caller)
            place = calls.get(called)
            if called.startswith(MARK):
                caller.sendall(_answer(known, place))
            if place is None or _line(caller) != THANKS:
                return
            with contextlib.suppress(OSError):
                # Who hangs up first keeps its port for a while: let it be the other.
                caller.recv(1)
        if place is not None:
            self.thanked.add(place)


def _answers(known: Machines, place: int, silent: dict[int, float]) -> bool:
    """Tell whether a process is at its address.

    Args:
        known: all that take part.
        place: of the one that is called.
        silent: since when somebody is there who gives no answer, by place.

    Raises:
        WorkerError: it is not a process of this run.
    """
    address = known.addresses[place]
    try:
        line = socket.create_connection(parts(address), timeout=WITHIN)
    except OSError:  # its name may not be known yet, too
        silent.pop(place, None)
        return False
    said = b""
    with line, contextlib.suppress(OSError):
        if line.getsockname() == line.getpeername():  # a port can call itself
            return False
        line.sendall(_call(known, known.own, place))
        said = _line(line)
        if said == _answer(known, known.own, place):
            line.sendall(THANKS)
            return True
    since = silent.setdefault(place, time.monotonic())
    if said or time.monotonic() - since > SILENT:
        raise WorkerError(
            f"The program at {address} is not a process of this run. Give "
            "every process the same addresses, each with a port that nobody else uses."
        )
    return False


def _give_up(known: Machines, absent: set[int], strange: set[int]) -> None:
    """Say who is missing.

    Raises:
        WorkerError: always.
    """
    names = ", ".join(known.addresses[place] for place in sorted(absent or strange))
    if absent:
        raise WorkerError(
            f"After {MINUTES:g} minutes there is nobody at {names}: what these "
            "processes of the run printed says why."
        )
    raise WorkerError(
        f"After {MINUTES:g} minutes the processes at {names} have not reached this "
        f"one at {known.addresses[known.own]}."
    )


def _places(known: Machines) -> range:
    return range(len(known.addresses))


def _run(known: Machines) -> bytes:
    """The mark that tells a run from others."""
    return b"%08x" % zlib.crc32(" ".join(known.addresses).encode())


def _call(known: Machines, own: int, other: int) -> bytes:
    return MARK + b"%s: %d calls %d\n" % (_run(known), own, other)


def _answer(known: Machines, caller: int | None, own: int | None = None) -> bytes:
    own = known.own if own is None else own
    heard = b"nobody" if caller is None else b"%d" % caller
    return MARK + b"%s: %d hears %s\n" % (_run(known), own, heard)


def _line(there: socket.socket) -> bytes:
    """The message, up to the end of a line or to where it cannot be ours."""
    said = b""
    while b"\n" not in said and len(said) < LONGEST and MARK[: len(said)] == said[:8]:
        more = there.recv(LONGEST)
        if not more:
            break
        said += more
    return said


def _listener(known: Machines) -> socket.socket:
    """The door that others find, until TensorFlow listens there."""
    _, port = parts(known.addresses[known.own])
    both = socket.has_dualstack_ipv6()
    try:
        return socket.create_server(
            ("", port),
            family=socket.AF_INET6 if both else socket.AF_INET,
            backlog=len(known.addresses),
            dualstack_ipv6=both,
        )
    except OSError as error:
        raise UsageError(
            f"This process of the run cannot be reached at port {port}, as the "
            f"environment says: {os.strerror(error.errno or 0)}."
        ) from None
