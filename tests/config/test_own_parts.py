"""Parts of a user's own module, without a YAML: one of every group."""

import copy
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

import gan_lab
from gan_lab import registry
from gan_lab.artifacts import RunFolder, metrics_csv
from gan_lab.cli.main import main
from gan_lab.config.check import check
from gan_lab.config.compose import compose
from gan_lab.config.schema import COMPOSED, SEVERAL, of_a_run
from gan_lab.sweeps.ranking import Reader, board
from tests.sweeps.test_sweeps import posix, sweep_folder

MODULE = Path(__file__).parents[1] / "own_parts.py"
OWN = {group: f"own_{group.rpartition('/')[2]}" for group in COMPOSED}
LINES = {g: f"{g}=[{n}]" if g in SEVERAL else f"{g}={n}" for g, n in OWN.items()}
OF_A_RUN = [line for g, line in LINES.items() if g not in ("engine", "hpo")]
SMALL = (
    "trainer.batch_size=4",
    "trainer.samples=4",
    "trainer.steps=8",
    "trainer.tick_steps=2",
    "trainer.sample_ticks=1",
    "trainer.checkpoint_ticks=1",
    "trainer.metric_ticks=2",
    "trainer.metric_samples=16",
)
ALL = ("imports=[my_parts]", *OF_A_RUN, *SMALL)
KEPT = ("checkpoints/000008/state.npz", "samples/000008.png", "generator_ema.keras")


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The current folder, with a module of one's own, which no other test sees."""
    shutil.copy(MODULE, tmp_path / "my_parts.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("my_parts", None)  # another test's
    compose()  # what is there once stays; so do the rooms that are open
    for group in registry.ROOMS:
        registry.names(group)
    store = ConfigStore.instance()
    monkeypatch.setattr(store, "repo", copy.deepcopy(store.repo))
    known = {group: dict(entries) for group, entries in registry._entries.items()}
    monkeypatch.setattr(registry, "_entries", known)
    yield tmp_path
    sys.modules.pop("my_parts", None)


def the_run(name: str) -> Path:
    (found,) = Path("runs", name).iterdir()
    return found


def same(one: Path, other: Path) -> bool:
    return all((one / k).read_bytes() == (other / k).read_bytes() for k in KEPT[:2])


@pytest.mark.parametrize("group", COMPOSED)
def test_a_part_of_ones_own_is_an_option_of_every_group(own, group):
    composed = compose("imports=[my_parts]", LINES[group])
    config = check(of_a_run(composed))
    whole = composed if group in composed else config
    node = OmegaConf.select(whole, group.replace("/", "."))
    node = node[OWN[group]] if group in SEVERAL else node
    assert node.name == OWN[group]
    assert set(registry.entry(group, OWN[group]).fields) <= set(node)


def test_a_loss_of_ones_own_takes_every_penalty_and_has_none_by_default(own):
    line = ("imports=[my_parts]", "loss=own_loss", "loss.margin=2")
    assert gan_lab.load_config(*line).loss.penalty.name == "none"
    for name in registry.names("loss/penalty"):
        loss = gan_lab.load_config(*line, f"loss/penalty={name}").loss
        assert (loss.name, loss.margin, loss.penalty.name) == ("own_loss", 2.0, name)
    weighed = (*line, "loss/penalty=own_penalty", "loss.penalty.weight=3")
    assert gan_lab.load_config(*weighed).loss.penalty.weight == 3.0


def test_a_run_of_ones_own_parts_alone_does_all_that_a_run_does(own, capsys):
    assert main([*ALL, "name=straight"]) == 0
    straight = the_run("straight")
    config = gan_lab.load_config(*ALL, "name=cut")
    cut = gan_lab.train(config, until=4).folder.path
    assert main(["resume", str(cut)]) == 0
    assert same(straight, cut)
    capsys.readouterr()
    for line in (
        ["sample", str(cut), "--count", "4"],
        ["evaluate", str(cut), "--samples", "16", "--metrics", "swd,frechet"],
        ["doctor", str(cut)],
        ["report", str(cut)],
        ["replay", str(cut), "--rounds", "4"],
        ["compare", str(straight), str(cut)],
        ["leaderboard", "runs"],
    ):
        assert main(line) == 0, (line, capsys.readouterr().err)
    said = capsys.readouterr().out
    assert "Identical, bit for bit, up to round 4." in said
    assert "frechet/lab" in said and (cut / "report.html").is_file()


def test_a_metric_of_ones_own_is_measured_and_ranks_runs(own, capsys):
    line = (*ALL, "trainer.metrics=[own_metric,swd]", "trainer.best_metric=likeness")
    runs = [gan_lab.train(gan_lab.load_config(*line, f"seed={n}")) for n in (0, 1)]
    for run in runs:
        row = metrics_csv.read(run.folder.metrics)[-1]
        score = [s for s in run.folder.measured() if s.name == "likeness"][-1]
        assert row["score/likeness"] == pytest.approx(score.value)
        assert score.protocol["options"] == {"power": 2.0}
        assert score.higher_is_better
        assert list(row).index("score/swd") < list(row).index("score/likeness")
    capsys.readouterr()
    assert main(["leaderboard", "runs"]) == 0
    assert "likeness (higher is better)" in capsys.readouterr().out
    ranked = [line.best.value for line in board(Reader().runs(Path("runs"))).lines]
    assert ranked == sorted(ranked, reverse=True) and len(set(ranked)) == 2


@posix
@pytest.mark.full
def test_a_run_with_a_loss_of_ones_own_goes_on_exactly_after_kill_9(own):
    line = ("imports=[my_parts]", "loss=own_loss", "loss/penalty=own_penalty")
    line += ("data=own_data", "model=own_model", *SMALL)
    command = [sys.executable, "-m", "gan_lab", *line, "trainer.steps=4000"]
    with subprocess.Popen([*command, "name=cut"], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not list(
            own.glob("runs/cut/*/checkpoints/000004")
        ):
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    killed = RunFolder(the_run("cut"))
    goal = 2 * (killed.checkpoints.rounds()[-1] // 2) + 4
    assert main(["resume", str(killed.path), f"trainer.steps={goal}"]) == 0
    assert main([*line, f"trainer.steps={goal}", "name=straight"]) == 0
    for part in (f"checkpoints/{goal:06d}/state.npz", f"samples/{goal:06d}.png"):
        straight = the_run("straight") / part
        assert straight.read_bytes() == (killed.path / part).read_bytes()


@pytest.mark.full
def test_a_search_of_ones_own_on_an_engine_of_ones_own(own, capfd):
    pytest.importorskip("optuna")
    line = ("hpo=own_hpo", "engine=own_engine", "optim.rate=interval(1e-3,1e-2)")
    assert main(["-m", *ALL, *line, "hpo.trials=1"]) == 0
    assert "Of 1 jobs: 1 finished." in capfd.readouterr().out
    folder = sweep_folder(own)
    (job,) = folder.names()
    assert folder.specification(job)["loss"]["name"] == "own_loss"
    assert RunFolder(folder.run(job)).facts()["environment"]["threads"] == 1
