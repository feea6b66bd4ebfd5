"""The files of a published data set, which may be fetched first."""

from functools import partial
from pathlib import Path

from gan_lab.data.preparation.cache import default_root
from gan_lab.data.source import Fetch
from gan_lab.data.sources.download import fetch
from gan_lab.data.sources.published import Collection
from gan_lab.errors import UsageError


def place(
    collection: Collection,
    name: str,
    path: str | None,
    download: bool,
    *,
    kept: str | None = None,
) -> tuple[str, Fetch | None]:
    """`path, fetch` of a data set: its folder or archive, and what fills it first.

    Args:
        collection: what can be fetched.
        name: of the data set's builder.
        path: where the user says that the files are, or shall be.
        download: whether they are to be fetched; into the cache where `path` is None.
        kept: the name of their folder there; that of the builder where None.

    Raises:
        UsageError: there is neither a path nor the wish to fetch.
    """
    if not path and not download:
        raise UsageError(
            f"`data.path` must be given for `data={name}`, or data.download=true, "
            f"which fetches {collection.title}. By hand: {collection.page}"
        )
    folder = path or str(default_root() / "downloads" / (kept or name))
    if not download:
        return folder, None
    if Path(folder).expanduser().is_file():
        raise UsageError(
            "`data.path` must be a folder, to which data.download=true fetches. "
            f"Received: {folder}, which is a file."
        )
    return folder, partial(fetch, collection, Path(folder).expanduser())
