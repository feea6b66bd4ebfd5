"""`python -m gan_lab data`: inspect, prepare, preview, list, clear."""

import json

import numpy as np
import pytest
from PIL import Image

from gan_lab.cli.main import main
from tests.pictures import PHOTO, encoded


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder with a cache of its own, and `photos` with three pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAN_LAB_CACHE", str(tmp_path / "cache"))
    photos = tmp_path / "my, photos"
    for name in ("a", "b"):
        (photos / name).mkdir(parents=True)
        (photos / name / "1.png").write_bytes(encoded(np.roll(PHOTO, ord(name), 0)))
    (photos / "b" / "broken.jpg").write_bytes(b"")
    return photos


def said(capfd, *arguments):
    code = main(["data", *arguments])
    output = capfd.readouterr()
    return code, output.out, output.err


def test_what_is_prepared_is_listed_and_can_be_cleared(here, capfd):
    code, out, _ = said(
        capfd, "prepare", "data=folder", f"data.path={here}", "data.image_size=16"
    )
    assert code == 0
    assert "1 picture is left out, b/broken.jpg" in out
    assert "2 images of 16x16x3 are ready" in out
    code, out, _ = said(capfd, "list")
    assert code == 0 and "2 images of 16x16x3" in out and str(here) in out
    code, out, _ = said(capfd, "list", "--json")
    (entry,) = json.loads(out)["entries"]
    assert entry["count"] == 2 and entry["whole"] and entry["bytes"] > 2 * 16 * 16 * 3
    name = entry["folder"].rpartition("/")[2]
    assert said(capfd, "clear", name)[0] == 0
    assert "0 data sets" in said(capfd, "list")[1]


def test_another_cache_can_be_named(here, capfd, tmp_path):
    other = f"data.cache={tmp_path / 'other, cache'}"
    code, _, _ = said(capfd, "prepare", "data=folder", f"data.path={here}", other)
    assert code == 0
    assert "0 data sets" in said(capfd, "list")[1]
    assert "1 data sets" in said(capfd, "list", other)[1]
    assert said(capfd, "clear", "--all", other)[0] == 0
    assert "0 data sets" in said(capfd, "list", other)[1]


def test_inspecting_tells_what_is_there_and_draws_a_sheet(here, capfd, tmp_path):
    code, out, _ = said(capfd, "inspect", str(here), "data.image_size=16")
    assert code == 0 and "b/broken.jpg" in out and "16x16" in out
    with Image.open(tmp_path / "contact_sheet.png") as sheet:
        assert sheet.mode == "RGB" and min(sheet.size) >= 16
    assert not (tmp_path / "cache").exists()


def test_a_preview_has_a_row_of_images_and_one_of_each_draw(here, capfd, tmp_path):
    line = ("preview", "data=synthetic", "data.image_size=16", "augment=diffaugment")
    code, out, _ = said(capfd, *line, "--count", "4", "--draws", "2")
    assert code == 0 and "4 images, and 2 draws of each: preview.png" in out
    with Image.open(tmp_path / "preview.png") as sheet:
        assert sheet.size == (4 * 18 + 2, 3 * 18 + 2)
    code, _, err = said(capfd, *line[:3])
    assert code == 2 and "`augment=none` changes no image" in err


def test_inspecting_for_machines_prints_json_and_nothing_else(here, capfd, tmp_path):
    sheet = tmp_path / "sheet.png"
    code, out, _ = said(
        capfd,
        *("inspect", "data.labels=folder", "--json", str(here), "--sheet", str(sheet)),
    )
    facts = json.loads(out)
    assert code == 0 and sheet.is_file()
    assert "b/broken.jpg" in json.dumps(facts)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            [],
            "`data` needs to know what to do. Known: inspect, prepare, preview, list, ",
        ),
        (["lst"], "`data lst`: there is no such action. Did you mean `list`?"),
        (["clear"], "data clear: give the names"),
        (["clear", "nothing"], "`data clear`: nothing is not prepared"),
        (["list", "seed=1"], "Only data.cache=FOLDER can be given here"),
        (["prepare", "data=foldr"], "`data=foldr`: there is no such option"),
        (["prepare", "data=folder"], "`data.path` must be given"),
        (["inspect"], "data inspect: "),
        (["inspect", "/nowhere"], "`data.path`: there is no /nowhere"),
        (["inspect", ".", "--sheet", "sheet.gif"], "`--sheet` must be a .png file"),
    ],
)
def test_a_mistake_is_one_line_with_exit_code_two(here, capfd, arguments, message):
    code, out, err = said(capfd, *arguments)
    assert code == 2 and not out
    assert message in err and err.count("\n") == 1
