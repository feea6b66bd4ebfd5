"""Pickles of strangers, taken apart without Python's own machine for them.

A pickle is a program: Python calls whatever it names, and even one that names nothing
ends the process, by a dictionary whose key is a tuple a million deep. Here are no more
than the few operations that files of numbers are made of.
"""

import pickletools
from collections.abc import Callable, Mapping
from pickle import UnpicklingError
from typing import Any, BinaryIO

# Operations that put their argument on the stack; strings of Python 2 become text.
_VALUES = {
    "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINSTRING",
    "SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES",
    "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
}  # fmt: skip
_NEW: Mapping[str, Callable[[], object]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}
_IDLE = {"PROTO", "FRAME", "STOP"}
_TAKE = {  # how many values from the stack; None is all above the mark
    "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "TUPLE": None, "APPEND": 1, "APPENDS": None,
    "SETITEM": 2, "SETITEMS": None, "STACK_GLOBAL": 2, "REDUCE": 2, "BUILD": 1,
    "BINPERSID": 1,
}  # fmt: skip
_KEYS = (str, bytes, int)  # the hash of a tuple goes as deep as the tuple
_SHOWN = 60


def load(
    stream: BinaryIO,
    known: Mapping[str, object],
    refer: Callable[..., object] | None = None,
) -> object:
    """The next pickle of a stream, which is left at its end.

    Args:
        stream: of bytes, in which nothing is trusted.
        known: `module.name` -> what stands for it. A function is called where the
            pickle calls it; what it returns is given its state, if its class has
            `__setstate__`.
        refer: takes a persistent id; what stands for that.

    Raises:
        UnpicklingError: the pickle names anything else, or does what no file of
            numbers does.
        Exception: whatever a damaged one leads to.
    """
    machine = _Machine(known, refer)
    for operation, argument, _ in pickletools.genops(stream):
        machine.do(operation.name, argument)
    return machine.stack.pop()


class _Machine:
    """A stack, the stacks below its marks, and the values that have a number."""

    def __init__(
        self, known: Mapping[str, object], refer: Callable[..., object] | None
    ):
        self._known, self._refer = known, refer
        self.stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def do(self, name: str, argument: Any) -> None:
        """Do one operation."""
        if name in _VALUES:
            self.stack.append(argument)
        elif name in _NEW:
            self.stack.append(_NEW[name]())
        elif name in _TAKE:
            self._make(name, self._take(_TAKE[name]))
        elif name == "MARK":
            self._below.append(self.stack)
            self.stack = []
        elif name == "GLOBAL":
            self._find(*argument.split(" "))
        elif name == "MEMOIZE":
            self._memo[len(self._memo)] = self.stack[-1]
        elif name in ("BINPUT", "LONG_BINPUT"):
            self._memo[argument] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            self.stack.append(self._memo[argument])
        elif name not in _IDLE:
            raise UnpicklingError(f"it has the operation {name}")

    def _take(self, count: int | None) -> list[Any]:
        if count is None:
            taken, self.stack = self.stack, self._below.pop()
            return taken
        if count > len(self.stack):
            raise UnpicklingError("it takes more values than there are")
        taken = self.stack[-count:]
        del self.stack[-count:]
        return taken

    def _make(self, name: str, values: list[Any]) -> None:
        """Make something of values that were taken, or of the one before them."""
        if name.startswith("TUPLE"):
            self.stack.append(tuple(values))
        elif name.startswith("APPEND"):
            self._last(list).extend(values)
        elif name.startswith("SETITEM"):
            if not all(isinstance(key, _KEYS) for key in values[::2]):
                raise UnpicklingError("a key in it is neither a text nor a number")
            self._last(dict).update(zip(values[::2], values[1::2], strict=True))
        elif name == "STACK_GLOBAL":
            self._find(*values)
        elif name == "REDUCE":
            maker, arguments = values
            if not isinstance(arguments, tuple):
                raise UnpicklingError("what it calls with are not arguments")
            self.stack.append(maker(*arguments))
        elif name == "BUILD":
            made = self._last(object)
            type(made).__setstate__(made, *values)
        elif name == "BINPERSID":
            if not self._refer:
                raise UnpicklingError("it refers to something outside the file")
            self.stack.append(self._refer(*values))

    def _last(self, kind: type) -> Any:
        if not isinstance(self.stack[-1], kind):
            raise UnpicklingError(f"it adds to something that is not a {kind.__name__}")
        return self.stack[-1]

    def _find(self, *names: str) -> None:
        name = ".".join(names)
        if name not in self._known:
            shown = ascii(name)[1:-1][:_SHOWN]  # it may be long, or steer a terminal
            raise UnpicklingError(f"it names {shown}")
        self.stack.append(self._known[name])
