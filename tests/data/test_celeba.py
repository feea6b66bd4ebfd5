"""CelebA in the layouts that people have it in."""

import shutil
import zipfile

import numpy as np
import pytest

from gan_lab.errors import UsageError
from tests.pictures import encoded, smooth

ATTRIBUTES = ("Bald", "Smiling", "Male")
ROWS = {  # picture: part, person, attributes
    "000001.jpg": (0, 7, (-1, 1, -1)),
    "000002.jpg": (0, 9, (-1, -1, 1)),
    "000003.jpg": (1, 7, (1, 1, 1)),
    "000004.jpg": (2, 8, (-1, 1, 1)),
    "000005.jpg": (2, 8, (-1, -1, -1)),
}
LISTS = {
    "list_eval_partition": "".join(f"{n} {p}\r\n" for n, (p, _, _) in ROWS.items()),
    "identity_CelebA": "".join(f"{n} {p}\n" for n, (_, p, _) in ROWS.items()),
    "list_attr_celeba": f"{len(ROWS)}\n{' '.join(ATTRIBUTES)} \n"
    + "".join(f"{n}  {'  '.join(map(str, a))}\r\n" for n, (_, _, a) in ROWS.items()),
}
ROOMS = {"list_eval_partition": "Eval"}
SMALL = {"image_size": 8, "channels": 3}


def faces():
    return {n: encoded(smooth(shift=40 * i), "JPEG") for i, n in enumerate(ROWS)}


def write_archive(folder):
    with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
        for name, content in faces().items():
            archive.writestr(f"img_align_celeba/{name}", content)
    return folder / "img_align_celeba.zip"


def write_folder(folder, *inner):
    place = folder.joinpath(*inner)
    place.mkdir(parents=True, exist_ok=True)
    for name, content in faces().items():
        (place / name).write_bytes(content)


def write_lists(folder, rooms=None):
    for stem, text in LISTS.items():
        place = folder / (rooms or {}).get(stem, "")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{stem}.txt").write_text(text, newline="")


@pytest.fixture
def layouts(tmp_path):
    """Layout -> the path that a user gives; the lists are in or beside each."""
    places = {}
    for name in ("zip", "folder with zip", "Img", "extracted", "doubly", "kaggle"):
        places[name] = tmp_path / name
        places[name].mkdir()
    paths = dict(places)
    paths["zip"] = write_archive(places["zip"])
    write_archive(places["folder with zip"])
    (places["Img"] / "Img").mkdir()
    write_archive(places["Img"] / "Img")
    write_folder(places["extracted"], "img_align_celeba")
    paths["extracted"] = places["extracted"] / "img_align_celeba"
    write_folder(places["doubly"], "img_align_celeba", "img_align_celeba")
    write_folder(places["kaggle"], "img_align_celeba", "img_align_celeba")
    for name in ("zip", "folder with zip", "extracted"):
        write_lists(places[name])
    rooms = {stem: ROOMS.get(stem, "Anno") for stem in LISTS}
    write_lists(places["Img"], rooms)
    write_lists(places["doubly"], rooms)
    for stem, text in LISTS.items():
        rows = [line.split() for line in text.splitlines() if len(line.split()) > 1]
        if stem == "list_attr_celeba":
            rows[0] = ["image_id", *rows[0]]
        else:
            rows.insert(0, ["image_id", "value"])
        table = "\n".join(",".join(row) for row in rows)
        (places["kaggle"] / f"{stem}.csv").write_text(table)
    return paths


LAYOUTS = ("zip", "folder with zip", "Img", "extracted", "doubly", "kaggle")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_parts_filters_and_labels(samples, layouts, layout):
    path = str(layouts[layout])

    def found(**options):
        return samples("celeba", path=path, **SMALL, **options)

    whole = found()
    assert whole.count == 5 and whole.labels is None
    for part, places in (("train", [0, 1]), ("valid", [2]), ("test", [3, 4])):
        assert np.array_equal(found(split=part).images, whole.images[places])
    chosen = found(where={"Smiling": 1, "Bald": -1})
    assert np.array_equal(chosen.images, whole.images[[0, 3]])
    labelled = found(labels="Smiling")
    assert labelled.labels.tolist() == [1, 0, 1, 1, 0]
    assert labelled.classes == ("not Smiling", "Smiling")
    both = found(labels="Smiling+Male", split="test")
    assert both.classes[both.labels[0]] == "Smiling, Male"
    assert both.classes[both.labels[1]] == "not Smiling, not Male"
    persons = found(labels="identity")
    assert persons.classes == ("7", "8", "9")
    assert persons.labels.tolist() == [0, 2, 0, 1, 1]


def test_pictures_need_no_lists(samples, layouts):
    for list_ in layouts["zip"].parent.glob("*.txt"):
        list_.unlink()
    assert samples("celeba", path=str(layouts["zip"]), **SMALL).count == 5
    with pytest.raises(UsageError, match=r"`data.split` needs .*list_eval_partition"):
        samples("celeba", path=str(layouts["zip"]), split="train", **SMALL)


def test_lists_may_be_elsewhere_or_in_an_archive(samples, layouts, tmp_path):
    elsewhere = tmp_path / "lists"
    elsewhere.mkdir()
    for file in layouts["zip"].parent.glob("*.txt"):
        shutil.move(file, elsewhere / file.name)
    with zipfile.ZipFile(tmp_path / "lists.zip", "w") as archive:
        for file in elsewhere.iterdir():
            archive.write(file, f"Anno/{file.name}")
    for place in (elsewhere, tmp_path / "lists.zip"):
        options = {"annotations": str(place), "where": {"Bald": 1}}
        found = samples("celeba", path=str(layouts["zip"]), **SMALL, **options)
        assert found.count == 1


def test_a_picture_that_the_lists_do_not_know_is_left_out(samples, layouts):
    place = layouts["extracted"]
    (place / "999999.jpg").write_bytes(encoded(smooth(), "JPEG"))
    found = samples("celeba", path=str(place), split="train", **SMALL)
    assert found.count == 2
    assert found.left_out == {"999999.jpg": "list_eval_partition has no row for it"}


@pytest.mark.parametrize(
    "options, said",
    [
        (
            {"where": {"Smilng": 1}},
            r"`data.where`: .*Did you mean `Smiling`\? Known: B",
        ),
        ({"where": {"Smiling": 2}}, r"`data.where.Smiling` must be 1 or -1. Rec.*: 2"),
        ({"labels": "Smiling+Mle"}, r"`data.labels`: .*no Mle.*Did you mean `Male`"),
        ({"where": {"Bald": 1, "Smiling": -1}}, r"leave no picture of"),
    ],
)
def test_a_mistake_is_one_sentence(samples, layouts, options, said):
    with pytest.raises(UsageError, match=said):
        samples("celeba", path=str(layouts["zip"]), **SMALL, **options)


def test_a_damaged_list_is_one_sentence(samples, layouts):
    list_ = layouts["zip"].parent / "list_attr_celeba.txt"
    list_.write_text(LISTS["list_attr_celeba"].replace("  -1", "  one"))
    with pytest.raises(UsageError, match=r"list_attr_celeba is damaged"):
        samples("celeba", path=str(layouts["zip"]), where={"Bald": 1}, **SMALL)


def test_the_recipes_crop_is_read_from_the_official_archive(samples, data_dir):
    found = samples(
        "celeba",
        path=str(data_dir / "img_align_celeba.zip"),
        crop="178x178+0+15",
        resize="lanczos",
        image_size=128,
        channels=3,
        limit=20,
    )
    assert found.images.shape == (20, 128, 128, 3) and not found.left_out


@pytest.mark.full
def test_the_real_lists_choose_from_the_real_pictures(samples, data_dir, tmp_path):
    with zipfile.ZipFile(data_dir / "celeba_labels.zip") as archive:
        archive.extractall(tmp_path)
    (tmp_path / "faces").symlink_to(data_dir / "celeba_wild_178x218.zip")
    found = samples(
        "celeba",
        path=str(data_dir / "celeba_wild_178x218.zip"),
        annotations=str(tmp_path / "Anno"),
        where={"Male": 1, "Eyeglasses": 1},
        **SMALL,
    )
    assert found.count == 184  # as the data's own description says
