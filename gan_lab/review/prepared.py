"""Data sets that are prepared already: what there is, and clearing it away."""

from pathlib import Path

from gan_lab.data.preparation.cache import Cache
from gan_lab.errors import UsageError, suggest
from gan_lab.system.listing import Listing


def list_data(*, cache: Path | str | None = None) -> Listing:
    """The data sets that are prepared, by name.

    Args:
        cache: the folder that `data.cache` names; the user's own where None.

    Returns:
        A table of what is there; each item has `folder`, `source`, `count`, `shape`
        `(height, width, channels)` and `bytes`.

    Example:

        for prepared in gan_lab.list_data():
            print(prepared.folder.name, prepared.bytes)
    """
    place = Cache(cache)
    entries = place.entries()
    total = sum(entry.bytes for entry in entries)
    summary = f"{len(entries)} data sets, {total / 1e6:,.1f} MB in {place.root}"
    return Listing(["prepared"], [[e.line()] for e in entries], entries, [summary])


def clear_data(*names: str, cache: Path | str | None = None) -> int:
    """Remove data sets that are prepared; they are prepared again when asked for.

    Args:
        *names: of the data sets, as `list_data` has them; all where none is given.
        cache: the folder that `data.cache` names; the user's own where None.

    Returns:
        The bytes that are free again.

    Raises:
        UsageError: there is no such data set, or it is being prepared just now.

    Example:

        gan_lab.clear_data("photos-0123456789abcdef")
    """
    place = Cache(cache)
    known = {entry.folder.name: entry for entry in place.entries()}
    for name in names:
        if name not in known:
            raise UsageError(
                f"`data clear`: {name} is not prepared.{suggest(name, known)} "
                f"Known: {', '.join(known) or 'nothing'}."
            )
    chosen = [known[name] for name in names or known]
    place.clear(chosen)
    return sum(entry.bytes for entry in chosen)
