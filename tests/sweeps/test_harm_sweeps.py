"""Whatever becomes of a file of a sweep: its board is shown, and its line goes on."""

import itertools
import re
import shutil

import pytest

from gan_lab.artifacts.run_folder import is_run
from gan_lab.artifacts.tensorboard import HPARAMS
from gan_lab.cli.main import main
from gan_lab.sweeps import worker
from gan_lab.sweeps.combinations import Listed
from gan_lab.sweeps.folder import SweepFolder
from gan_lab.sweeps.job_status import State
from gan_lab.sweeps.sweep import conduct
from gan_lab.system.console import Console
from tests.harms import HARMS
from tests.sweeps.test_search import search
from tests.sweeps.test_sweeps import Engine, composed, make, quick  # noqa: F401

RATES = ("optim.lr=1e-4", "optim.lr=2e-4")
OF_A_SWEEP = (
    "sweep.json",
    "jobs/.lock",
    "jobs/JOB.yaml",
    "jobs/JOB.json",
    "jobs/JOB.log",
    "leaderboard.csv",
    "leaderboard.md",
    "leaderboard.html",
    HPARAMS,
)
OF_A_RUN = (
    "JOB/run.json",
    "JOB/config.yaml",
    "JOB/latents.npy",
    "JOB/metrics.csv",
    "JOB/scores.jsonl",
    f"JOB/{HPARAMS}",
)
FILES = (*OF_A_SWEEP, *OF_A_RUN)
CASES = list(itertools.product(FILES, HARMS))
# The first tier has a lost and a cut file of each kind, and each other harm on some.
SOME = [
    pytest.param(
        *case,
        marks=()
        if case[1] in ("cut", "missing") or place % 7 == 0
        else pytest.mark.full,
    )
    for place, case in enumerate(CASES)
]


@pytest.fixture(scope="module", autouse=True)
def in_this_process():
    """Jobs are played by writing what a run leaves, and not rehearsed."""
    with pytest.MonkeyPatch.context() as patch:
        conducting = "gan_lab.sweeps.sweep"
        patch.setattr(f"{conducting}.rehearse", lambda jobs: list(jobs))
        patch.setattr(f"{conducting}.build", lambda *asked: None)
        yield


@pytest.fixture(autouse=True)
def engine(monkeypatch):
    """The engine of whatever sweep is conducted."""

    class Any:
        def start(self, spec, log, slot):
            folder = SweepFolder(spec.parent.parent)
            if not is_run(folder.run(spec.stem)):
                folder.set_aside(spec.stem)  # as the worker does
            return Engine(folder).start(spec, log, slot)

    monkeypatch.setattr("gan_lab.sweeps.sweep.build", lambda *asked: Any())


def listed(place):
    """What the line of a sweep comes to."""
    asked = composed(f"runs='{place}'")
    jobs = [make(rate, swept=("optim.lr",)) for rate in RATES]
    return conduct(Listed(jobs), asked, "one", jobs)


def searched(place):
    """What the line of a search comes to."""
    source = search("hpo.trials=3", "hpo.startup=2")
    return conduct(source, composed(f"runs='{place}'"), "one", [])


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory):
    """A sweep and a search, each played to its end."""
    return tmp_path_factory.mktemp("sweeps")


@pytest.fixture
def sweep(sweeps, engine, tmp_path):
    """A copy of the sweep, to be harmed."""
    if not (sweeps / "listed").exists():
        listed(sweeps / "listed")
    return _copy(sweeps / "listed", tmp_path)


@pytest.fixture
def found(sweeps, engine, tmp_path):
    """A copy of the search, to be harmed."""
    if not (sweeps / "searched").exists():
        searched(sweeps / "searched")
    return _copy(sweeps / "searched", tmp_path)


def _copy(place, tmp_path):
    shutil.copytree(place, tmp_path / "runs", dirs_exist_ok=True)
    return SweepFolder(tmp_path / "runs" / "sweeps" / "one")


def harm(folder, file, how):
    path = folder.path / file.replace("JOB", sorted(folder.names())[0])
    HARMS[how](path)
    return path


def test_every_file_of_a_sweep_is_in_the_matrix(sweep):
    names = sweep.names()
    known = {sweep.path / file.replace("JOB", name) for file in FILES for name in names}
    assert known == {path for path in sweep.path.rglob("*") if path.is_file()}


@pytest.mark.parametrize("file, how", SOME)
def test_a_board_is_shown_and_the_same_line_goes_on(sweep, tmp_path, file, how, capsys):
    csv = (sweep.path / "leaderboard.csv").read_text()
    harm(sweep, file, how)
    assert main(["leaderboard", str(sweep.path)]) == 0
    said = capsys.readouterr().out
    shown = "| 0.0001 |" in said and "| 0.0002 |" in said
    assert shown or file in OF_A_RUN
    played = listed(tmp_path / "runs")
    assert {status.state for status in played.statuses.values()} == {State.finished}
    if file not in OF_A_RUN:
        assert (sweep.path / "leaderboard.csv").read_text() == csv


@pytest.mark.parametrize("file, how", [("search.db", how) for how in HARMS])
def test_a_search_goes_on_whatever_became_of_its_study(
    found, tmp_path, file, how, capsys
):
    before = sorted(found.names())
    path = harm(found, file, how)
    damaged = path.read_bytes() if path.is_file() else None
    played = searched(tmp_path / "runs")
    assert sorted(found.names()) == before
    assert all(s.state is State.finished for s in played.statuses.values())
    said = capsys.readouterr().out
    assert "The search has 3 trials: 3 complete." in said
    if how in ("cut", "random", "latin"):
        kept = path.with_name("search.db.damaged")
        assert kept.read_bytes() == damaged
        assert "It is kept as search.db.damaged. It is made again." in said


def test_a_spec_that_is_damaged_is_kept_and_made_again(sweep, tmp_path, capsys):
    path = harm(sweep, "jobs/JOB.yaml", "flipped")
    flipped = path.read_bytes()
    assert main(["leaderboard", str(sweep.path)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"is damaged \(.*\)\. Its run's own", said)
    listed(tmp_path / "runs")
    assert path.with_name(f"{path.name}.damaged").read_bytes() == flipped
    assert sweep.specification(path.stem)["optim"]["lr"] in (1e-4, 2e-4)


def test_what_is_no_run_makes_way_for_the_run_of_its_job(sweep, monkeypatch):
    name = sorted(sweep.names())[0]
    (sweep.run(name) / "run.json").unlink()
    seen = []
    monkeypatch.setattr(
        worker.train, "train", lambda config, folder, **how: seen.append(folder)
    )
    worker.work(sweep.spec(name), 0, Console())
    assert seen == [sweep.run(name)] and not sweep.run(name).exists()
    assert (sweep.jobs / "failed" / f"{name}-1" / "metrics.csv").is_file()
