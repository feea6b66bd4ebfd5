"""From the bytes of any picture to the pixels that a network sees."""

import numpy as np
import pytest
from PIL import Image

from gan_lab.data.preparation import jpeg
from gan_lab.data.preparation.decode import (
    LeftOutError,
    decode,
    fit_array,
    header,
    upright_size,
)
from gan_lab.data.preparation.geometry import Decode, Geometry, Resize, cropper
from gan_lab.errors import UsageError
from tests.pictures import PHOTO, encoded, smooth

FILTERS = {Resize.area: "BOX", Resize.bilinear: "BILINEAR", Resize.lanczos: "LANCZOS"}


def plain(content, **options):
    return decode(content, Geometry(**{"image_size": 8, "channels": 3, **options}))


@pytest.mark.parametrize("resize", Resize)
@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_crop_and_resize_are_pillows_own(resize, format, tmp_path):
    content = encoded(smooth(), format)
    (tmp_path / "picture").write_bytes(content)
    ours = plain(content, crop="20x20+5+3", resize=resize)
    theirs = Image.open(tmp_path / "picture").crop((5, 3, 25, 23))
    theirs = theirs.resize((8, 8), Image.Resampling[FILTERS[resize]])
    assert np.array_equal(ours, np.asarray(theirs))


@pytest.mark.parametrize(
    "crop, box",
    [
        ("center", (20, 0, 198, 178)),
        ("none", (0, 0, 218, 178)),
        ("pad", (0, -20, 218, 198)),
        ("108x108", (55, 35, 163, 143)),
        ("178x100+1+2", (1, 2, 179, 102)),
    ],
)
def test_a_crop_is_this_box(crop, box):
    assert cropper(crop)(218, 178) == box


@pytest.mark.parametrize("crop", ["centre", "10", "0x5", "5x5+1", "-5x5"])
def test_another_crop_is_refused(crop):
    with pytest.raises(UsageError, match=r"`data.crop` must be .* Received: "):
        Geometry(crop=crop)


@pytest.mark.parametrize("options", [{"image_size": 0}, {"channels": 2}])
def test_a_size_or_channels_without_meaning_are_refused(options):
    with pytest.raises(UsageError, match=r"`data.(image_size|channels)` must be"):
        Geometry(**options)


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
@pytest.mark.parametrize("crop", ["108x108", "20x20+40+0"])
def test_a_picture_smaller_than_the_crop_is_left_out(format, crop):
    with pytest.raises(LeftOutError, match=r"50x30 pixels, too few for"):
        plain(encoded(PHOTO, format), crop=crop)


def test_padding_keeps_the_aspect_and_is_black():
    wide = np.full((10, 40, 3), 200, np.uint8)
    padded = plain(encoded(wide), crop="pad")
    assert np.all(padded[3:5] == 200)
    assert np.all(padded[:3] == 0) and np.all(padded[5:] == 0)


def test_gray_pictures_fill_three_channels_and_colours_make_one():
    gray = plain(encoded(PHOTO[..., 0]))
    assert np.array_equal(gray[..., 0], gray[..., 2])
    assert plain(encoded(PHOTO), channels=1).shape == (8, 8, 1)


def test_sixteen_bits_are_scaled_and_not_clipped():
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    levels = plain(encoded(ramp), channels=1)[..., 0]
    assert np.array_equal(levels, np.rint(ramp / 257).astype(np.uint8))


def test_pixels_that_are_floats_are_left_out():
    with pytest.raises(LeftOutError, match="floats"):
        plain(encoded(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8), "TIFF"))


def test_transparency_is_laid_over_white():
    clear = np.zeros((4, 4, 4), np.uint8)
    assert np.all(plain(encoded(clear)) == 255)


@pytest.mark.parametrize(
    "format", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF"]
)
def test_every_format_that_is_promised_is_read(format):
    near = plain(encoded(smooth(), format)).astype(int)
    assert np.abs(near - plain(encoded(smooth()))).mean() < 12


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_picture_is_turned_upright_by_its_exif_orientation(orientation, format):
    import io

    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(smooth(), format, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    ours = plain(content, image_size=None, crop="none")
    assert np.array_equal(ours, np.asarray(upright))
    assert upright_size(header(content)) == upright.size


def test_heic_is_left_out_with_the_package_that_reads_it(monkeypatch):
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
    with pytest.raises(LeftOutError, match=r"HEIC.*pip install pillow-heif|damaged"):
        plain(heic)


def test_a_format_that_runs_other_programs_is_not_read():
    with pytest.raises(LeftOutError, match="not a picture"):
        plain(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")


def test_a_bomb_is_refused_without_allocating_it():
    bomb = bytearray(encoded(PHOTO, "BMP"))
    bomb[18:26] = np.array([60_000, 60_000], "<i4").tobytes()
    with pytest.raises(LeftOutError, match="pixels"):
        plain(bytes(bomb))
    jpeg_bomb = bytearray(encoded(PHOTO, "JPEG"))
    place = jpeg_bomb.index(b"\xff\xc0")
    jpeg_bomb[place + 5 : place + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(LeftOutError, match="pixels"):
        plain(bytes(jpeg_bomb))


# The short way for plain JPEGs.


def slow(content, **options):
    """Pillow's usual way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jpeg, "frame", lambda encoded: None)
        return plain(content, **options)


@pytest.mark.parametrize("decoding", Decode)
@pytest.mark.parametrize(
    "options",
    [{}, {"progressive": True}, {"quality": 30, "subsampling": 0}, {"optimize": True}],
)
@pytest.mark.parametrize("picture", [smooth(90, 131), smooth(131, 90)[..., 0]])
def test_a_plain_jpeg_has_the_pixels_of_the_usual_way(picture, options, decoding):
    content = encoded(picture, "JPEG", **options)
    assert jpeg.frame(content)
    for crop in ("center", "none", "pad", "64x64"):
        given = {"crop": crop, "decode": decoding, "image_size": 16}
        assert np.array_equal(plain(content, **given), slow(content, **given)), crop


def test_a_jpeg_with_metadata_or_four_channels_goes_the_usual_way():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert not jpeg.frame(encoded(smooth(), "JPEG", exif=exif))
    ink = Image.fromarray(smooth()).convert("CMYK")
    assert not jpeg.frame(encoded(np.asarray(ink)[..., :3], "PNG"))
    assert not jpeg.frame(b"\xff\xd8")


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_a_truncated_jpeg_is_left_out_with_its_reason(kept):
    content = encoded(PHOTO, "JPEG")
    with pytest.raises(LeftOutError, match=r"truncated|damaged"):
        plain(content[: int(len(content) * kept)])


def test_a_draft_is_near_to_the_full_decode():
    content = encoded(smooth(200, 200), "JPEG")
    full, draft = (plain(content, image_size=32, decode=d) for d in Decode)
    assert np.abs(full.astype(int) - draft).mean() < 2


# Arrays.


def test_an_array_that_fits_is_taken_as_it_is():
    assert fit_array(PHOTO, Geometry(crop="none")) is PHOTO


def test_an_array_is_cropped_and_resized_as_a_picture_is():
    geometry = Geometry(image_size=8, channels=3)
    assert np.array_equal(fit_array(PHOTO, geometry), plain(encoded(PHOTO)))
    gray = PHOTO[..., :1]
    ours = fit_array(gray, Geometry(image_size=8))
    assert np.array_equal(ours, plain(encoded(PHOTO[..., 0]), channels=1))


@pytest.mark.parametrize("crop", ["90x90+0+600", "90x90+0+700", "96x97"])
def test_a_draft_cuts_the_same_part_out_whatever_libjpeg_rounds(crop):
    y = np.linspace(0, 255, 803)[:, None, None]
    tall = np.broadcast_to(y, (803, 97, 3)).astype(np.uint8)
    content = encoded(tall, "JPEG")
    given = {"crop": crop, "image_size": 8}
    full, draft = (plain(content, decode=d, **given) for d in Decode)
    assert abs(full.mean() - draft.mean()) < 2  # a wrong part differs by 15
