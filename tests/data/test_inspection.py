"""What a user is told of a pile of pictures before anything is trained on it."""

import contextlib
import io
import json

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from gan_lab.data.inspection import inspection as module
from gan_lab.data.inspection import lookalikes
from gan_lab.data.inspection.inspection import inspect
from gan_lab.data.preparation.decode import ORIENTATION
from gan_lab.data.preparation.geometry import Geometry
from gan_lab.data.preparation.prepare import prepare
from gan_lab.data.source import Pictures, Source, from_array
from gan_lab.data.sources.folder import Labels, folder
from gan_lab.data.sources.idx import Split, mnist
from gan_lab.system.console import Console
from tests.pictures import PHOTO, encoded, smooth

SIZE = Geometry(16, 3)


@pytest.fixture
def look(tmp_path):
    """A function from files, name -> bytes, to their inspection and sheet."""

    def inspected(files, geometry=SIZE, labels=Labels.none, recursive=True):
        for name, content in files.items():
            file = tmp_path / "in" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        source = folder(path=str(tmp_path / "in"), labels=labels, recursive=recursive)
        return inspect(source, geometry, Console())

    return inspected


def of(pictures):
    return Source("made", "here", dict, lambda: pictures)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def different(count, size=16):
    """So many PNG files with nothing in common."""
    images = noise(count, size, size, 3)
    return {f"{i:04}.png": encoded(image) for i, image in enumerate(images)}


def rotated(orientation, **options):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(smooth(20, 40), exif=exif, **options)


def flat(level, format="PNG"):
    return encoded(np.full((20, 20, 3), level, np.uint8), format)


# Files.


def test_what_is_used_ignored_and_left_out_is_counted(look):
    files = different(3) | {
        "empty.jpg": b"",
        "text.png": b"no picture",
        "notes.TXT": b"",
        "readme": b"",
        ".hidden.png": encoded(PHOTO),
        "__MACOSX/._0.png": b"",
    }
    seen = look(files)[0]
    assert seen.files == {
        "found": 9,
        "used": 3,
        "ignored": {".txt": 1, "hidden": 2, "without suffix": 1},
        "left_out": {
            "empty.jpg": "the file is empty",
            "text.png": "its content is not a picture that is read here",
        },
    }
    assert seen.lines()[:4] == [
        "9 found: 3 used, 4 ignored, 2 left out.",
        "Ignored: 1 .txt, 2 hidden, 1 without suffix.",
        "Left out: empty.jpg: the file is empty.",
        "Left out: text.png: its content is not a picture that is read here.",
    ]


def test_pictures_in_subfolders_that_are_not_asked_for_are_said_to_be_there(look):
    files = different(2) | {"sub/a.png": encoded(PHOTO)}
    assert look(files, recursive=False)[0].files["ignored"] == {"in subfolders": 1}


def test_what_a_source_leaves_out_itself_is_found_too():
    known = Pictures(["a"], lambda _: PHOTO, left_out={"b": "no row"})
    files = inspect(of(known), SIZE, Console())[0].files
    assert (files["found"], files["used"], files["left_out"]) == (2, 1, {"b": "no row"})


def test_a_reason_names_no_object_by_its_address():
    def read(place):
        raise RuntimeError(f"{object()} is broken")

    told = inspect(of(Pictures(["a"], read)), SIZE, Console())[0].files["left_out"]
    assert told == {"a": "it cannot be read (<object object> is broken)"}


def test_where_nothing_can_be_used_the_reasons_are_told_and_the_sheet_is_blank(look):
    seen, sheet = look({"a.png": b"", "b.png": b"no picture"})
    assert seen.files["used"] == 0 and len(seen.files["left_out"]) == 2
    assert seen.lines()[-1] == "Warning: No picture can be used."
    assert np.all(sheet == 255) and sheet.shape[2] == 3 and sheet.dtype == np.uint8
    assert json.loads(json.dumps(seen.as_dict())) == seen.as_dict()


def test_without_a_size_it_is_the_same_where_nothing_can_be_used(look):
    seen, _ = look({"a.png": b"", "b.png": b"no picture"}, Geometry())
    assert len(seen.files["left_out"]) == 2 and seen.prepared["shape"] is None


# Sizes and content.


def test_sizes_are_those_of_the_upright_pictures(look):
    shapes = ((20, 30), (10, 10), (50, 20), (21, 30))
    files = {
        f"{h}x{w} {i}.png": encoded(noise(h, w)) for i, (h, w) in enumerate(shapes)
    }
    seen = look(files | {"turned.jpg": rotated(6, format="JPEG")})[0]
    assert seen.sizes == {
        "smallest": [10, 10],
        "median": [30, 21],
        "largest": [20, 50],
        "different": 5,
    }
    assert seen.aspects == {
        "smallest": 0.4,
        "median": 1.0,
        "largest": 1.5,
        "landscape": 2,
        "square": 1,
        "portrait": 2,
    }
    assert seen.lines()[1:3] == [
        "Sizes: from 10x10 over 30x21 (median) to 20x50, 5 different.",
        "Width / height: from 0.4 over 1 (median) to 1.5, 2 landscape, 1 square, "
        "2 portrait.",
    ]


def test_modes_and_formats_are_counted_by_content(look):
    gray = noise(20, 20)
    deep = np.arange(400, dtype=np.uint16).reshape(20, 20) * 100
    file = io.BytesIO()
    Image.fromarray(PHOTO).convert("CMYK").save(file, "JPEG")
    files = {
        "a.png": encoded(gray),
        "b.png": encoded(deep),
        "c.jpg": file.getvalue(),
        "d.gif": encoded(gray, "GIF"),
        "e.png": encoded(noise(20, 20, 4)),
        "f.JPG": encoded(PHOTO),
        "g.png": encoded(PHOTO, "WEBP"),
        "h.jpe": encoded(PHOTO, "JPEG"),
        "i.heic": encoded(smooth(), "JPEG"),
    }
    seen = look(files)[0]
    content = seen.content
    assert content["modes"] == {
        "RGB": 4,
        "L": 1,
        "I;16": 1,
        "CMYK": 1,
        "P": 1,
        "RGBA": 1,
    }
    assert content["formats"] == {"PNG": 4, "JPEG": 3, "GIF": 1, "WEBP": 1}
    assert content["misnamed"] == {"f.JPG": "PNG", "g.png": "WEBP", "i.heic": "JPEG"}
    assert "Misnamed: g.png is WEBP." in seen.lines()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_pictures_that_exif_turns_or_mirrors_are_counted(look, format):
    kinds = range(1, 9)
    files = {f"{kind}.{format}": rotated(kind, format=format) for kind in kinds}
    seen = look(files | {f"none.{format}": encoded(PHOTO, format)})[0]
    assert seen.content["turned"] == 7 and not seen.content["misnamed"]
    assert (seen.aspects["landscape"], seen.aspects["portrait"]) == (5, 4)


@pytest.mark.parametrize("exif", [rotated(6), encoded(PHOTO)])
def test_the_pixels_of_a_png_are_decoded_once(look, monkeypatch, exif):
    decoded, end = [], PngImageFile.load_end
    monkeypatch.setattr(
        PngImageFile, "load_end", lambda self: (decoded.append(self), end(self))
    )
    assert look({"a.png": exif})[0].files["used"] == len(decoded) == 1


def test_animations_are_counted_and_further_pictures_in_a_jpeg_are_not(look):
    frames = [Image.fromarray(np.roll(PHOTO, i)) for i in range(3)]
    files = {}
    for name, kind in (("a.gif", "GIF"), ("b.webp", "WEBP"), ("c.jpg", "MPO")):
        file = io.BytesIO()
        frames[0].save(file, kind, save_all=True, append_images=frames[1:])
        files[name] = file.getvalue()
    second = files["a.gif"].index(b"\x21\xf9\x04", files["a.gif"].index(b"\x2c"))
    files["cut.gif"] = files["a.gif"][: second + 4]
    seen = look(files | {"d.gif": encoded(PHOTO, "GIF")})[0]
    assert seen.files["used"] == 5 and seen.content["animated"] == 3
    assert seen.content["formats"]["JPEG"] == 1 and not seen.content["misnamed"]


def test_arrays_have_modes_but_neither_files_nor_suffixes():
    images = noise(5, 12, 10, 4)
    seen = inspect(of(from_array(images)), SIZE, Console())[0]
    assert seen.content["modes"] == {"RGBA": 5} and not seen.content["misnamed"]
    assert seen.sizes["smallest"] == seen.sizes["largest"] == [10, 12]


# Duplicates.


def test_files_of_the_same_bytes_are_exact_duplicates_and_not_near_ones(look):
    files = different(4)
    files |= {"copy.png": files["0001.png"], "x.png": files["0001.png"]}
    seen = look(files | {"y.png": files["0003.png"]})[0]
    groups = [["0001.png", "copy.png", "x.png"], ["0003.png", "y.png"]]
    assert seen.duplicates == {"exact": groups, "near": []}
    assert "Same bytes: 0001.png = copy.png = x.png." in seen.lines()


def test_arrays_are_the_same_where_all_their_pixels_are():
    images = noise(4, 8, 8, 1)
    images[1, :7], images[3] = images[0, :7], images[0]
    seen = inspect(of(from_array(images)), SIZE, Console())[0]
    assert seen.duplicates["exact"] == [["0", "3"]]


def test_the_same_picture_in_another_format_and_size_is_a_near_duplicate(look):
    other = np.asarray(Image.fromarray(smooth()).resize((90, 60)))
    files = different(4) | {
        "a.png": encoded(smooth()),
        "b.jpg": encoded(smooth(), "JPEG", quality=60),
        "c.webp": encoded(other, "WEBP"),
        "copy of a.png": encoded(smooth()),
    }
    seen = look(files)[0]
    assert seen.duplicates["near"] == [["a.png", "b.jpg", "c.webp"]]
    assert "Same look: a.png = b.jpg = c.webp." in seen.lines()


def test_flat_pictures_are_alike_where_their_levels_are():
    images = np.repeat([200, 0, 201, 255, 90], 100).astype(np.uint8)
    seen = inspect(of(from_array(images.reshape(5, 10, 10, 1))), SIZE, Console())[0]
    assert seen.duplicates["near"] == [["0", "2"]]


@pytest.mark.parametrize(
    "slope, offset, alike", [(9, 4, True), (9, 12, False), (4, 0, False)]
)
def test_pictures_of_one_hash_are_alike_where_their_levels_are(slope, offset, alike):
    ramp = np.tile(np.arange(16, dtype=np.uint8)[:, None, None], (1, 16, 1))
    images = np.stack([ramp * 9, ramp * slope + offset])
    seen = inspect(of(from_array(images)), SIZE, Console())[0]
    assert seen.duplicates["near"] == ([["0", "1"]] if alike else [])


def test_the_most_alike_of_many_flat_pictures_are_compared():
    levels = np.tile(np.arange(0, 255, 3, dtype=np.uint8), 2).reshape(-1, 1, 1)
    groups = lookalikes.alike(np.tile(levels, (1, 16, 16)))
    assert groups == [[place, place + 85] for place in range(85)]


def test_a_slow_change_does_not_make_its_ends_the_same():
    levels = np.arange(0, 60, 2, dtype=np.uint8).reshape(-1, 1, 1, 1)
    images = np.tile(levels, (1, 8, 8, 1))
    groups = inspect(of(from_array(images)), SIZE, Console())[0].duplicates["near"]
    assert groups and all(int(g[-1]) - int(g[0]) <= 2 for g in groups)


@pytest.fixture
def hashed(monkeypatch):
    """A function from bits `(count, 64)` to thumbs that have these as their hashes."""
    imagehash = pytest.importorskip("imagehash")

    def dhash(picture):
        return imagehash.ImageHash(np.asarray(picture)[:4].reshape(8, 8) > 0)

    def thumbs(bits):
        made = np.zeros((len(bits), 16, 16), np.uint8)
        made[:, :4] = bits.reshape(-1, 4, 16)
        return made

    monkeypatch.setattr(imagehash, "dhash", dhash)
    return thumbs


def test_no_pair_of_near_hashes_is_missed(hashed):
    draw = np.random.default_rng(0)
    bits = draw.integers(0, 2, (60, 64), np.uint8)
    copies = [bits]
    for flips in (1, 2, 3, 3, 4):
        places = draw.permuted(np.tile(np.arange(64), (60, 1)), axis=1)[:, :flips]
        copies.append(bits.copy())
        copies[-1][np.arange(60)[:, None], places] ^= 1
    bits = np.concatenate(copies)
    distance = (bits[:, None] != bits[None]).sum(-1)
    near = {tuple(pair) for pair in np.argwhere(distance <= 3) if pair[0] < pair[1]}
    found = set()
    for a, b in lookalikes.candidates(hashed(bits)):
        found |= {tuple(sorted(pair)) for pair in zip(a, b, strict=True)}
    assert len(near) > 240 and found == near


@pytest.mark.parametrize("alone", range(3))
@pytest.mark.parametrize("bit", [0, 1])
def test_a_group_is_the_same_in_whatever_order_it_is_found(hashed, alone, bit):
    bits = np.full((3, 64), 1 - bit, np.uint8)
    bits[alone, 7] = bit
    assert lookalikes.alike(hashed(bits)) == [[0, 1, 2]]


def test_thousands_of_flat_pictures_are_not_compared_each_with_each():
    thumbs = np.tile(np.arange(5000).reshape(-1, 1, 1) % 251, (1, 16, 16))
    pairs = sum(len(a) for a, _ in lookalikes.candidates(thumbs.astype(np.uint8)))
    assert 0 < pairs <= 5000 * 100


def test_without_imagehash_near_duplicates_name_the_pip_line(look, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    seen = look(different(3))[0]
    assert seen.duplicates == {"exact": [], "near": None}
    (told,) = (line for line in seen.lines() if "Near duplicates" in line)
    assert 'pip install "keras-gan-lab[data]"' in told


# Classes, and what training would get.


def test_classes_are_counted_among_what_is_used(look):
    files = {f"roses/{n}": content for n, content in different(4).items()}
    files |= {"tulips/a.png": flat(9), "tulips/b.png": b"", "weeds/c.png": b""}
    seen = look(files, labels=Labels.folder)[0]
    assert seen.classes["counts"] == {"roses": 4, "tulips": 1, "weeds": 0}
    assert seen.classes["balance"] == 0
    assert "Classes: 4 roses, 1 tulips, 0 weeds." in seen.lines()


def test_balance_is_the_smallest_class_against_the_largest():
    labels = np.array([0] * 4 + [1] * 2, np.int32)
    pictures = from_array(noise(6, 8, 8, 1), labels, "ab")
    assert inspect(of(pictures), SIZE, Console())[0].classes["balance"] == 0.5


def test_pictures_without_labels_have_no_classes(look):
    assert look(different(2))[0].classes == {"counts": {}, "balance": None}


@pytest.mark.parametrize(
    "crop, enlarged", [("center", 3), ("none", 3), ("pad", 1), ("10x10", 4)]
)
def test_pictures_smaller_than_what_they_become_are_counted(look, crop, enlarged):
    shapes = ((20, 20), (19, 30), (30, 19), (10, 12))
    files = {f"{i}.png": encoded(noise(*shape)) for i, shape in enumerate(shapes)}
    geometry = Geometry(20, 3, crop)
    prepared = look(files, geometry)[0].prepared
    assert (prepared["enlarged"], prepared["plan"]) == (enlarged, geometry.plan())


GRAYS = {f"{i}.png": encoded(noise(20, 30, seed=i)) for i in range(4)}
CUT = {"gray.jpg": encoded(PHOTO[:20, :30, 0], "JPEG")[:500]}
COLOURS = {
    "none": {},
    "damaged": {"rgb.jpg": encoded(PHOTO[:20, :30], "JPEG")[:900]},
    "whole": {"rgb.png": encoded(PHOTO[:20, :30])},
}


@pytest.mark.parametrize("channels", [None, 1, 3])
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("size", [None, 12])
def test_it_tells_what_the_preparation_makes(look, tmp_path, channels, colour, size):
    files = GRAYS | CUT | COLOURS[colour] | {"empty.png": b""}
    geometry = Geometry(size, channels, "none")
    seen = look(files, geometry)[0]
    source = folder(path=str(tmp_path / "in"))
    samples = prepare(source, geometry, cache=tmp_path / "cache", console=Console())
    assert seen.files["left_out"] == samples.left_out
    assert len(samples.left_out) == 2 + (colour == "damaged")
    assert seen.prepared["shape"] == list(samples.shape)
    taken = samples.images.nbytes + samples.image_hashes().nbytes
    assert seen.prepared["bytes"] == taken
    shape = "x".join(map(str, samples.shape))
    assert f"Prepared: {shape} each, {taken:,} bytes in the cache." in seen.lines()


def test_arrays_keep_their_channels():
    source, geometry = of(from_array(noise(3, 9, 7, 1))), Geometry(crop="none")
    prepared = inspect(source, geometry, Console())[0].prepared
    assert prepared["shape"] == [9, 7, 1] and prepared["bytes"] == 3 * (9 * 7 + 8)


def test_pictures_of_many_sizes_without_a_size_to_make_them_are_a_problem(look):
    files = different(2) | {"wide.png": encoded(noise(10, 30, 3))}
    seen, sheet = look(files, Geometry())
    assert seen.prepared["shape"] is None and seen.prepared["bytes"] is None
    assert "`data.image_size` must be given" in seen.as_dict()["warnings"][0]
    assert seen.files["used"] == 3 and seen.prepared["enlarged"] == 0
    assert sheet.shape == (262, 262, 3)


# Warnings.


def warnings(images, geometry=SIZE, labels=None, classes=()):
    pictures = from_array(images, labels, classes)
    return inspect(of(pictures), geometry, Console())[0].as_dict()["warnings"]


def test_a_thousand_different_pictures_are_nothing_to_warn_of():
    labels = np.array([0] * 910 + [1] * 91, np.int32)
    assert warnings(noise(1001, 16, 16, 1), labels=labels, classes="ab") == []


def test_fewer_than_a_thousand_are_memorised():
    assert warnings(noise(999, 16, 16, 1)) == [
        "999 pictures: a GAN is likely to memorise fewer than 1,000."
    ]


def test_more_than_one_in_a_hundred_that_repeats_others_is_a_warning():
    images = noise(1000, 16, 16, 1)
    images[:11] = images[20]
    assert warnings(images) == ["11 of 1,000 pictures repeat others."]
    images[0] ^= 1
    assert warnings(images) == ["11 of 1,000 pictures repeat others."]
    images[1:3] = noise(2, 16, 16, 1, seed=1)
    assert warnings(images) == []


def test_classes_of_very_different_size_are_a_warning():
    labels = np.array([0] * 1000 + [1] * 99, np.int32)
    assert warnings(noise(1099, 16, 16, 1), labels=labels, classes="ab") == [
        "The largest class has 1,000 pictures, and the smallest 99."
    ]


def test_many_enlarged_pictures_are_a_warning():
    (told,) = warnings(noise(1000, 16, 16, 1), Geometry(17, 3))
    assert "1,000 of 1,000 pictures are enlarged" in told


# The sheet.


def cells(sheet, side):
    """The first row of pictures in a sheet."""
    return [
        sheet[2 : 2 + side, x : x + side] for x in range(2, sheet.shape[1], side + 2)
    ]


def test_the_sheet_shows_what_training_will_see(look):
    files = {"a.png": encoded(PHOTO), "b.png": encoded(noise(40, 20, 3))}
    geometry = Geometry(12, 3, "18x18")
    sheet = look(files, geometry)[1]
    from gan_lab.data.preparation.decode import decode

    shown = cells(sheet, 12)
    for cell, content in zip(shown, files.values(), strict=True):
        assert np.array_equal(cell, decode(content, geometry))


def test_the_sheet_is_spread_over_the_whole_set():
    levels = np.arange(200, dtype=np.uint8).reshape(-1, 1, 1, 1)
    source = of(from_array(np.tile(levels, (1, 4, 4, 1))))
    sheet = inspect(source, Geometry(), Console())[1]
    shown = sheet[2::6, 2::6, 0][:8, :8].ravel().astype(int)
    assert sheet.shape == (50, 50, 3) and shown[0] == 0 and shown[-1] >= 196
    assert set(np.diff(shown)) == {3, 4}


def test_large_pictures_are_made_small_for_the_sheet(look):
    sheet = look(different(1), Geometry(300, 1))[1]
    assert sheet.shape == (132, 132, 3)


def test_what_is_left_out_is_not_in_the_sheet(look):
    sheet = look(different(3) | {"0000.png": b"", "9.png": b""})[1]
    assert sheet.shape == (2 * 18 + 2 - 18, 2 * 18 + 2, 3)


# How it is told, and how it is done.


def test_only_the_first_of_many_are_shown_to_a_person(look):
    copies = {f"a{i:02}.png": flat(0) for i in range(30)}
    files = {f"b{i:02}.png": b"" for i in range(12)} | copies
    lines = look(files)[0].lines()
    assert sum(line.startswith("Left out: b") for line in lines) == 10
    assert "Left out: 2 more." in lines
    (group,) = (line for line in lines if line.startswith("Same bytes"))
    assert group.endswith("a08.png = a09.png = 20 more.")


def test_names_that_a_terminal_cannot_show_are_escaped():
    names = ["花 ü.png", "a\nb.png", "\udcff\x1b[2J.png"]
    pictures = Pictures(names, lambda place: b"")
    seen = inspect(of(pictures), SIZE, Console())[0]
    lines = seen.lines()[1:4]
    for line, name in zip(
        lines, ("花 ü.png", "a\\nb.png", "\\udcff\\x1b[2J.png"), strict=True
    ):
        assert line == f"Left out: {name}: the file is empty."
    assert list(json.loads(json.dumps(seen.as_dict()))["files"]["left_out"]) == names


def test_all_that_is_found_can_be_written_as_json(look):
    files = {f"a/{n}": c for n, c in different(3).items()} | {
        "b/c.jpg": flat(3, "JPEG")
    }
    found = look(files, labels=Labels.folder)[0].as_dict()
    assert json.loads(json.dumps(found)) == found
    assert list(found) == [
        "files",
        "sizes",
        "aspects",
        "content",
        "duplicates",
        "classes",
        "prepared",
        "warnings",
    ]


def test_every_picture_is_read_once_and_progress_is_told():
    reads, told = [], []

    class Watch(Console):
        @contextlib.contextmanager
        def progress(self, label, total):
            told.append((label, total))
            yield told.append

    def read(place):
        reads.append(place)
        return b"" if place < 9 else encoded(noise(9, 9, 3, seed=min(place, 1150)))

    pictures = Pictures([f"{i}.png" for i in range(1152)], read)
    seen = inspect(of(pictures), SIZE, Watch())[0]
    assert seen.files["used"] == 1143
    assert seen.duplicates["exact"] == [["1150.png", "1151.png"]]
    assert sorted(reads) == list(range(1152))
    assert told[0] == ("Inspecting", 1152) and len(told) > 2 and sum(told[1:]) == 1152


def test_it_is_the_same_every_time_and_leaves_nothing_behind(look, cache):
    before = sorted(cache.rglob("*"))
    files = different(70) | {"a.png": b"", "b.png": flat(1), "c.jpg": flat(1, "JPEG")}
    (one, first), (other, second) = look(files), look({})
    assert one == other and np.array_equal(first, second)
    assert sorted(cache.rglob("*")) == before


# Real pictures.


def test_awkward_pictures_are_told_of(data_dir):
    source = folder(path=str(data_dir / "bad_images.zip"))
    seen = inspect(source, Geometry(64, 3), Console())[0]
    left_out = [n.removeprefix("bad_images/")[:2] for n in seen.files["left_out"]]
    assert (seen.files["found"], seen.files["used"]) == (22, 15)
    assert left_out == ["01", "02", "03", "16", "18"]
    assert seen.files["ignored"] == {".db": 1, "hidden": 1}
    content = seen.content
    assert (content["turned"], content["animated"]) == (1, 1)
    assert content["misnamed"] == {"bad_images/15_png_bytes_named.jpg": "PNG"}
    assert content["modes"]["CMYK"] == content["modes"]["I;16"] == 1
    assert not any(line.endswith("..") for line in seen.lines())
    assert seen.sizes["smallest"] == [1, 1]
    assert seen.aspects["largest"] == pytest.approx(4000 / 3)


def test_the_roses_that_are_there_twice_are_found(data_dir):
    source = folder(path=str(data_dir / "roses.zip"))
    seen = inspect(source, Geometry(64, 3), Console())[0]
    assert (seen.files["used"], seen.sizes["different"]) == (67, 33)
    exact = seen.duplicates["exact"]
    assert [[n.removeprefix("Roses/") for n in group] for group in exact] == [
        ["download (1).jpg", "download (3).jpg"],
        ["download (2).jpg", "download.jpg"],
        ["images (33).jpg", "images (57).jpg"],
    ]
    assert len(seen.duplicates["near"]) == 1


def test_different_faces_in_one_pose_are_not_near_duplicates(data_dir):
    source = folder(path=str(data_dir / "img_align_celeba.zip"))
    seen = inspect(source, Geometry(64, 3), Console())[0]
    assert seen.duplicates == {"exact": [], "near": []}


def test_an_idx_file_is_inspected_like_a_folder(data_dir):
    source = mnist(path=str(data_dir / "mnist"), split=Split.test)
    seen, sheet = inspect(source, Geometry(), Console())
    assert seen.prepared["shape"] == [28, 28, 1] and sheet.shape == (242, 242, 3)
    assert sum(seen.classes["counts"].values()) == seen.files["used"] == 10_000
