"""The file of a study, from which a search goes on."""

import sqlite3
from contextlib import closing
from pathlib import Path

from gan_lab.sweeps.folder import SweepFolder
from gan_lab.system import files


def mended(folder: SweepFolder) -> Path:
    """The file of a search; one that is damaged is set aside.

    A study that begins anew proposes the same jobs, and what they came to is in their
    folders: so it is made again as it was.

    Args:
        folder: of the sweep, whose lock this process holds.
    """
    path = folder.path / "search.db"
    files.make_way(path, folder.warn)
    try:
        with closing(sqlite3.connect(path)) as database:
            ((said,), *_) = database.execute("PRAGMA integrity_check").fetchall()
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        said = said.partition("\n")[0]
        kept = files.set_aside(path)
        folder.warn(f"{path} is damaged ({said}). {kept} It is made again.")
    return path
