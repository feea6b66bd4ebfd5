"""Runs beside each other: on the console, for machines, and on a page."""

import io
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import rich.console

from gan_lab import load_config, pictures
from gan_lab.artifacts import RunFolder
from gan_lab.artifacts.run_folder import dated
from gan_lab.artifacts.scores_jsonl import Score, append
from gan_lab.cli.main import main
from gan_lab.config.differences import plain
from gan_lab.review import comparison
from gan_lab.review.comparison import sides
from gan_lab.review.comparison.contests import contests, refusals
from gan_lab.review.comparison.page import _grid, _latents, _to_mind
from gan_lab.review.comparison.table import differing
from gan_lab.review.report import curves, drawing
from gan_lab.system.console import Console
from gan_lab.training.train import train
from tests.conftest import TINY
from tests.review.test_report import EVIL, Page, rows

pytestmark = pytest.mark.usefixtures("compiled_once")

HEAD = "round,seconds,speed/images_per_second,"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two small runs that differ in a learning rate and in the size of their grids."""
    runs = tmp_path_factory.mktemp("runs")
    base = (*TINY, "trainer.metric_samples=4", f"runs='{runs}'")
    other = ("optim.lr=1e-3", "trainer.samples=9", "name=fast")
    return [train(load_config(*base, *more)).folder.path for more in ((), other)]


@pytest.fixture
def begun(tmp_path):
    """A function that makes a run that has only begun, and where it is."""

    def make(name: str, latents=(4, 2), **known) -> RunFolder:
        config = plain(load_config(*TINY, f"name={name}"))
        zeros = np.zeros(latents, np.float32)
        return RunFolder.create(
            dated(tmp_path, name), "", {"config": config, **known}, zeros
        )

    return make


def said(capfd, *arguments) -> str:
    assert main(["compare", *map(str, arguments)]) == 0
    return capfd.readouterr().out


def line_of(text: str, name: str) -> list[str]:
    """The cells of a row."""
    (line,) = [line for line in text.splitlines() if line.strip().startswith(name)]
    return re.split(r"\s{2,}", line.strip())


def test_the_console_shows_what_differs_a_column_a_run(two, capfd):
    text = said(capfd, *two)
    assert line_of(text, "dcgan-") == ["dcgan-synthetic-bce", "fast"]
    assert line_of(text, "optim.lr") == ["optim.lr", "0.0002", "0.001"]
    assert line_of(text, "trainer.samples") == ["trainer.samples", "4", "9"]
    assert line_of(text, "rounds") == ["rounds", "4 of 4", "4 of 4"]
    assert line_of(text, "best checkpoint")[1].endswith(" by swd")
    places = [cell[:2] for cell in line_of(text, "swd (lower is better)")[1:]]
    assert sorted(places) == ["1.", "2."]
    for same in ("optim.beta_1", "tensorflow", "SHA-256"):
        assert same not in text


def test_the_console_needs_neither_the_extra_nor_tensorflow(two, tmp_path):
    program = (
        "import sys; sys.modules |= dict.fromkeys(('jinja2', 'matplotlib'));"
        "from gan_lab.cli.main import main; main(sys.argv[1:]);"
        "print([m for m in ('tensorflow', 'keras') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "compare", *map(str, two)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    assert "optim.lr" in done.stdout and not list(tmp_path.iterdir())


def test_a_machine_reads_the_same_as_json(two, capfd):
    found = json.loads(said(capfd, *two, "--json"))
    assert [run["label"] for run in found["runs"]] == ["dcgan-synthetic-bce", "fast"]
    assert found["configuration"]["optim.lr"] == [0.0002, 0.001]
    assert found["how far"]["rounds"] == [4, 4]
    assert sorted(found["scores"]["swd (lower is better)"]["places"]) == [1, 2]
    assert found["not ranked"] == [] and "environment" not in found


def test_environment_data_and_how_a_run_ended_are_compared(two, tmp_path, capfd):
    copy = RunFolder(shutil.copytree(two[0], tmp_path / "copy"))
    known = copy.facts()["environment"]
    copy.state(environment=known | {"threads": 64}, data="0" * 64, git_revision="f00d")
    copy.finish("failed", "it broke", 1)
    text = said(capfd, two[0], copy.path)
    assert line_of(text, "threads")[1:] == [str(known["threads"]), "64"]
    assert line_of(text, "git_revision")[2] == "f00d"
    assert line_of(text, "SHA-256")[2] == "0" * 16
    assert line_of(text, "status")[1:] == ["finished", "failed"]


def test_a_run_from_before_a_key_is_compared_by_the_default_of_it(begun):
    runs = [begun("a"), begun("b"), begun("c")]
    whole = runs[1].facts()["config"]
    trainer = {k: v for k, v in whole["trainer"].items() if k != "keep"}
    loss = {k: v for k, v in whole["loss"].items() if k != "penalty"}
    runs[1].state(config=whole | {"trainer": trainer, "loss": loss})
    more = {"name": "c", "trainer": trainer | {"keep": 5}}
    runs[2].state(config=whole | more)
    usual, before, other = (run.config for run in sides(run.path for run in runs))
    assert [row.name for row in differing([usual, before])] == ["name"]
    found = {row.name: row.values for row in differing([before, other])}
    assert found == {"name": ("b", "c"), "trainer.keep": (3, 5)}
    assert list(before) == list(whole)


def test_runs_of_one_name_are_told_apart_by_when_they_began(two, tmp_path):
    later = shutil.copytree(two[0], tmp_path / "20300101-000000")
    labels = [side.label for side in sides([two[0], later])]
    assert labels == [f"dcgan-synthetic-bce {p.name}" for p in (two[0], later)]
    twin = shutil.copytree(two[0], tmp_path / "twin" / two[0].name)
    assert [side.label for side in sides([two[0], twin])] == [str(two[0]), str(twin)]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["RUN"], "`compare` takes 2 to 12 runs. Received: 1"),
        (["RUN"] * 13, "`compare` takes 2 to 12 runs. Received: 13"),
        (["RUN", "/nowhere"], "/nowhere is not a run folder"),
        (["RUN", "RUN"], "is given more than once"),
        (["RUN", "RUN", "--out", "a.pdf"], "`--out` must be a .html file"),
        ([], "gan_lab compare: .*required: runs"),
    ],
)
def test_a_mistake_is_one_line(two, capfd, arguments, message):
    given = [str(two[0]) if a == "RUN" else a for a in arguments]
    assert main(["compare", *given]) == 2
    text = capfd.readouterr().err
    assert re.search(message, text) and text.count("\n") == 1


def test_a_missing_library_is_named_before_anything_is_read(two, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["compare", *map(str, two), "--out", "a.html"]) == 2
    assert "`compare --out` needs matplotlib" in capfd.readouterr().err


def test_keys_are_dotted_in_their_groups_and_one_that_is_not_there_shows():
    found = differing(
        [
            {"model": {"name": "a"}, "data": {"path": None, "where": {}}, "seed": 1},
            {"model": {"name": "b", "width": 4}, "data": {"path": "x"}, "seed": 1},
            {"model": {"name": "b"}, "data": {"where": {"Male": -1}}, "seed": 1},
        ]
    )
    assert {row.name: row.texts for row in found} == {
        "model.name": ("a", "b", "b"),
        "model.width": ("-", "4", "-"),
        "data.path": ("null", "x", "-"),
        "data.where.Male": ("-", "-", "-1"),
    }
    assert [row.name for row in found][1] == "model.width"


def score(value: float, name: str = "swd", round: int = 1, **protocol) -> Score:
    return Score(name, value, name == "recall", protocol, round)


def test_runs_are_ranked_by_their_best_where_protocols_are_equal():
    few, more = {"samples": 100}, {"samples": 500}
    found = contests(
        [
            [score(3.0, **few), score(1.0, round=2, **few), score(9.0, "recall")],
            [score(2.0, **few), score(9.5, "recall")],
            [score(0.1, **more), score(9.0, "recall"), score(5.0, "swd/64")],
        ]
    )
    recall, shared, alone = found
    assert (recall.title, recall.places) == ("recall", [2, 1, 2])
    assert (shared.title, shared.ranked, shared.places) == ("swd", True, [1, 2, None])
    assert shared.best[0].round == 2
    assert (alone.ranked, alone.places) == (False, [None] * 3)
    assert [group and group.scores[0].value for group in alone.groups] == [
        None,
        None,
        0.1,
    ]
    assert refusals(found) == []  # nobody else is left to rank the third against


def test_a_score_that_is_no_number_has_no_rank():
    (contest,) = contests([[score(v)] for v in (np.nan, 2.0, 1.0)])
    assert contest.places == [None, 2, 1]


def test_runs_whose_protocols_differ_are_not_ranked_and_it_is_said():
    both = [[score(3.0, samples=s), score(1, "mmd", samples=s)] for s in (10, 20)]
    found = contests(both)
    assert [contest.ranked for contest in found] == [False, False]
    assert refusals(found) == [
        "Not ranked: mmd, swd, whose protocols differ in samples."
    ]


def test_two_ways_that_runs_share_are_two_contests():
    both = [[score(v, samples=s) for s in (10, 20)] for v in (1.0, 2.0)]
    titles = [contest.title for contest in contests(both)]
    assert titles == ["swd, samples 10", "swd, samples 20"]
    both = [[score(1.0, options={"a long one": s}) for s in (1, 2)]] * 2
    assert len({contest.title for contest in contests(both)}) == 2


@pytest.fixture(scope="module")
def written(two, tmp_path_factory):
    """The page of the two runs."""
    out = tmp_path_factory.mktemp("page") / "compare.html"
    assert main(["compare", *map(str, two), "--out", str(out)]) == 0
    return out


def test_a_page_is_well_formed_and_needs_nothing_from_outside(written):
    text = written.read_text(encoding="utf-8")
    page = Page(text)
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        for name in ("src", "href", "xlink:href"):
            target = attributes.get(name, "#" + ids[0])
            assert target.startswith("data:image/png;base64,") or target[1:] in ids
    assert "url(http" not in text and "@import" not in text
    (script,), (policy, *_) = page.all("script"), page.all("meta")[1:]
    assert script == {} and "default-src 'none'" in policy["content"]
    assert not any(colour in text for colour in drawing.COLOURS.values())


def test_a_page_has_differences_curves_samples_and_findings(written):
    page = Page(written.read_text(encoding="utf-8"))
    for part in (
        "Comparison of 2 runs",
        "dcgan-synthetic-bce and fast",
        "optim. lr 0.0002 0.001",
        "loss/generator",
        "minutes",
        "The same 4 latents in the same places.",
        "fast , round 4",
        "dcgan-synthetic-bce:",
    ):
        assert part in page.text, part
    charts = [a["aria-label"] for a in page.all("div") if a.get("role") == "img"]
    assert "loss/generator of 2 runs by images seen" in charts
    assert len(page.all("img")) == 2 and all(i["alt"] for i in page.all("img"))
    assert len([a for a in page.all("td") if a.get("class") == "first"]) >= 2


def test_grids_of_different_sizes_show_the_samples_that_all_runs_have(two):
    small, large = sides(two)
    shown = [_grid(side, [small, large]) for side in (small, large)]
    sheets = [pictures.read_png(side.folder.grids()[-1]) for side in (small, large)]
    assert sheets[0].shape != sheets[1].shape
    assert shown[0][1] != shown[1][1] and shown[0][0] == "round 4"
    nine = pictures.cells(sheets[1], 16, 16, total=9, count=9)
    assert (pictures.grid(nine) == sheets[1]).all()
    assert len(shown[1][1]) < 2 * len(shown[0][1])


def test_other_latents_are_said_to_be_others(begun, two):
    text = _latents(sides([two[0], begun("odd").path]))
    assert "The latents of odd are not those of dcgan-synthetic-bce" in text
    lost = begun("lost")
    (lost.path / "latents.npy").write_bytes(b"half")
    assert _latents(sides([two[0], lost.path])) == (
        "Whether they were drawn from the same latents is not known."
    )


def test_runs_that_have_only_begun_have_a_page(begun, tmp_path, capfd):
    folders = [begun(name).path for name in "abcdefghijkl"]
    out = tmp_path / "a.html"
    text = said(capfd, *folders, "--out", out)
    assert line_of(text, "rounds") == ["rounds", *["0 of 4"] * 12]
    page = Page(out.read_text())
    assert "Nothing is logged yet." in page.text and "a, no grid yet" not in page.text
    assert page.text.count("no grid yet") == 12
    keys = [a["class"] for a in page.all("span") if "key" in a.get("class", "")]
    assert len(set(keys)) == 12  # a colour and a dash tell them apart


def test_curves_of_different_losses_and_protocols_are_not_to_be_compared(
    begun,
):
    runs = [begun("a"), begun("b")]
    config = runs[1].facts()["config"]
    runs[1].state(config=config | {"loss": {"name": "hinge", "penalty": {}}}, data="b")
    for samples, run in enumerate(runs):
        columns = f"{HEAD}loss/generator,score/swd,samples/spread,logits/real"
        run.metrics.write_text(f"{columns}\n2,1,8,0.5,3,1,0\n4,2,8,0.4,2,1,0\n")
        append(run.scores, [score(2.0, samples=samples, checkpoint="round")])
    found = sides(run.path for run in runs)
    minded = {name: _to_mind(name, found) for name in curves.logged(found[0].rows)}
    assert "different losses" in minded["loss/generator"]
    assert "in different ways" in minded["score/swd"]
    assert "different images" in minded["samples/spread"]
    assert minded["logits/real"] == ""


def test_what_comes_from_a_folder_is_escaped(begun, tmp_path):
    runs = [begun("a"), begun("b", reason=EVIL, environment={EVIL: EVIL}, classes={})]
    evil = runs[1]
    config = evil.facts()["config"]
    evil.state(config=config | {"name": EVIL, EVIL: EVIL})
    evil.metrics.write_text(f"{HEAD}a/{EVIL}\n5,1,8,0.5\n6,2,8,1\n")
    append(evil.scores, [score(1.0, EVIL, **{EVIL: EVIL})])
    comparison.write(sides(run.path for run in runs), tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text()
    assert len(Page(text).all("script")) == 1
    assert EVIL not in text and text.count("&lt;script") > 8


def test_an_overlay_has_a_colour_a_run_and_dashes_after_six():
    known = curves.logged(rows(3))["loss/generator"]
    axis, *_ = curves.axes(rows(3), 1)
    svg = drawing.overlay([(number, known, axis) for number in range(7)], "a")
    assert all(f"var(--run{number})" in svg for number in range(1, 7))
    assert svg.count("stroke-dasharray") == 1


def test_a_narrow_terminal_gets_its_columns_in_several_tables():
    console, screen = Console(), io.StringIO()
    console.rich = rich.console.Console(file=screen, width=50, force_terminal=True)
    console.table(["", "one", "two", "three"], [["part"], ["key", "[b]1", "2", "3"]])
    plain = re.sub(r"\x1b\[[\d;]*m", "", screen.getvalue())
    assert plain.count("part") == 2 and "[b]1" in plain
    first, second = plain.split("three")
    assert "one" in first and "two" in first and "3" in second
    assert max(map(len, plain.splitlines())) <= 50


def test_a_browser_shows_the_page_and_complains_of_nothing(written, browse, tmp_path):
    seen = browse(written, "--dump-dom")
    assert "CONSOLE" not in seen.stderr and "Comparison of 2 runs" in seen.stdout
    shot = tmp_path / "shot.png"
    browse(written, f"--screenshot={shot}")
    assert len(np.unique(pictures.read_png(shot).reshape(-1, 3), axis=0)) > 50
