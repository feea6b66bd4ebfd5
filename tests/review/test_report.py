"""The report: what it says, that it can be trusted, and how it looks in a browser."""

import html.parser
import shutil
import sys

import numpy as np
import pytest

from gan_lab import load_config, pictures
from gan_lab.artifacts import RunFolder
from gan_lab.artifacts.run_folder import dated
from gan_lab.artifacts.scores_jsonl import Score, append
from gan_lab.cli.main import main
from gan_lab.config.differences import plain
from gan_lab.doctor.diagnose import Finding
from gan_lab.review import report
from gan_lab.review.report import Sheets, choices, curves, drawing, facts, film, ranking
from gan_lab.review.report.page import verdict
from gan_lab.review.report.sheets import compared, neighbours
from gan_lab.system.console import Console
from gan_lab.training.load import load_run
from gan_lab.training.train import train
from tests.conftest import TINY

pytestmark = pytest.mark.usefixtures("compiled_once")

VOID = {"meta", "img", "input", "br", "wbr", "link", "hr"}
EVIL = "<script>alert(1)</script>"


class Page(html.parser.HTMLParser):
    """A page's elements; every one that is opened is closed in its order."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.elements, self.words = [], [], []
        self.feed(text)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]


def rows(count: int = 5, **columns) -> list[dict]:
    fixed = {"loss/generator": 1.0, "speed/images_per_second": 8.0}
    return [
        {"round": 10 * n, "seconds": 2.0 * n, **fixed}
        | {name: value(n) for name, value in columns.items()}
        for n in range(1, count + 1)
    ]


@pytest.fixture
def folder(tmp_path):
    """A run that has only begun."""

    def make(**known) -> RunFolder:
        config = plain(load_config(*TINY))
        latents = np.zeros((4, 2), np.float32)
        return RunFolder.create(
            dated(tmp_path, "run"), "", {"config": config, **known}, latents
        )

    return make


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small finished run, whose path Hydra and a shell have to be told with care."""
    runs = tmp_path_factory.mktemp("its runs")
    finished = train(load_config(*TINY, f"runs='{runs}'")).folder
    finished.event("resume", round=2, overrides=["optim.lr=1e-3"])
    return finished.path


@pytest.fixture(scope="module")
def written(run):
    """The report of that run."""
    assert main(["report", str(run)]) == 0
    return run / "report.html"


def test_a_page_is_well_formed_and_needs_nothing_from_outside(written):
    page = Page(written.read_text(encoding="utf-8"))
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        for name in ("src", "href", "xlink:href"):
            target = attributes.get(name, "#" + ids[0])
            assert target.startswith("data:image/png;base64,") or target[1:] in ids
    assert "url(http" not in written.read_text() and "@import" not in page.text
    assert all(image["alt"] for image in page.all("img"))
    (script,), (policy, *_) = page.all("script"), page.all("meta")[1:]
    assert script == {} and "default-src 'none'" in policy["content"]


def test_a_page_says_what_was_run_and_what_came_out(written, run):
    page = Page(written.read_text(encoding="utf-8"))
    for said in (
        "dcgan-synthetic-bce",
        "finished all 4 rounds are played",
        "model.width 32 4",
        "trainer.batch_size 64 4",
        "python -m gan_lab data=synthetic",
        "python -m gan_lab resume RUN optim.lr=1e-3",
        "tensorflow",
        "resume overrides: optim.lr=1e-3",
        "Last: the generator as trained, round 4",
        "Average: its moving average, round 4",
        "Interpolation Each row",
        "Neighbours Each row",
        "images seen 16",
        "share of scoring",
    ):
        assert said in page.text
    assert not list(run.glob(".*report*"))


def test_the_same_run_has_the_same_page(run, written, tmp_path):
    assert main(["report", str(run), "--out", str(tmp_path / "again.html")]) == 0
    assert (tmp_path / "again.html").read_bytes() == written.read_bytes()


def test_a_run_that_has_only_begun_has_a_page(folder, capfd):
    begun = folder()
    assert main(["report", str(begun.path)]) == 0
    page = Page((begun.path / "report.html").read_text())
    for said in (
        "interrupted its process ended",
        "nothing to look at yet",
        "Nothing is logged yet.",
        "No grid of samples is saved.",
        "There are none.",
    ):
        assert said in page.text


def test_what_comes_from_a_folder_is_escaped(folder, tmp_path):
    evil = folder(
        reason=EVIL,
        left_out={EVIL: EVIL},
        classes={EVIL: 1},
        argv=["gan_lab", EVIL],
        environment={EVIL: EVIL},
        git_revision=EVIL,
    )
    evil.state(config=evil.facts()["config"] | {"name": EVIL})
    evil.event(EVIL, round=3, **{EVIL: [EVIL]})
    table = [f"round,seconds,speed/images_per_second,a/{EVIL}", "5,1,8,0.5", "6,2,8,1"]
    evil.metrics.write_text("\n".join(table) + "\n")
    append(evil.scores, [Score(EVIL, 1.0, True, {EVIL: EVIL}, time=EVIL)])
    sheet = np.zeros((2, 2, 1), np.uint8)
    report.write(evil, tmp_path / "a.html", [Sheets(EVIL, EVIL, {EVIL: sheet})])
    text = (tmp_path / "a.html").read_text()
    assert len(Page(text).all("script")) == 1
    assert EVIL not in text and text.count("&lt;script&gt;") > 20


def test_a_missing_library_is_named_with_what_installs_it(run, monkeypatch, capfd):
    for library in ("jinja2", "matplotlib"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, library, None)
            assert main(["report", str(run)]) == 2
        said = capfd.readouterr().err
        assert f"`report` needs {library}" in said
        assert 'pip install "keras-gan-lab[report]"' in said


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["/nowhere"], "is not a run folder"),
        (["RUN", "--out", "a.pdf"], "`--out` must be a .html"),
        (["RUN", "--out", "no/such.html"], "in a folder that exists"),
    ],
)
def test_a_mistake_is_one_line(run, capfd, arguments, message):
    assert main(["report", *(str(run) if a == "RUN" else a for a in arguments)]) == 2
    said = capfd.readouterr().err
    assert message in said and said.count("\n") == 1


def test_training_pictures_that_are_gone_or_others_are_said_to_be(tiny, tmp_path):
    images, draw = tmp_path / "images.npy", np.random.default_rng(0)

    def text() -> str:
        np.save(images, draw.integers(0, 256, (8, 16, 16, 1), np.uint8))
        return neighbours(run, Console()).text

    draw_again = draw.bit_generator.state
    np.save(images, draw.integers(0, 256, (8, 16, 16, 1), np.uint8))
    run = train(tiny("data=array", f"data.path='{images}'"))
    assert "are not what they were" in text()
    draw.bit_generator.state = draw_again
    assert "Each row begins with a sample" in text()
    images.unlink()
    assert "cannot be had: `data.path`" in neighbours(run, Console()).text


def test_a_page_of_a_run_without_scores_says_so(tiny, tmp_path):
    path = train(tiny("trainer.metrics=[]")).folder.path
    out = tmp_path / "report.html"
    assert main(["report", str(path), "--out", str(out)]) == 0
    said = Page(out.read_text(encoding="utf-8")).text
    assert "None is measured." in said
    assert "No score says which checkpoint is best." in said


def test_the_best_checkpoint_is_beside_the_last(tiny):
    path = train(tiny()).folder.path
    run = load_run(path)
    shutil.rmtree(path / "checkpoints" / "000004")
    run.judgement.best = {f"score/{run.metric}": {"value": 1.0, "round": 2}}
    run.save()
    last, average, best = compared(load_run(path), RunFolder(path), Console()).pictures
    assert last.startswith("Last:") and average.startswith("Average:")
    assert best == "Best: by swd, round 2"
    shutil.rmtree(path / "checkpoints" / "000002")
    assert (
        "no checkpoint of round 2"
        in compared(load_run(path), RunFolder(path), Console()).text
    )


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("loss=wgan_gp", "optim.lr=1e-4"),
        ("loss=hinge", "loss/penalty=r1", "loss.penalty.weight=5"),
        ("loss/terms=[lecam,consistency]", "loss.terms.lecam.weight=2"),
        ("loss=wgan_gp", "loss/penalty=none"),
        ("experiment=faces_128", "data.path=null"),
        ("data.crop=178x178+0+15", 'name="a b"', "runs='it\\'s C:\\new\\\\'"),
        ("imports=[json,pathlib]", "runs='null'", "trainer.jit=true", "seed=3"),
    ],
)
def test_the_differences_from_the_defaults_make_the_configuration(overrides):
    config = plain(load_config(*overrides))
    changed = choices.changes(config)
    assert plain(load_config(*choices._overrides(changed))) == config
    assert len(changed) < 25


def test_the_command_is_quoted_for_a_shell():
    (said,) = choices.commands({"argv": ["gan_lab", "runs=my runs"]}, [], {})
    assert said == "python -m gan_lab 'runs=my runs'"


def test_parts_that_are_not_here_do_not_prevent_a_page(folder, tmp_path):
    begun = folder()
    config = begun.facts()["config"]
    lost = {"imports": ["no_such_parts"], "model": config["model"] | {"name": "lost"}}
    begun.state(config=config | lost)
    report.write(begun, tmp_path / "a.html", [])
    page = Page((tmp_path / "a.html").read_text())
    assert "cannot be composed here: `model=lost`: there is no such option" in page.text


def test_curves_are_drawn_room_by_room_and_pairs_together():
    names = ("own/thing", "logits/real", "loss/discriminator", "score/fid")
    found = curves.charts(rows(**dict.fromkeys(names, float)))
    assert [chart.title for chart in found] == [
        "score/fid",
        "Losses",
        "Logits",
        "speed/images_per_second",
        "own/thing",
    ]
    losses = found[1].curves
    assert [c.name for c in losses] == ["loss/discriminator", "loss/generator"]


def test_a_score_has_its_best_and_what_is_not_finite_is_no_point():
    values = {1: 3.0, 2: 1.0, 3: 2.0, 4: np.nan, 5: np.inf}
    fid, *_ = curves.charts(rows(**{"score/fid": values.get}))
    (curve,) = fid.curves
    assert curve.rounds.tolist() == [10, 20, 30] and curve.best == 1
    assert curves.charts(rows(2))[0].curves[0].best is None


def test_places_on_the_three_axes():
    rounds = np.array([0.0, 15.0, 50.0])
    by = {axis.name: axis.place(rounds) for axis in curves.axes(rows(), 32)}
    assert by["rounds"].tolist() == [0, 15, 50]
    assert by["images seen"].tolist() == [0, 480, 1600]
    assert np.allclose(by["minutes"], [0, 3 / 60, 10 / 60])


def test_a_drawing_stays_small_however_long_the_run():
    long = rows(20000, **{"loss/discriminator": lambda n: np.sin(n / 9)})
    axis, *_ = curves.axes(long, 1)
    losses, *_ = curves.charts(long)
    svg = drawing.draw(losses, axis, [300, 900], "a")
    assert len(svg) < 80_000 and "http" not in svg.replace("http://www.w3.org", "")
    assert not any(colour in svg for colour in drawing.COLOURS.values())


@pytest.mark.parametrize(
    "place, said", [(0, "0"), (0.5, "0.5"), (1500, "1.5k"), (2e6, "2M"), (250, "250")]
)
def test_places_are_said_shortly(place, said):
    assert drawing._short(place) == said


def score(value: float, repeats: int = 1, name: str = "fid", **protocol) -> Score:
    return Score(name, value, name != "fid", protocol, repeats=repeats)


def test_scores_are_ranked_where_their_protocols_are_equal():
    few, more = {"samples": 100, "seed": 0}, {"samples": 500, "seed": 0}
    found = ranking.groups(
        [
            score(3.0, **few),
            score(0.5, name="recall"),
            score(2.0, **more),
            score(1.0, **few),
            score(0.7, name="recall"),
            score(0.1, repeats=3, **few),
        ]
    )
    values = [[s.value for s in group.scores] for group in found]
    assert values == [[1.0, 3.0], [2.0], [0.1], [0.7, 0.5]]
    assert ranking.refusals(found) == [
        "fid was measured in 3 ways, which are not ranked against each other: they "
        "differ in repeats, samples."
    ]


def test_a_page_ranks_no_scores_of_different_protocols(folder, tmp_path):
    begun = folder()
    append(begun.scores, [score(2.0, samples=100), score(1.0, samples=500)])
    report.write(begun, tmp_path / "a.html", [])
    page = Page((tmp_path / "a.html").read_text())
    assert "not ranked against each other: they differ in samples" in page.text
    assert not [a for a in page.all("tr") if a.get("class") == "winner"]
    append(begun.scores, [score(1.5, samples=500)])
    report.write(begun, tmp_path / "a.html", [])
    page = Page((tmp_path / "a.html").read_text())
    assert len([a for a in page.all("tr") if a.get("class") == "winner"]) == 1


def test_the_verdict_is_one_line():
    ill = Finding("modes lost", 120, "so it is", "do this", ("a=b",))
    assert verdict([], []) == "there is nothing to look at yet."
    assert verdict([], rows()) == "no finding."
    assert verdict([ill], rows()) == "1 finding: modes lost, since round 120."
    assert verdict([ill, ill], rows()).startswith("2 findings, the first of them: ")


def test_findings_are_on_the_page(folder, tmp_path, monkeypatch):
    ill = Finding("modes lost", 120, "It fell to 0.1.", "Try this.", ("a.b=c", "d=e"))
    monkeypatch.setattr("gan_lab.review.report.page.diagnose", lambda *given: [ill])
    report.write(folder(), tmp_path / "a.html", [])
    page = Page((tmp_path / "a.html").read_text())
    said = "modes lost since round 120 It fell to 0.1. Try this. To try: a.b=c d=e"
    assert said in page.text


def test_cost_counts_images_of_every_critic_step():
    config = {"trainer": {"batch_size": 8, "critic_steps": 5}}
    summary = {"peak_memory_bytes": 2**31}
    lines = facts.cost({"config": config}, rows(4), summary)
    assert lines["images seen"] == "1,600" and lines["peak memory"] == "2.00 GiB"
    assert facts.cost({"config": config}, [], {}) == {}


@pytest.mark.parametrize(
    "seconds, said", [(4, "4 s"), (59.9, "60 s"), (3570, "1 h 00 min"), (90, "2 min")]
)
def test_durations_are_said_shortly(seconds, said):
    assert facts.clock(seconds) == said


def grids(path, count: int) -> list:
    files = [path / f"{n:06d}.png" for n in range(count)]
    for file in files:
        pictures.write_png(file, np.zeros((4, 4, 1), np.uint8))
    return files


def test_a_film_is_short_enough_and_ends_with_the_last_grid(tmp_path, monkeypatch):
    found = grids(tmp_path, 150)
    assert [f.round for f in film.frames(found)] == [*range(2, 150, 3)]
    assert [f.round for f in film.frames(found[:3])] == [0, 1, 2]
    assert film.frames([]) == []
    monkeypatch.setattr(film, "FILM_BYTES", 10 * found[0].stat().st_size)
    assert len(few := film.frames(found)) <= 10 and few[-1].round == 149
    monkeypatch.setattr(film, "FILM_BYTES", 1)
    assert [f.round for f in film.frames(found)] == [149]


def test_a_browser_shows_the_page_and_complains_of_nothing(written, browse, tmp_path):
    from PIL import Image

    seen = browse(written, "--dump-dom")
    assert "CONSOLE" not in seen.stderr
    (controls,) = [a for a in Page(seen.stdout).all("div") if is_controls(a)]
    assert "hidden" not in controls  # the script has run
    shot = tmp_path / "shot.png"
    browse(written, f"--screenshot={shot}")
    with Image.open(shot) as picture:
        assert len(picture.convert("RGB").getcolors(2**24)) > 50


def is_controls(attributes: dict) -> bool:
    return attributes.get("class") == "controls"


def test_the_slider_shows_the_grid_it_points_at(written, browse, tmp_path):
    text = written.read_text(encoding="utf-8")
    policy, _, _ = text.partition('<meta name="viewport"')[0].rpartition("<meta")
    move = (
        "<script>const range = document.querySelector('.film input');"
        "range.value = 0; range.dispatchEvent(new Event('input'));</script></body>"
    )
    moved = tmp_path / "moved.html"
    rest = text[text.index('<meta name="viewport"') :]
    moved.write_text(policy + rest.replace("</body>", move), encoding="utf-8")
    shown = Page(browse(moved, "--dump-dom").stdout)
    film = [a for a in shown.all("img") if a["alt"].startswith("Samples of round")]
    assert ["hidden" in frame for frame in film] == [False, True, True]
    assert "Samples of round 0" in shown.text


def test_the_axis_is_switched_without_a_script(written, browse, tmp_path):
    text = written.read_text(encoding="utf-8").replace('id="by1" checked', 'id="by1"')
    by_minutes = tmp_path / "minutes.html"
    by_minutes.write_text(text.replace('id="by3"', 'id="by3" checked'))
    shots = [tmp_path / f"{n}.png" for n in range(2)]
    for page, shot in zip((written, by_minutes), shots, strict=True):
        browse(page, f"--screenshot={shot}")
    assert shots[0].read_bytes() != shots[1].read_bytes()


def test_a_page_can_be_printed(written, browse, tmp_path):
    paper = tmp_path / "page.pdf"
    browse(written, f"--print-to-pdf={paper}")
    assert paper.read_bytes().startswith(b"%PDF")
