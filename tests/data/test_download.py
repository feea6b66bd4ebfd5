"""Fetching data sets, from a server on this machine that misbehaves on demand."""

import errno
import gzip
import hashlib
import random
import re
import socket
import sys
import threading
import time
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from gan_lab.data.sources import download, published
from gan_lab.data.sources.download import fetch
from gan_lab.data.sources.published import Collection, Remote
from gan_lab.errors import UsageError
from gan_lab.system.console import Console
from tests.pictures import PHOTO, idx

pytest.importorskip("requests", reason="requests, which fetches, is absent")

CONTENT = random.Random(0).randbytes(400_000)
COLLECTIONS = (
    published.MNIST,
    published.FASHION_MNIST,
    published.CIFAR_10,
    published.CIFAR_100,
    published.CELEBA,
)


# Ways to answer: functions of the request, and of the whole file.


def whole(request, content):
    request.reply(200, content)


def ranged(request, content):
    """As an honest server does: the rest alone, where the rest is asked for."""
    start = request.start
    if start is None:
        request.reply(200, content)
    elif start >= len(content):
        request.reply(416, b"<html>no</html>", {"Content-Type": "text/html"})
    else:
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        request.reply(206, content[start:], {"Content-Range": span})


def breaking(request, content):
    """Promises all, and breaks off half way through what it was asked for."""
    rest = content[request.start or 0 :]
    status = 200 if request.start is None else 206
    request.reply(status, rest[: len(rest) // 2], {"Content-Length": len(rest)})


def other(request, content):
    """Bytes of the right number, from a server that can go on with a half."""
    ranged(request, bytes(len(content)))


def page(request, content):
    quota = b'<html>\n<p class="uc-error-subcaption">Too many users.</p>\n</html>'
    request.reply(200, quota, {"Content-Type": "text/html; charset=utf-8"})


def slow(request, content):
    time.sleep(0.3)
    whole(request, content)


def hanging(request, content):
    request.server.released.wait(20)


def stalling(request, content):
    """Half of the file, and then nothing more."""
    request.reply(200, content[:200_000], {"Content-Length": len(content)})
    request.wfile.flush()
    request.server.released.wait(20)


def status(code):
    """A status of failure, with the page that servers put beside it."""
    kind = {"Content-Type": "text/html"}
    return lambda request, content: request.reply(code, b"<html>no</html>", kind)


def then(*answers):
    """The first answer to the first request, and so on; the last from then on."""
    left = list(answers)

    def answer(request, content):
        (left.pop(0) if len(left) > 1 else left[0])(request, content)

    return answer


class Request(BaseHTTPRequestHandler):
    def do_GET(self):
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        self.start = int(found[1]) if found else None
        self.server.asked.append((self.path, self.start))
        self.server.encodings.add(self.headers["Accept-Encoding"])
        self.server.answers[self.path](self, CONTENT)

    def reply(self, code, content, headers=()):
        self.send_response(code)
        kind = {"Content-Type": "application/octet-stream"}
        length = {"Content-Length": len(content)}
        for name, value in (kind | length | dict(headers)).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "PAUSE", 0)
    with ThreadingHTTPServer(("127.0.0.1", 0), Request) as server:
        server.asked, server.answers, server.encodings = [], {}, set()
        server.released = threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def offer(server):
    """A function from answers, an address each, to a collection of one file."""

    def offer(*answers, paths=None):
        paths = paths or [f"/{number}/data.bin" for number in range(len(answers))]
        server.answers |= dict(zip(paths, answers, strict=True))
        checksum = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
        urls = tuple(server.url + path for path in paths)
        remote = Remote("data.bin", urls, checksum, len(CONTENT))
        return Collection("Data", "https://example.org/by-hand", (remote,))

    return offer


def starts(server):
    return [start for _, start in server.asked]


def refusal(collection, folder):
    """The sentence with which it fails, once it is seen to say what it must."""
    with pytest.raises(UsageError) as error:
        fetch(collection, folder, Console())
    said = str(error.value)
    assert "\n" not in said and said.count(". ") <= 1
    for fact in (collection.title, collection.page, "data.bin", str(folder)):
        assert fact in said
    for url in collection.remotes[0].urls:
        assert url in said
    assert not (folder / "data.bin").exists()
    return said


def names(folder):
    return sorted(p.name for p in folder.iterdir() if p.name != ".download.lock")


def is_fetched(folder):
    return (
        names(folder) == ["data.bin"] and (folder / "data.bin").read_bytes() == CONTENT
    )


def test_a_file_is_fetched_into_a_folder_that_is_made(tmp_path, offer):
    fetch(offer(whole), tmp_path / "a" / "b", Console())
    assert is_fetched(tmp_path / "a" / "b")


def test_what_is_there_already_is_not_asked_for(tmp_path, offer, server):
    (tmp_path / "data.bin").write_bytes(CONTENT)
    fetch(offer(whole), tmp_path, Console())
    assert server.asked == [] and list(tmp_path.iterdir()) == [tmp_path / "data.bin"]


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, offer, monkeypatch):
    synced = []
    monkeypatch.setattr(download, "sync", lambda p: synced.append((p, names(tmp_path))))
    fetch(offer(whole), tmp_path, Console())
    part = (tmp_path / "data.bin.part", ["data.bin.part"])
    assert synced == [part, (tmp_path, ["data.bin"])]


def test_the_bytes_that_are_counted_are_the_files_own(tmp_path, offer, server):
    fetch(offer(whole), tmp_path, Console())
    assert server.encodings == {"identity"}


def test_a_damaged_file_is_fetched_anew(tmp_path, offer, server):
    (tmp_path / "data.bin").write_bytes(CONTENT[:-1] + b"x")
    fetch(offer(whole), tmp_path, Console())
    assert is_fetched(tmp_path) and len(server.asked) == 1


def test_a_damaged_file_stays_until_there_is_a_better_one(tmp_path, offer):
    (tmp_path / "data.bin").write_bytes(b"old")
    with pytest.raises(UsageError):
        fetch(offer(other), tmp_path, Console())
    assert (tmp_path / "data.bin").read_bytes() == b"old"


def test_the_progress_is_counted_in_bytes(tmp_path, offer):
    steps = []

    class Counting(Console):
        @contextmanager
        def progress(self, label, total):
            steps.append((label, total))
            yield steps.append

    (tmp_path / "data.bin.part").write_bytes(CONTENT[:1000])
    fetch(offer(ranged), tmp_path, Counting())
    assert steps[:2] == [("data.bin", len(CONTENT)), 1000]
    assert sum(steps[1:]) == len(CONTENT)


# Half a file.


def test_a_connection_that_breaks_once_is_gone_on_with(tmp_path, offer, server):
    fetch(offer(then(breaking, ranged)), tmp_path, Console())
    assert is_fetched(tmp_path)
    assert starts(server)[0] is None and 100_000 < starts(server)[1] <= 200_000


def test_after_a_connection_that_breaks_always_the_next_call_asks_for_the_rest(
    tmp_path, offer, server
):
    said = refusal(offer(breaking), tmp_path)
    assert "gave only a part in 3 tries" in said and len(server.asked) == 3
    assert names(tmp_path) == ["data.bin.part"]
    have = (tmp_path / "data.bin.part").stat().st_size
    assert 200_000 < have < len(CONTENT)
    server.asked.clear()
    fetch(offer(ranged), tmp_path, Console())
    assert starts(server) == [have] and is_fetched(tmp_path)


def test_a_server_that_cannot_go_on_with_a_half_starts_over(tmp_path, offer, server):
    (tmp_path / "data.bin.part").write_bytes(CONTENT[:1000])
    fetch(offer(whole), tmp_path, Console())
    assert starts(server) == [1000] and is_fetched(tmp_path)


def test_a_part_that_is_whole_gets_its_name(tmp_path, offer, server):
    (tmp_path / "data.bin.part").write_bytes(CONTENT)
    fetch(offer(ranged), tmp_path, Console())
    assert starts(server) == [len(CONTENT)] and is_fetched(tmp_path)


@pytest.mark.parametrize("part", [CONTENT + b"more", b"another file", b""])
def test_a_part_of_something_else_is_started_over(tmp_path, offer, server, part):
    (tmp_path / "data.bin.part").write_bytes(part)
    fetch(offer(ranged), tmp_path, Console())
    assert starts(server)[-1] is None and is_fetched(tmp_path)


def test_an_interruption_leaves_the_part(tmp_path, offer, server):
    class Interrupted(Console):
        @contextmanager
        def progress(self, label, total):
            def advance(more):
                if more:
                    raise KeyboardInterrupt

            yield advance

    collection = offer(ranged)
    with pytest.raises(KeyboardInterrupt):
        fetch(collection, tmp_path, Interrupted())
    assert names(tmp_path) == ["data.bin.part"]
    have = (tmp_path / "data.bin.part").stat().st_size
    fetch(collection, tmp_path, Console())
    assert have and starts(server) == [None, have] and is_fetched(tmp_path)


# Nothing, or something else.


@pytest.mark.parametrize("code", [403, 404, 416, 500, 503])
def test_an_error_status_is_named(tmp_path, offer, code):
    assert f"gave HTTP status {code}." in refusal(offer(status(code)), tmp_path)
    assert names(tmp_path) == []


def test_a_page_in_place_of_the_file_is_refused(tmp_path, offer):
    assert "gave a page in place of the file" in refusal(offer(page), tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("answer", [page, status(404)])
def test_a_refusal_leaves_the_half_that_was_there(tmp_path, offer, answer):
    (tmp_path / "data.bin.part").write_bytes(CONTENT[:1000])
    refusal(offer(answer), tmp_path)
    assert (tmp_path / "data.bin.part").read_bytes() == CONTENT[:1000]


def test_other_bytes_are_deleted(tmp_path, offer, server):
    assert "gave a file with another checksum" in refusal(offer(other), tmp_path)
    assert names(tmp_path) == [] and len(server.asked) == 1


def test_other_bytes_behind_a_half_are_deleted(tmp_path, offer):
    (tmp_path / "data.bin.part").write_bytes(CONTENT[:1000])
    assert "gave a file with another checksum" in refusal(offer(other), tmp_path)
    assert names(tmp_path) == []


def test_where_nobody_listens_there_is_no_answer(tmp_path, offer, server):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        assert "gave no answer (ConnectionError)" in refusal(offer(whole), tmp_path)


def test_who_does_not_answer_in_time_is_given_up(tmp_path, offer, monkeypatch):
    monkeypatch.setattr(download, "SECONDS", 0.1)
    assert "gave no answer (ReadTimeout)" in refusal(offer(hanging), tmp_path)


def test_who_stops_half_way_is_asked_again_for_the_rest(
    tmp_path, offer, server, monkeypatch
):
    monkeypatch.setattr(download, "SECONDS", 0.1)
    fetch(offer(then(stalling, ranged)), tmp_path, Console())
    assert 100_000 < starts(server)[1] <= 200_000 and is_fetched(tmp_path)


@pytest.mark.parametrize("first", [status(500), page, other, breaking])
def test_the_second_address_serves_where_the_first_fails(
    tmp_path, offer, server, first
):
    fetch(offer(first, ranged), tmp_path, Console())
    assert is_fetched(tmp_path) and server.asked[-1][0] == "/1/data.bin"


def test_every_address_that_failed_is_named(tmp_path, offer):
    said = refusal(offer(status(404), page), tmp_path)
    assert "/0/data.bin gave HTTP status 404; http" in said
    assert "/1/data.bin gave a page" in said


def test_all_that_is_missing_is_to_be_got_by_hand(tmp_path, offer):
    (file,) = offer(status(404)).remotes
    (tmp_path / "there.bin").write_bytes(CONTENT)
    there, last = (Remote(n, file.urls, file.checksum) for n in ("there.bin", "last"))
    said = refusal(Collection("Data", "https://page", (there, file, last)), tmp_path)
    assert "Get data.bin, last by hand from https://page and put" in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_left_to_who_explains_it(tmp_path, offer):
    (tmp_path / "data.bin.part").symlink_to("/dev/full")
    with pytest.raises(OSError) as error:
        fetch(offer(whole), tmp_path, Console())
    assert error.value.errno == errno.ENOSPC


def test_two_at_once_fetch_it_once(tmp_path, offer, server):
    collection, failures = offer(slow), []

    def run():
        try:
            fetch(collection, tmp_path, Console())
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and len(server.asked) == 1 and is_fetched(tmp_path)


def uninstall(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"{package}.download", raising=False)


@pytest.mark.parametrize("package", ["requests", "gdown"])
def test_an_absent_package_is_named_with_its_pip_line(
    tmp_path, offer, monkeypatch, package
):
    uninstall(package, monkeypatch)
    monkeypatch.setattr(download, "DRIVE", "http://127.0.0.1")
    line = rf'The package {package}, .*: pip install "keras-gan-lab\[data\]"'
    with pytest.raises(UsageError, match=line):
        fetch(offer(whole), tmp_path, Console())


def test_without_gdown_other_addresses_serve(tmp_path, offer, monkeypatch):
    uninstall("gdown", monkeypatch)
    fetch(offer(whole), tmp_path, Console())
    assert is_fetched(tmp_path)


# Google Drive.


@pytest.fixture
def drive(offer, server, monkeypatch):
    """As `offer`, for what Google Drive says at first and behind its warning."""
    pytest.importorskip("gdown", reason="gdown, which reads Drive's pages, is absent")
    monkeypatch.setattr(download, "DRIVE", f"{server.url}/uc")

    def drive(first, behind=whole):
        server.answers["/download?id=key&confirm=t"] = behind
        return offer(first, paths=["/uc?id=key"])

    return drive


def warning(request, content):
    form = (
        "<html><body><p>Google Drive can't scan this file for viruses.</p>"
        f'<form id="download-form" action="{request.server.url}/download" method="get">'
        '<input type="hidden" name="id" value="key">'
        '<input type="hidden" name="confirm" value="t"></form></body></html>'
    )
    request.reply(200, form.encode(), {"Content-Type": "text/html; charset=utf-8"})


def test_a_small_file_comes_from_drive_at_once(tmp_path, drive, server):
    fetch(drive(whole), tmp_path, Console())
    assert is_fetched(tmp_path) and starts(server) == [None]


def test_a_large_file_comes_from_behind_drives_warning(tmp_path, drive, server):
    fetch(drive(warning, whole), tmp_path, Console())
    assert is_fetched(tmp_path)
    assert [p for p, _ in server.asked] == ["/uc?id=key", "/download?id=key&confirm=t"]


def test_half_a_file_of_drives_is_gone_on_with(tmp_path, drive, server):
    refusal(drive(warning, breaking), tmp_path)
    have = (tmp_path / "data.bin.part").stat().st_size
    server.asked.clear()
    fetch(drive(warning, ranged), tmp_path, Console())
    assert starts(server) == [have, have] and is_fetched(tmp_path)


@pytest.mark.parametrize("answers", [(page,), (warning, page)])
def test_drives_quota_is_named(tmp_path, drive, answers):
    assert "as where a quota is used up" in refusal(drive(*answers), tmp_path)
    assert names(tmp_path) == []


def test_celebas_quota_tells_all_that_is_needed_to_get_it_by_hand(
    tmp_path, drive, server, monkeypatch
):
    drive(page)
    ask = download._ask
    monkeypatch.setattr(download, "DRIVE", "https://drive.google.com/")
    monkeypatch.setattr(
        download, "_ask", lambda s, url, n: ask(s, f"{server.url}/uc?id=key", n)
    )
    with pytest.raises(UsageError) as error:
        fetch(published.CELEBA, tmp_path, Console())
    assert str(error.value) == (
        "CelebA: img_align_celeba.zip could not be fetched: "
        "https://drive.google.com/uc?id=0B7EVK8r0v71pZjFTYXZWM3FlRnM gave a page in "
        "place of the file, as where a quota is used up or a login needed. Get "
        "img_align_celeba.zip, list_attr_celeba.txt, identity_CelebA.txt, "
        "list_eval_partition.txt by hand from "
        "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html and put what you get into "
        f"the folder {tmp_path}."
    )


# The collections.


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda c: c.title)
def test_a_collection_has_names_of_its_own_and_whole_checksums(collection):
    kept = [remote.name for remote in collection.remotes]
    assert len(set(kept)) == len(kept) > 0
    assert len({remote.checksum for remote in collection.remotes}) == len(kept)
    for remote in collection.remotes:
        assert re.fullmatch(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", remote.checksum)
        assert remote.size > 0 and remote.urls
        for url in (collection.page, *remote.urls):
            assert re.fullmatch(r"https?://\S+", url)


def test_titles_are_distinct():
    assert len({collection.title for collection in COLLECTIONS}) == len(COLLECTIONS)


def agrees(remote, content):
    algorithm, digest = remote.checksum.split(":")
    assert hashlib.new(algorithm, content).hexdigest() == digest
    assert len(content) == remote.size


@pytest.mark.parametrize(
    "collection, folder",
    [(published.MNIST, "mnist"), (published.FASHION_MNIST, "fashion-mnist")],
)
def test_the_listed_files_are_the_real_ones(data_dir, collection, folder):
    for remote in collection.remotes:
        agrees(remote, (data_dir / folder / remote.name).read_bytes())


def test_celebas_listed_tables_are_the_real_ones(data_dir):
    with zipfile.ZipFile(data_dir / "celeba_labels.zip") as archive:
        contents = {Path(name).name: archive.read(name) for name in archive.namelist()}
    for remote in published.CELEBA.remotes:
        if remote.name in ("identity_CelebA.txt", "list_eval_partition.txt"):
            agrees(remote, contents[remote.name])


def test_a_data_set_is_fetched_prepared_and_not_fetched_again(
    server, samples, monkeypatch, tmp_path
):
    """From the builder to the samples, as `data=mnist data.download=true` does it."""
    monkeypatch.setenv("GAN_LAB_CACHE", str(tmp_path))
    images, labels = PHOTO.reshape(-1, 3, 5), (np.arange(300) % 10).astype(np.uint8)
    contents = {"images-idx3": gzip.compress(idx(images)), "labels-idx1": idx(labels)}
    remotes = []
    for stem, content in contents.items():
        name = f"train-{stem}-ubyte" + (".gz" if "images" in stem else "")
        checksum = f"sha256:{hashlib.sha256(content).hexdigest()}"
        remotes.append(Remote(name, (f"{server.url}/{name}",), checksum))
        server.answers[f"/{name}"] = lambda request, _, sent=content: request.reply(
            200, sent
        )
    fake = Collection("MNIST", "https://example.org", tuple(remotes))
    monkeypatch.setattr("gan_lab.data.sources.idx.MNIST", fake)
    found = samples("mnist", download=True, crop="none")
    assert np.array_equal(found.images[..., 0], images)
    assert found.classes_counted()["3"] == 30
    asked = len(server.asked)
    again = samples("mnist", download=True, crop="none")
    assert again.sha256() == found.sha256() and len(server.asked) == asked == 2
    assert (tmp_path / "downloads" / "mnist" / "train-labels-idx1-ubyte").is_file()
