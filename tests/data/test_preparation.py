"""The cache of prepared pictures: whole or not there, and gone on with after a kill."""

import contextlib
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from omegaconf import OmegaConf

from gan_lab.data import dataset
from gan_lab.data.preparation import cache as caches
from gan_lab.data.preparation import decode
from gan_lab.data.preparation import prepare as preparation
from gan_lab.data.preparation.cache import Cache, default_root
from gan_lab.data.preparation.geometry import Geometry
from gan_lab.data.preparation.prepare import prepare
from gan_lab.data.sources import archives
from gan_lab.data.sources.folder import Labels, folder
from gan_lab.errors import StorageError, UsageError, storage_error
from gan_lab.system.console import Console
from tests.pictures import PHOTO, encoded, idx

SIZE = 16
GEOMETRY = Geometry(SIZE, 3)


class Listener(Console):
    """Keeps what is said."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def say(self, line):
        self.lines.append(line)

    @contextlib.contextmanager
    def progress(self, label, total):
        self.lines.append(label)
        yield lambda more: None


@pytest.fixture
def photos(tmp_path):
    """A folder of 40 pictures, one of them broken."""
    place = tmp_path / "photos"
    for i in range(40):
        inner = place / ("even" if i % 2 == 0 else "odd")
        inner.mkdir(parents=True, exist_ok=True)
        (inner / f"{i:03}.png").write_bytes(encoded(np.roll(PHOTO, i, 1)))
    (place / "odd" / "017.png").write_bytes(b"no picture")
    return place


def prepared(photos, root, geometry=GEOMETRY, **options):
    source = folder(path=str(photos), labels=Labels.folder)
    return prepare(source, geometry, cache=root, **options)


def content(root):
    """Name -> bytes of what a preparation has made."""
    (entry,) = Cache(root).entries()
    notes = {"checked.json"}
    return {
        f.name: f.read_bytes() for f in entry.folder.iterdir() if f.name not in notes
    }


def test_the_prepared_pictures_are_mapped_and_complete(photos, tmp_path):
    samples = prepared(photos, tmp_path / "cache")
    assert samples.images.shape == (39, SIZE, SIZE, 3)
    assert isinstance(samples.images.base, np.memmap)
    assert not samples.images.flags.writeable
    assert samples.classes_counted() == {"even": 20, "odd": 19}
    assert list(samples.left_out) == ["odd/017.png"]


def test_the_report_tells_what_was_used_and_what_was_not(photos, tmp_path):
    samples = prepared(photos, tmp_path / "cache")
    report = json.loads(samples.report.read_text())
    assert report["count"] == 39 and report["shape"] == [SIZE, SIZE, 3]
    assert "not a picture" in report["left_out"]["odd/017.png"]
    assert report["settings"]["crop"] == "center"
    assert report["files"]["images.npy"]["sha256"] == samples.sha256()


def test_a_second_opening_reads_no_picture(photos, tmp_path, monkeypatch):
    first = prepared(photos, tmp_path / "cache")
    monkeypatch.setattr(preparation, "blocks", None)
    monkeypatch.setattr(preparation, "_sha256", None)
    monkeypatch.setattr(caches, "_sha256", None)
    again = prepared(photos, tmp_path / "cache")
    assert np.array_equal(first.images, again.images)
    assert np.array_equal(first.labels, again.labels)


def test_the_key_is_the_content_and_not_the_place_or_time(photos, tmp_path):
    prepared(photos, tmp_path / "cache")
    moved = tmp_path / "moved"
    shutil.copytree(photos, moved)
    listener = Listener()
    prepared(moved, tmp_path / "cache", console=listener)
    assert not listener.lines and len(Cache(tmp_path / "cache").entries()) == 1


@pytest.mark.parametrize(
    "geometry",
    [
        Geometry(SIZE, 1),
        Geometry(8, 3),
        Geometry(SIZE, 3, crop="none"),
        Geometry(SIZE, 3, resize=preparation.Geometry.resize.__class__.lanczos),
    ],
)
def test_every_setting_that_changes_a_pixel_has_its_own_entry(
    photos, tmp_path, geometry
):
    one = prepared(photos, tmp_path / "cache")
    other = prepared(photos, tmp_path / "cache", geometry)
    assert len(Cache(tmp_path / "cache").entries()) == 2
    assert one.sha256() != other.sha256()


def test_a_changed_picture_is_noticed(photos, tmp_path):
    before = prepared(photos, tmp_path / "cache").sha256()
    (photos / "even" / "000.png").write_bytes(encoded(PHOTO[::-1].copy()))
    assert prepared(photos, tmp_path / "cache").sha256() != before


def test_a_file_that_cannot_be_read_is_left_out_until_it_can(photos, tmp_path):
    (photos / "odd" / "broken link.png").symlink_to(tmp_path / "later.png")
    samples = prepared(photos, tmp_path / "cache")
    assert "No such file" in samples.left_out["odd/broken link.png"]
    assert prepared(photos, tmp_path / "cache").sha256() == samples.sha256()
    (tmp_path / "later.png").write_bytes(encoded(PHOTO))
    assert prepared(photos, tmp_path / "cache").count == samples.count + 1


def test_a_limit_takes_the_first(photos, tmp_path):
    whole = prepared(photos, tmp_path / "cache")
    some = prepared(photos, tmp_path / "cache", limit=5)
    assert np.array_equal(some.images, whole.images[:5])
    assert np.array_equal(some.labels, whole.labels[:5])


def test_sizes_and_channels_are_kept_as_found_where_they_are_alike(photos, tmp_path):
    found = prepared(photos, tmp_path / "cache", Geometry(crop="none"))
    assert found.shape == (30, 50, 3)
    gray = tmp_path / "gray"
    gray.mkdir()
    (gray / "a.png").write_bytes(encoded(PHOTO[..., 0]))
    source = folder(path=str(gray))
    assert prepare(source, Geometry(), cache=tmp_path / "cache").shape == (30, 30, 1)


def test_sizes_that_differ_need_a_size(photos, tmp_path):
    (photos / "even" / "000.png").write_bytes(encoded(PHOTO[:20]))
    said = r"`data.image_size` must be given .*000.png has 20x20 .*has 30x30"
    with pytest.raises(UsageError, match=said):
        prepared(photos, tmp_path / "cache", Geometry(None, 3))


def test_a_damaged_picture_does_not_end_the_survey_of_sizes(photos, tmp_path):
    content = bytearray(encoded(PHOTO))
    content[len(content) // 2] ^= 255
    (photos / "even" / "damaged.png").write_bytes(content)
    samples = prepared(photos, tmp_path / "cache", Geometry())
    assert samples.shape == (30, 30, 3) and "even/damaged.png" in samples.left_out


def test_nothing_usable_gives_the_first_reasons_and_leaves_nothing(tmp_path):
    place = tmp_path / "junk"
    place.mkdir()
    (place / "a.png").write_text("no picture")
    said = r"no picture that can be used. a.png: its content"
    with pytest.raises(UsageError, match=said):
        prepare(folder(path=str(place)), GEOMETRY, cache=tmp_path / "cache")
    assert not Cache(tmp_path / "cache").entries()


def test_strict_makes_an_unusable_picture_an_error(samples, photos):
    options = {"path": str(photos), "image_size": SIZE, "channels": 3}
    with pytest.raises(
        UsageError, match=r"`data.strict`: 1 picture is left out, odd/017.png"
    ):
        samples("folder", strict=True, **options)
    (photos / "odd" / "017.png").unlink()
    assert samples("folder", strict=True, **options).count == 39


# Damage.


@pytest.mark.parametrize("file", ["images.npy", "labels.npy", "hashes.npy"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "gone"])
def test_a_damaged_entry_is_noticed_and_made_anew(photos, tmp_path, file, damage):
    prepared(photos, tmp_path / "cache")
    before = content(tmp_path / "cache")
    (entry,) = Cache(tmp_path / "cache").entries()
    target = entry.folder / file
    if damage == "gone":
        target.unlink()
    else:
        changed = bytearray(before[file])
        changed[-1] ^= 1
        target.write_bytes(changed if damage == "flipped" else changed[:-5])
    listener = Listener()
    prepared(photos, tmp_path / "cache", console=listener)
    assert "is damaged" in listener.lines[0] and "made anew" in listener.lines[0]
    assert content(tmp_path / "cache") == before


def test_an_entry_that_was_copied_is_checked_once_and_used(photos, tmp_path):
    prepared(photos, tmp_path / "cache")
    shutil.copytree(
        tmp_path / "cache", tmp_path / "copy", copy_function=shutil.copyfile
    )
    listener = Listener()
    prepared(photos, tmp_path / "copy", console=listener)
    assert not listener.lines


def test_an_entry_of_an_older_format_is_made_anew(photos, tmp_path):
    prepared(photos, tmp_path / "cache")
    (entry,) = Cache(tmp_path / "cache").entries()
    report = json.loads((entry.folder / "report.json").read_text())
    report["format"] = 0
    (entry.folder / "report.json").write_text(json.dumps(report))
    listener = Listener()
    prepared(photos, tmp_path / "cache", console=listener)
    assert "older format" in listener.lines[0]


# The disk.


def test_a_full_disk_says_what_is_needed_before_anything_is_written(
    photos, tmp_path, monkeypatch
):
    usage = shutil.disk_usage(tmp_path)._replace(free=10_000)
    monkeypatch.setattr(preparation.shutil, "disk_usage", lambda place: usage)
    said = r"need 0\.03 MB more, and .* has 0\.01 MB free. `data.cache`"
    with pytest.raises(StorageError, match=said):
        prepared(photos, tmp_path / "cache")


def test_a_disk_that_fills_up_is_one_sentence_and_costs_nothing(
    large, tmp_path, command
):
    """The limit on a file's size stands in for the end of the disk."""
    limited = """
import resource, sys
from gan_lab.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
sys.exit(main(sys.argv[1:]))
"""
    asked = [
        "data",
        "prepare",
        "data=folder",
        f"data.path={large}",
        "data.image_size=16",
    ]
    asked += [f"data.cache={tmp_path / 'cache'}"]
    program = [sys.executable, "-c", limited, *asked]
    full = subprocess.run(program, capture_output=True, text=True)
    assert full.returncode == 1 and full.stderr.count("\n") == 1
    assert f"There is no space left for {tmp_path / 'cache'}" in full.stderr
    assert command(*asked).returncode == 0
    (entry,) = Cache(tmp_path / "cache").entries()
    assert entry.whole and entry.count == 156


def test_a_cache_that_cannot_be_written_is_one_sentence(photos, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OSError) as said:
        prepared(photos, tmp_path / "file" / "cache")
    assert "file" in str(storage_error(said.value))


def test_the_environment_moves_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("GAN_LAB_CACHE", str(tmp_path / "there"))
    assert default_root() == tmp_path / "there"
    monkeypatch.delenv("GAN_LAB_CACHE")
    assert default_root().name == "gan_lab"


def test_a_drive_that_is_gone_for_a_moment_makes_no_smaller_data_set(
    photos, tmp_path, monkeypatch
):
    read = archives._read

    def failing(path):
        if path.endswith("005.png"):
            raise OSError(errno.EIO, "Input/output error")
        return read(path)

    monkeypatch.setattr(archives, "_read", failing)
    with pytest.raises(
        StorageError, match=r"005.png cannot be read now .* start again"
    ):
        prepared(photos, tmp_path / "cache")
    monkeypatch.undo()
    assert prepared(photos, tmp_path / "cache").count == 39


def test_files_that_change_after_they_were_hashed_are_noticed(
    photos, tmp_path, monkeypatch
):
    key = preparation._key

    def slow(*arguments):
        found = key(*arguments)
        (photos / "even" / "000.png").write_bytes(encoded(PHOTO[::2]))
        return found

    monkeypatch.setattr(preparation, "_key", slow)
    with pytest.raises(StorageError, match="changed while they were prepared"):
        prepared(photos, tmp_path / "cache")


def test_files_that_change_while_they_are_prepared_are_noticed(
    photos, tmp_path, monkeypatch
):
    whole = preparation.blocks

    def arriving(*arguments):
        (photos / "even" / "late.png").write_bytes(encoded(PHOTO))
        yield from whole(*arguments)

    monkeypatch.setattr(preparation, "blocks", arriving)
    with pytest.raises(StorageError, match="changed while they were prepared"):
        prepared(photos, tmp_path / "cache")
    monkeypatch.undo()
    assert prepared(photos, tmp_path / "cache").count == 40


def test_a_format_that_can_be_read_from_now_on_is_read(photos, tmp_path, monkeypatch):
    (photos / "even" / "new.avif").write_bytes(encoded(PHOTO, "AVIF"))
    decode.formats.cache_clear()
    monkeypatch.setattr(decode, "FORMATS", ("JPEG", "PNG"))
    samples = prepared(photos, tmp_path / "cache")
    assert "AVIF" in samples.left_out["even/new.avif"]
    monkeypatch.undo()
    decode.formats.cache_clear()
    assert prepared(photos, tmp_path / "cache").count == samples.count + 1


def test_what_is_being_prepared_is_not_cleared(photos, tmp_path):
    prepared(photos, tmp_path / "cache")
    cache = Cache(tmp_path / "cache")
    (entry,) = cache.entries()
    lock = FileLock(entry.folder.with_name(f".{entry.folder.name}.lock"))
    with lock, pytest.raises(UsageError, match="is being prepared just now"):
        cache.clear([entry])
    cache.clear([entry])
    assert not cache.entries()


def test_the_holdout_is_a_share_or_the_data_sets_own(tmp_path):
    from gan_lab.config.schema import schema

    for part, count in (("train", 40), ("t10k", 9)):
        images = np.random.default_rng(count).integers(0, 256, (count, 4, 4), np.uint8)
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
    data = OmegaConf.structured(schema("data", "mnist"))
    data.path = str(tmp_path)
    found = dataset.find(data)
    assert dataset.load_holdout(data, found, Console()).count == 9
    data.holdout = 0.25
    assert dataset.load_holdout(data, found, Console()).count == 10
    assert dataset.load(data, found, Console()).count == 30


# Kills, and two at once.

PROGRAM = """
import contextlib
import sys
from gan_lab.system.console import Console
from gan_lab.data.preparation import blocks
from gan_lab.data.sources.folder import Labels, folder
from gan_lab.data.preparation.geometry import Geometry
from gan_lab.data.preparation.prepare import prepare
blocks.BLOCK_PICTURES = 8
print("begin", flush=True)


class Talker(Console):
    @contextlib.contextmanager
    def progress(self, label, total):
        self.say(label)
        yield lambda more: None


source = folder(path=sys.argv[1], labels=Labels.folder)
prepare(source, Geometry(16, 3), cache=sys.argv[2], console=Talker())
print("end", flush=True)
"""


@pytest.fixture
def start(tmp_path):
    """A function that starts a preparation in a process of its own."""
    (tmp_path / "program.py").write_text(PROGRAM)
    started = []

    def begin(photos, root):
        command = [sys.executable, str(tmp_path / "program.py"), str(photos), str(root)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def large(tmp_path):
    """Pictures that take about a second to prepare; some are broken."""
    place = tmp_path / "large"
    big = np.random.default_rng(0).integers(0, 256, (400, 500, 3), np.uint8)
    for i in range(160):
        inner = place / ("a" if i % 3 else "b")
        inner.mkdir(parents=True, exist_ok=True)
        picture = encoded(np.roll(big, i, 1), "JPEG")
        (inner / f"{i:03}.jpg").write_bytes(picture[: 500 if i % 40 == 7 else None])
    return place


@pytest.mark.parametrize("times", [2, pytest.param(10, marks=pytest.mark.full)])
def test_a_preparation_that_is_killed_ends_byte_identical(
    large, start, tmp_path, times
):
    began = time.monotonic()
    straight = start(large, tmp_path / "straight")
    assert straight.wait() == 0
    seconds = time.monotonic() - began
    draw, kills, killed = random.Random(0), 0, tmp_path / "killed"
    while kills < times:
        process = start(large, killed)
        process.stdout.readline()
        time.sleep(draw.uniform(0, seconds / 10))
        process.send_signal(signal.SIGKILL)
        if process.wait():
            kills += 1
        else:  # it had got to its end: once more from the beginning
            assert content(killed) == content(tmp_path / "straight")
            shutil.rmtree(killed)
    assert start(large, killed).wait() == 0
    assert content(killed) == content(tmp_path / "straight")


def test_a_preparation_goes_on_where_it_was(large, tmp_path, monkeypatch):
    straight = prepared(large, tmp_path / "straight")
    monkeypatch.setattr("gan_lab.data.preparation.blocks.BLOCK_PICTURES", 16)
    decoded, whole = [], preparation.blocks

    def failing(pictures, geometry, shape, first):
        for number, block in enumerate(whole(pictures, geometry, shape, first)):
            if number == 4:
                raise KeyboardInterrupt
            decoded.append(first)
            yield block

    monkeypatch.setattr(preparation, "blocks", failing)
    with pytest.raises(KeyboardInterrupt):
        prepared(large, tmp_path / "cache")
    (entry,) = Cache(tmp_path / "cache").entries()
    assert not entry.whole
    monkeypatch.setattr(preparation, "blocks", whole)
    listener = Listener()
    samples = prepared(large, tmp_path / "cache", console=listener)
    assert "from 64 on" in listener.lines[0]
    assert samples.sha256() == straight.sha256()
    assert content(tmp_path / "cache") == content(tmp_path / "straight")


@pytest.mark.parametrize("cut", [1, 30, 0])
def test_half_a_line_and_half_a_block_are_cut_off(large, tmp_path, monkeypatch, cut):
    straight = prepared(large, tmp_path / "straight")
    monkeypatch.setattr("gan_lab.data.preparation.blocks.BLOCK_PICTURES", 16)
    monkeypatch.setattr(preparation, "seal", None)
    with pytest.raises(TypeError):
        prepared(large, tmp_path / "cache")
    monkeypatch.undo()
    (entry,) = Cache(tmp_path / "cache").entries()
    journal = entry.folder / "journal.jsonl"
    kept = journal.read_bytes()
    # None is what a power cut leaves: a line of the right length, and nothing in it.
    journal.write_bytes(kept[:-cut] if cut else kept[:-50] + bytes(49) + b"\n")
    with (entry.folder / "images.npy").open("ab") as images:
        images.write(b"half a block")
    assert prepared(large, tmp_path / "cache").sha256() == straight.sha256()
    assert content(tmp_path / "cache") == content(tmp_path / "straight")


def test_a_journal_that_tells_of_more_than_there_is_is_not_believed(
    large, tmp_path, monkeypatch
):
    straight = prepared(large, tmp_path / "straight")
    monkeypatch.setattr(preparation, "seal", None)
    with pytest.raises(TypeError):
        prepared(large, tmp_path / "cache")
    monkeypatch.undo()
    (entry,) = Cache(tmp_path / "cache").entries()
    with (entry.folder / "images.npy").open("r+b") as images:
        images.truncate(5000)
    assert prepared(large, tmp_path / "cache").sha256() == straight.sha256()


def test_a_name_that_is_no_unicode_is_read_and_said(photos, tmp_path, capsys):
    broken = os.fsencode(photos) + b"/odd/\xff\xfe.png"
    Path(os.fsdecode(broken)).write_bytes(b"no picture")
    samples = prepared(photos, tmp_path / "cache")
    assert len(samples.left_out) == 2
    Console().say(dataset.left_out(samples))
    assert "2 pictures are left out" in capsys.readouterr().out


def test_two_that_begin_at_once_prepare_once(large, start, tmp_path):
    processes = [start(large, tmp_path / "cache") for _ in range(3)]
    with ThreadPoolExecutor() as pool:
        said = list(pool.map(lambda p: p.communicate()[0], processes))
    assert [p.returncode for p in processes] == [0, 0, 0]
    assert sum("Preparing" in text for text in said) == 1
    assert sum("waiting" in text for text in said) <= 2


def test_who_waits_for_another_says_so(photos, tmp_path):
    prepared(photos, tmp_path / "cache")
    (entry,) = Cache(tmp_path / "cache").entries()
    shutil.rmtree(entry.folder)
    listener = Listener()
    with ThreadPoolExecutor() as pool:
        with FileLock(entry.folder.with_name(f".{entry.folder.name}.lock")):
            waiting = pool.submit(
                prepared, photos, tmp_path / "cache", console=listener
            )
            while not listener.lines:
                time.sleep(0.01)
        assert waiting.result().count == 39
    assert "waiting" in listener.lines[0]
