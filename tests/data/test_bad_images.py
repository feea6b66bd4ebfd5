"""The folder of awkward pictures, entry by entry."""

import zipfile

import numpy as np
import pytest

from gan_lab.data.sources import archives


@pytest.fixture(scope="module")
def names(request):
    """What counts as a picture in the archive."""

    def of(path):
        found = archives.pictures(str(path), "")
        return [name.removeprefix("bad_images/") for name in found.names]

    return of


@pytest.fixture
def bad(samples, names, data_dir):
    """`pictures, left_out`: name -> pixels, and name -> why not."""
    path = data_dir / "bad_images.zip"
    found = samples("folder", path=str(path), image_size=60, channels=3)
    left_out = {n.removeprefix("bad_images/"): r for n, r in found.left_out.items()}
    used = [name for name in names(path) if name not in left_out]
    return dict(zip(used, found.images, strict=True)), left_out


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


def test_everything_else_is_used(bad):
    pictures, left_out = bad
    assert len(pictures) == 15 and len(left_out) == 5
    assert "subfolder/20_nested_good.jpg" in pictures
    assert not {".hidden_file.jpg", "Thumbs.db"} & (set(pictures) | set(left_out))


@pytest.mark.parametrize(
    "name",
    [
        "04_cmyk.jpg",
        "06_palette_transparent.png",
        "10_progressive.jpg",
        "11_exif_rotated.jpg",
        "12 name with spaces – ünïcödé 花.jpg",
        "15_png_bytes_named.jpg",
        "17_UPPERCASE.JPG",
    ],
)
def test_an_awkward_picture_looks_like_the_good_one(bad, name):
    pictures, _ = bad
    good = pictures["19_good_control.jpg"].astype(float)
    limit = 40 if "palette" in name else 12
    assert np.abs(pictures[name] - good).mean() < limit


@pytest.mark.parametrize("name", ["05_gray16.png", "07_gray.jpg"])
def test_gray_is_neither_clipped_nor_coloured(bad, name):
    pictures, _ = bad
    gray = pictures["19_good_control.jpg"] @ [0.299, 0.587, 0.114]
    picture = pictures[name]
    assert np.abs(picture[..., 0] - gray).mean() < 12
    assert np.array_equal(picture[..., 0], picture[..., 2])


def test_one_pixel_becomes_a_flat_picture(bad):
    assert np.all(bad[0]["08_one_pixel.png"] == (200, 30, 40))


def test_of_an_animation_the_first_frame_is_used(bad, data_dir):
    from PIL import Image

    with zipfile.ZipFile(data_dir / "bad_images.zip") as archive:
        frame = Image.open(archive.open("bad_images/09_animated.gif")).convert("RGB")
        frame = frame.crop((15, 0, 75, 60))
    assert np.array_equal(bad[0]["09_animated.gif"], np.asarray(frame))


@pytest.mark.parametrize("crop", ["center", "none", "pad"])
def test_a_very_wide_picture_survives_every_crop(samples, data_dir, crop):
    path = str(data_dir / "bad_images.zip")
    found = samples("folder", path=path, image_size=16, channels=3, crop=crop)
    assert found.count == 15


def test_transparency_is_laid_over_white(bad, data_dir):
    from PIL import Image

    with zipfile.ZipFile(data_dir / "bad_images.zip") as archive:
        picture = Image.open(archive.open("bad_images/14_rgba_gradient.png"))
    clearest = np.asarray(picture)[..., 3].argmin()
    row, column = np.unravel_index(clearest, picture.size[::-1])
    assert picture.mode == "RGBA" and bad[0]["14_rgba_gradient.png"].shape[-1] == 3
    if np.asarray(picture)[row, column, 3] == 0:
        edge = bad[0]["14_rgba_gradient.png"].reshape(-1, 3)
        assert edge.max() > 245
