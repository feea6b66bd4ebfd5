"""run.json: the facts of a run, also where the file is damaged."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from gan_lab.errors import DamagedError
from gan_lab.system.damage import Warn, reading

NEEDED = {"status": str, "config": dict, "environment": dict, "data": str}
IN_CHECKPOINTS = ("config", "environment", "data", "image_shape")


class Facts(dict[str, Any]):
    """Facts of a file; asking for one that is not there says that the file is damaged.

    Args:
        path: the file.
        said: what is in it.
    """

    def __init__(self, path: Path, said: dict[str, Any]):
        super().__init__(said)
        self.path = path

    def __missing__(self, key: str) -> NoReturn:
        raise DamagedError(self.path, f"it has no {key}")


def known(path: Path, meta: Callable[[], dict[str, Any]], warn: Warn) -> Facts:
    """The facts of a run.

    Args:
        path: the file.
        meta: gives what the newest checkpoint says, or nothing where there is none;
            it takes the place of what is damaged.
        warn: is told where it did.

    Raises:
        DamagedError: the file is damaged, and there is no checkpoint.
    """
    said = Facts(path, {})
    try:
        said = read(path)
        require(said)
        return said
    except DamagedError as error:
        if instead := meta():
            round = instead["round"]
            warn(f"{error} The checkpoint of round {round} is taken in its place.")
        elif "status" not in said:
            raise
    taken = {key: instead[key] for key in IN_CHECKPOINTS if key in instead}
    return Facts(path, {"status": "running", **taken, **said})


def read(path: Path) -> Facts:
    """The facts of the file, without those that cannot be.

    Raises:
        DamagedError: it cannot be read.
    """
    with reading(path):
        text = path.read_text(encoding="utf-8")
        said = json.loads(text, object_hook=partial(Facts, path))
        if not isinstance(said, Facts):
            raise TypeError("it does not hold the facts of a run")
    possible = {k: v for k, v in said.items() if isinstance(v, NEEDED.get(k, object))}
    return Facts(path, possible)


def require(said: Facts) -> None:
    """Refuse facts without which a run cannot go on.

    Raises:
        DamagedError: they are missing.
    """
    for key in NEEDED:
        if key not in said:
            raise DamagedError(said.path, f"it has no {key}")
