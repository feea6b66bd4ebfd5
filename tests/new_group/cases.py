"""What holds of a group that has its row: `test_new_group` runs these in a process."""

import os
from pathlib import Path

import pytest

from gan_lab import load_config, options, train
from gan_lab.artifacts import RunFolder
from gan_lab.cli.main import main
from gan_lab.config.check import check
from gan_lab.config.compose import compose
from gan_lab.config.differences import differences
from gan_lab.config.saved import from_file
from gan_lab.errors import UsageError
from gan_lab.registry import build
from gan_lab.review.report import choices
from gan_lab.sweeps.folder import SweepFolder
from gan_lab.sweeps.job import job
from gan_lab.sweeps.ranking import Reader, differing
from gan_lab.sweeps.worker import work
from gan_lab.system.console import Console
from tests.conftest import TINY

pytestmark = pytest.mark.usefixtures("compiled_once")
CONF = Path(__file__).with_name("conf")
BEFORE = Path(os.environ["WRITTEN_BEFORE"])  # a run and a sweep without the group


def test_its_options_are_listed(capsys):
    assert options("flavour") == ["none", "spicy"]
    assert main(["--help"]) == 0
    assert "  flavour       none spicy\n" in capsys.readouterr().out


def test_it_is_none_where_nothing_is_said():
    assert check(load_config()).flavour == {"name": "none"}


def test_it_is_chosen_and_its_keys_are_set_by_a_line():
    config = check(load_config("flavour=spicy", "flavour.herbs=[mint]"))
    assert config.flavour == {"name": "spicy", "heat": 0.5, "herbs": ["mint"]}
    assert build("flavour", config.flavour) == (0.5, ["mint"])


def test_a_file_of_a_folder_of_ones_own_is_an_option():
    config = check(load_config("flavour=mild", config_dir=CONF))
    assert config.flavour == {"name": "spicy", "heat": 0.1, "herbs": None}


@pytest.mark.parametrize(
    "line, sentence",
    [
        (
            ["flavour=spicey"],
            "`flavour=spicey`: there is no such option. Did you mean `spicy`? "
            "Known: none, spicy.",
        ),
        (
            ["flavour=spicy", "flavour.heet=1"],
            "`flavour.heet` is not an option of `flavour=spicy`. Did you mean `heat`? "
            "Known: heat, herbs.",
        ),
        (
            ["flavour.heat=1"],
            "`flavour.heat` is not an option of `flavour=none`. "
            "It is one of `flavour=spicy`.",
        ),
        (
            ["flavour=spicy", "flavour.heat=much"],
            "`flavour.heat` must be a number. Received: much.",
        ),
        (
            ["flavour.spicy=1"],
            "`flavour.spicy=1`: an option is chosen with an equals sign: "
            "flavour=spicy.",
        ),
        (["heat=1"], "`heat` is not a key. Did you mean `flavour.heat`? "),
        (["~flavour"], "`~flavour`: `flavour` must be chosen: none, spicy."),
    ],
    ids=lambda x: x[-1] if isinstance(x, list) else "",
)
def test_a_slip_has_its_sentence(line, sentence):
    with pytest.raises(UsageError) as refused:
        check(load_config(*line))
    assert str(refused.value).startswith(sentence)


def test_a_run_has_it_in_its_folder(tiny):
    run = train(tiny("flavour=spicy", "flavour.heat=0.25"))
    assert "flavour:\n  name: spicy\n  heat: 0.25\n" in run.folder.config.read_text()
    assert from_file(run.folder.config).flavour.heat == 0.25
    facts = run.folder.facts()
    assert facts["config"]["flavour"]["heat"] == 0.25
    changed = choices.changes(facts["config"])
    assert changed["flavour"] == ("none", "spicy")
    assert changed["flavour.heat"] == (0.5, 0.25)


def test_a_run_from_before_it_goes_on_and_is_looked_at():
    straight, cut = BEFORE / "straight", BEFORE / "cut"
    assert not any(key.startswith("flavour") for key in changes_of(cut))
    for line in (
        ["resume", str(cut)],
        ["doctor", str(cut)],
        ["report", str(cut)],
        ["sample", str(cut), "--count", "4"],
        ["compare", str(straight), str(cut)],
    ):
        assert main(line) == 0, line
    state = "checkpoints/000004/state.npz"
    assert (straight / state).read_bytes() == (cut / state).read_bytes()
    assert "flavour:\n  name: none\n" in RunFolder(cut).config.read_text()


def changes_of(run: Path) -> dict:
    return choices.changes(RunFolder(run).facts()["config"])


def test_a_sweep_from_before_it_goes_on():
    folder = SweepFolder(BEFORE / "sweeps" / "mine")
    lines = [[*TINY, f"runs='{BEFORE}'", f"seed={seed}"] for seed in (1, 2)]
    now = [job(line, ("seed",), compose(*line)) for line in lines]
    names = folder.names()
    assert [folder.knows(job) for job in now] == names
    for name in names:
        assert work(folder.spec(name), 0, Console()).round == 4
    spicy = job([*lines[0], "flavour=spicy"], (), compose(*lines[0], "flavour=spicy"))
    assert folder.knows(spicy) is None
    assert differing(Reader().sweep(folder)) == ("seed",)
    folder.plan(spicy)
    assert differing(Reader().sweep(folder)) == ("flavour.name", "seed")


def test_it_differs_between_two_configurations():
    one, other = load_config(), load_config("flavour=spicy")
    assert differences(one, other)["flavour.name"] == ("none", "spicy")
