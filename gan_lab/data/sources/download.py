"""MNIST, Fashion-MNIST, CIFAR and CelebA, fetched when the user asks for it."""

import contextlib
import functools
import hashlib
import importlib
import time
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

from gan_lab.data.sources.published import DRIVE, Collection, Remote
from gan_lab.errors import UsageError
from gan_lab.system.console import Console
from gan_lab.system.files import sync

SECONDS = 30  # without an answer, or without another byte of it
TRIES = 3
PAUSE = 1  # second after a connection that broke off
CHUNK = 1 << 16  # bytes: what may be lost where it breaks off


class _FetchError(Exception):
    """A sentence on what an address gave in place of the file."""


def fetch(collection: Collection, folder: Path, console: Console) -> None:
    """Have every file of the collection in the folder, whole and checked.

    What is there already, and matches its checksum, is not fetched. What breaks off
    stays as `<name>.part`, and the next call goes on with it. Another process that
    fetches into the same folder is waited for.

    Args:
        collection: what to fetch.
        folder: where to; it is made. MNIST and Fashion-MNIST name their files alike:
            each needs its own.
        console: shows how far it is.

    Raises:
        UsageError: a file cannot be fetched, or a package for it is not installed.
        OSError: the disk is full, or the folder cannot be written.
    """
    if not _missing(collection.remotes, folder):
        return
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".download.lock"):
        missing = _missing(collection.remotes, folder)
        for number, remote in enumerate(missing):
            try:
                _fetch(remote, folder, console)
            except _FetchError as error:
                names = ", ".join(other.name for other in missing[number:])
                raise UsageError(
                    f"{collection.title}: {remote.name} could not be fetched: {error}. "
                    f"Get {names} by hand from {collection.page} and put what you get "
                    f"into the folder {folder}."
                ) from None


def _missing(remotes: tuple[Remote, ...], folder: Path) -> list[Remote]:
    return [r for r in remotes if not _matches(folder / r.name, r.checksum)]


def _matches(file: Path, checksum: str) -> bool:
    if not file.is_file():
        return False
    algorithm, digest = checksum.split(":")
    # Where FIPS rules, MD5 is to be had for this use alone.
    new = functools.partial(hashlib.new, algorithm, usedforsecurity=False)
    with file.open("rb") as content:
        return hashlib.file_digest(content, new).hexdigest().startswith(digest)


def _fetch(remote: Remote, folder: Path, console: Console) -> None:
    """Put the file into the folder, from the first address that gives it."""
    part = folder / f"{remote.name}.part"
    errors = []
    for url in remote.urls:
        try:
            _complete(part, url, remote, console)
        except _FetchError as error:
            errors.append(f"{url} gave {error}")
            continue
        sync(part)
        part.replace(folder / remote.name)
        return sync(folder)
    raise _FetchError("; ".join(errors))


def _complete(part: Path, url: str, remote: Remote, console: Console) -> None:
    """Make the part the whole file, in a few tries."""
    requests = _library("requests")
    for _ in range(TRIES):
        resumed = part.exists()
        try:
            _extend(part, url, remote, console)
        except requests.RequestException:
            time.sleep(PAUSE)
            continue
        if _matches(part, remote.checksum):
            return
        part.unlink()
        if not resumed:  # otherwise it may be the old half that was wrong
            raise _FetchError("a file with another checksum, which was deleted")
    raise _FetchError(f"only a part in {TRIES} tries; the next call goes on with it")


def _extend(part: Path, url: str, remote: Remote, console: Console) -> None:
    """Append what the part lacks, or start over where the server cannot go on."""
    have = part.stat().st_size if part.exists() else 0
    with _library("requests").Session() as session, _open(session, url, have) as answer:
        if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # the part is whole or too long, and its checksum tells which
        goes_on = answer.status_code == HTTPStatus.PARTIAL_CONTENT
        done = have if goes_on else 0
        total = remote.size or done + int(answer.headers.get("Content-Length", 0))
        with (
            part.open("ab" if goes_on else "wb") as file,
            console.progress(remote.name, total) as advance,
        ):
            advance(done)
            for piece in answer.iter_content(CHUNK):
                file.write(piece)
                advance(len(piece))


def _open(session: Any, url: str, start: int) -> Any:
    """The answer that carries the file from this byte on, or says there is no more."""
    requests = _library("requests")
    drive = _library("gdown.download") if url.startswith(DRIVE) else None
    try:
        answer = _ask(session, url, start)
        if drive and _is_page(answer):
            # Google asks back for a file that is too large for its search for viruses.
            with contextlib.suppress(drive.FileURLRetrievalError):
                url = drive.get_url_from_gdrive_confirmation(answer.text)
                answer = _ask(session, url, start)
    except requests.HTTPError as error:
        raise _FetchError(f"HTTP status {error.response.status_code}") from None
    except requests.RequestException as error:
        raise _FetchError(f"no answer ({type(error).__name__})") from None
    if _is_page(answer):
        raise _FetchError(
            "a page in place of the file, as where a quota is used up or a login needed"
        )
    return answer


def _ask(session: Any, url: str, start: int) -> Any:
    headers = {"Accept-Encoding": "identity"}  # the bytes on the disk are counted
    if start:
        headers["Range"] = f"bytes={start}-"
    answer = session.get(url, headers=headers, stream=True, timeout=SECONDS)
    if not start or answer.status_code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        answer.raise_for_status()
    return answer


def _is_page(answer: Any) -> bool:
    return bool(answer.ok and answer.headers.get("Content-Type", "")[:9] == "text/html")


def _library(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise UsageError(
            f"The package {package}, which fetches data, is not installed: "
            'pip install "keras-gan-lab[data]".'
        ) from None
