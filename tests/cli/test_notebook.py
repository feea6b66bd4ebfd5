"""What a verb does, as a notebook does it: functions in, objects out."""

import inspect
import json
import shutil

import numpy as np
import pytest
from PIL import Image

import gan_lab
from gan_lab import UsageError
from gan_lab.bench import benchmark
from gan_lab.cli.main import main
from gan_lab.system.listing import Listing
from tests.bench.test_bench import figures
from tests.conftest import TINY
from tests.pictures import PHOTO, encoded

pytestmark = pytest.mark.usefixtures("compiled_once")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with two runs; they were trained once, and differ in their place."""
    runs = tmp_path_factory.mktemp("runs")
    more = ("data.channels=3", "trainer.metrics=[swd]", "trainer.metric_samples=16")
    run = gan_lab.train(gan_lab.load_config(*TINY, *more, f"runs='{runs}'"))
    shutil.copytree(run.folder.path, runs / "other")
    return runs


@pytest.fixture
def run(runs):
    return next(runs.glob("dcgan-synthetic-bce/*"))


def test_samples_are_an_array_and_a_file_where_one_is_named(run, tmp_path):
    images = gan_lab.sample(run, count=5)
    assert images.dtype == np.uint8 and images.shape == (5, 16, 16, 3)
    chosen = gan_lab.sample(str(run), seeds=[3, 1], out=tmp_path / "two.png")
    assert np.array_equal(chosen, images[[3, 1]])
    assert [path.name for path in tmp_path.iterdir()] == ["two.png"]
    gan_lab.sample(run, count=2, out=tmp_path / "each")
    assert len([*(tmp_path / "each").iterdir()]) == 2
    sheet = gan_lab.sample(run, count=4, compare=True)
    assert sheet.ndim == 3 and sheet.shape[1] > 3 * 38


def test_a_walk_is_its_pictures(run, tmp_path):
    around = gan_lab.interpolate(run, points=3, steps=2)
    assert around.dtype == np.uint8 and around.shape == (6, 16, 16, 3)
    sheet = gan_lab.interpolate(run, points=3, steps=2, out=tmp_path / "walk.png")
    assert len(sheet) == 5 and np.array_equal(sheet[:4], around[:4])
    assert (tmp_path / "walk.png").is_file()


def test_neighbours_are_a_sheet(run, tmp_path):
    sheet = gan_lab.neighbours(run, count=2, near=3, out=tmp_path / "near.png")
    assert sheet.dtype == np.uint8 and sheet.shape[2] == 3
    with Image.open(tmp_path / "near.png") as picture:
        assert np.array_equal(np.asarray(picture), sheet)


def test_scores_are_a_table_and_are_kept_with_the_run(run):
    kept = (run / "scores.jsonl").read_text()
    found = gan_lab.evaluate(run, metrics=["swd"], samples=16, real_images=16)
    assert found[0].name == "swd"
    assert found[0].value > 0 and len(found) == len(found.cells)
    assert "16 samples of round 4 against 16 real images (train)" in found.notes
    assert "<td>swd</td>" in found._repr_html_() and "swd" in repr(found)
    assert len((run / "scores.jsonl").read_text()) > len(kept)


def test_scores_that_cannot_be_kept_are_not_lost(run, monkeypatch, capsys):
    def full(path, scores):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("gan_lab.artifacts.scores_jsonl.append", full)
    asked = {"metrics": ["swd"], "samples": 4, "real_images": 4}
    assert gan_lab.evaluate(run, **asked)[0].value > 0
    assert "the scores are shown, and not kept" in capsys.readouterr().out


def test_pictures_are_scored_against_data(tmp_path):
    for number in range(4):
        Image.fromarray(PHOTO + np.uint8(number)).save(tmp_path / f"{number}.png")
    found = gan_lab.evaluate(
        images=tmp_path, overrides=["data=synthetic"], metrics=["swd"]
    )
    assert found[0].round is None and found[0].protocol["samples"] == 4
    with pytest.raises(UsageError, match="`repeats` is for runs"):
        gan_lab.evaluate(images=tmp_path, overrides=["data=synthetic"], repeats=2)


def test_the_scores_of_each_checkpoint_come_one_by_one(run):
    asked = {"metrics": ["swd"], "samples": 4, "real_images": 4}
    rounds = [found[0].round for found in gan_lab.watch_scores(run, **asked)]
    assert rounds == [2, 4]


def test_a_diagnosis_is_a_table_of_findings(run):
    found = gan_lab.diagnose(run)
    assert [*found] == [] and "No finding in 4 rounds." in found.notes
    assert "<p>No finding in 4 rounds.</p>" in found._repr_html_()


def test_a_report_is_its_page(run, tmp_path):
    page = gan_lab.report(run, out=tmp_path / "page.html")
    assert page == tmp_path / "page.html" and "<html" in page.read_text()
    assert gan_lab.report(run) == run / "report.html"


def test_a_comparison_is_a_table_and_a_page_where_one_is_named(runs, run, tmp_path):
    found = gan_lab.compare([run, runs / "other"])
    assert found.page is None and "<td>rounds</td>" in found._repr_html_()
    assert {row.name: row.values for row in found}["rounds"] == (4, 4)
    found = gan_lab.compare([run, runs / "other"], out=tmp_path / "page.html")
    assert "<html" in found.page.read_text() and json.dumps(found.as_dict())


def test_a_leaderboard_is_a_table_with_a_page(runs):
    found = gan_lab.leaderboard(runs, score="swd")
    assert found.page == runs / "leaderboard.html" and found.page.is_file()
    assert [place.mean > 0 for place in found] == [True]
    assert "<th>swd (lower is better)</th>" in found._repr_html_()
    assert repr(found) == (runs / "leaderboard.md").read_text().rstrip()
    with pytest.raises(UsageError, match="`protocol`: no run has swd with samples=3"):
        gan_lab.leaderboard(runs, protocol={"samples": 3})


def test_a_replay_says_whether_it_is_the_same(run, tmp_path):
    found = gan_lab.replay(run, rounds=2, keep=tmp_path / "kept")
    assert found.identical and [*found] == [] and found.goal == 2
    assert (found.kept / "metrics.csv").is_file()
    assert "Identical, bit for bit, up to round 2." in found._repr_html_()


def test_a_benchmark_is_a_table_and_a_file_where_one_is_named(tmp_path, monkeypatch):
    place = {"processor": "p", "device": "CPU", "backend": "b", "b": "1"}

    def measured(row, seconds):
        return figures(batch=row.config.trainer.batch_size, environment=place)

    monkeypatch.setattr(benchmark, "measured", measured)
    asked = {"precisions": ["float32"], "out": tmp_path / "here.json"}
    found = gan_lab.benchmark(TINY, batches=[4, 8], **asked)
    assert [row["batch"] for row in found] == [4, 8]
    assert "<th>alternating, 8, float32</th>" in found._repr_html_()
    again = gan_lab.benchmark(TINY, against=tmp_path / "here.json", **asked)
    assert again.ratios[0]["rounds a second"] == 1
    assert "now / before" in repr(again)


def test_data_is_inspected_and_prepared(tmp_path):
    folder = tmp_path / "it's my, photos"
    folder.mkdir()
    for number in range(3):
        picture = encoded(np.roll(PHOTO, number, 0))
        (folder / f"{number}.png").write_bytes(picture)
    (folder / "broken.jpg").touch()
    size = "data.image_size=16"
    found = gan_lab.inspect_data(folder, overrides=[size], sheet=tmp_path / "all.png")
    assert found.files["used"] == 3 and "broken.jpg" in found.files["left_out"]
    assert found.sheet.dtype == np.uint8 and (tmp_path / "all.png").is_file()
    assert "<li>4 found: 3 used" in found._repr_html_()
    path = f'data.path="{folder}"'
    cache = tmp_path / "cache"
    asked = ["data=folder", path, size, f"data.cache='{cache}'"]
    samples = gan_lab.prepare_data(asked)
    assert samples.images[0].shape == (16, 16, 3) and "broken.jpg" in samples.left_out
    (prepared,) = found = gan_lab.list_data(cache=cache)
    assert prepared.count == 3 and "1 data sets" in repr(found)
    with pytest.raises(UsageError, match="`data clear`: nothing is not prepared"):
        gan_lab.clear_data("nothing", cache=cache)
    assert gan_lab.clear_data(prepared.folder.name, cache=cache) == prepared.bytes
    assert not gan_lab.list_data(cache=cache)


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda run: gan_lab.sample(run, count=0), "`count` must be at least 1"),
        (lambda run: gan_lab.sample(run, seeds=[]), "`count` must be at least 1"),
        (lambda run: gan_lab.sample(run, per_class=2), "`per_class` needs images with"),
        (lambda run: gan_lab.sample(run, generator="avg"), "average or last. Received"),
        (lambda run: gan_lab.interpolate(run, out="a.mp4"), "`out` must be a .gif or"),
        (lambda run: gan_lab.neighbours(run, seed=2**31), "`seed` must be below"),
        (lambda run: gan_lab.evaluate(run, real_images=1), "`real_images` must be at"),
        (lambda run: gan_lab.evaluate(run, extractor="vgg"), "lab, inception or eff"),
        (lambda run: gan_lab.evaluate(run, against="holdout"), "`against='holdout'`: "),
        (lambda run: gan_lab.evaluate(), "Either a run or `images` must be given"),
        (lambda run: gan_lab.replay(run, rounds=0), "`rounds` must be at least 1"),
        (lambda run: gan_lab.benchmark(batches=[0]), "`batches` must be whole numbers"),
        (lambda run: gan_lab.inspect_data(), "A path, or `data=NAME` as an override"),
    ],
)
def test_a_mistake_is_said_by_the_names_of_python(call, said, run):
    with pytest.raises(UsageError) as caught:
        call(run)
    assert said in str(caught.value) and "`--" not in str(caught.value)


PLACES = {  # verb -> the function that it calls, and what it must be told
    "sample": ("gan_lab.review.sample.sample", ["RUN"]),
    "interpolate": ("gan_lab.review.interpolation.interpolate", ["RUN"]),
    "neighbours": ("gan_lab.review.neighbours.neighbours", ["RUN"]),
    "report": ("gan_lab.review.report.report", ["RUN"]),
    "compare": ("gan_lab.review.comparison.compare", ["RUN"]),
    "doctor": ("gan_lab.review.diagnose.diagnose", ["RUN"]),
    "replay": ("gan_lab.review.replay.again.replay", ["RUN"]),
    "leaderboard": ("gan_lab.sweeps.leaderboard.leaderboard", ["RUN"]),
    "bench": ("gan_lab.bench.benchmark.benchmark", []),
}


BESIDE = ("out", "console", "asked")  # a verb writes a file, and says so


@pytest.mark.parametrize("verb", PLACES)
def test_a_verb_has_the_defaults_of_its_function(verb, monkeypatch):
    place, arguments = PLACES[verb]
    asked = {}

    def record(*given, **options):
        asked.update(options)
        raise UsageError("enough")

    name = place.rpartition(".")[2]
    function = getattr(gan_lab, name)
    monkeypatch.setattr(place, record)
    assert main([verb, *arguments]) == 2
    for parameter in inspect.signature(function).parameters.values():
        optional = parameter.kind is parameter.KEYWORD_ONLY
        if optional and parameter.name in asked and parameter.name not in BESIDE:
            given, usual = asked[parameter.name], parameter.default
            assert (given or None) == (usual or None), parameter.name


def test_a_listing_shows_what_strangers_named_as_text():
    found = Listing(["a", "b"], [["<b>"], ["1", "&"]], ["x"], ["<i>"])
    shown = found._repr_html_()
    assert "<b>" not in shown and "<i>" not in shown and "&amp;" in shown
    assert "<th colspan=2>&lt;b&gt;</th>" in shown
    assert repr(found).splitlines() == ["a  b", "<b>", "1  &", "<i>"]


FUNCTIONS = [
    *("benchmark", "clear_data", "compare", "diagnose", "evaluate", "inspect_data"),
    *("interpolate", "leaderboard", "neighbours", "prepare_data", "preview_data"),
    *("replay", "report", "sample", "watch_scores"),
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_says_what_it_takes_and_raises_and_shows_an_example(name):
    function = getattr(gan_lab, name)
    for part in ("Args:", "Raises:", "Example:", f"gan_lab.{name}("):
        assert part in function.__doc__
