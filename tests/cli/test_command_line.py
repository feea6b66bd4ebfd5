"""The door: overrides, verbs, mistakes."""

import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

import gan_lab
from gan_lab import registry
from gan_lab.cli.main import main
from gan_lab.cli.overrides import quote_paths
from gan_lab.config.check import check
from gan_lab.config.compose import compose
from gan_lab.config.options import CONF_DIR, options
from gan_lab.config.schema import COMPOSED, SEVERAL, of_a_run
from gan_lab.errors import UsageError
from tests.conftest import TINY

MISTAKES = [
    (["model=dcgn"], "`model=dcgn`.*Did you mean `dcgan`.*Known: dcgan, digits_28"),
    (
        ["loss/penalty=r3"],
        "`loss/penalty=r3`.*Known: dragan, gradient_penalty, none, r1, r1_r2, r2",
    ),
    (["experiment=digits"], "`experiment=digits`.*Known: digits_28, faces_128"),
    (["optm=adam"], "`optm`.*Did you mean `optim`.*Known: model, data, loss"),
    (["optim.lrr=1"], "`optim.lrr`.*Did you mean `lr`.*Known: .*lr, discriminator_lr"),
    (["+optim.foo=1"], "`optim.foo`.*Known: lr, discriminator_lr"),
    (["+foo=1"], "`foo` is not a key.*Known: model, data"),
    (
        ["trainer=simultaneous", "trainer.critic_steps=2"],
        "`trainer.critic_steps` is not an option.*It is one of `trainer=alternating`",
    ),
    (["optim.lr=fast"], "`optim.lr` must be a number. Received: fast"),
    (
        ["model.norm=group"],
        "`model.norm` must be batch, layer, instance or none. Received: group",
    ),
    (["optim.lr=["], r"`optim.lr=\[` is not an override"),
    (["--foo"], "--foo"),
    (["trian"], "`trian` is not a verb.*Known: bench, compare, data, doctor"),
    (["data=mnist"], "`data.path` must be given for `data=mnist`, or data.download"),
    (["data=folder"], "`data.path` must be given for `data=folder`: the folder"),
    (["data.download=true"], "`data.download`.*Known: .*image_size"),
    (["data=folder", "data.path="], "`data.path` must not be empty"),
    (["data.limit=0"], "`data.limit` must be at least 1. Received: 0"),
    (["data.holdout=1"], r"`data.holdout` must be in \(0, 1\). Received: 1.0"),
    (["data.crop=middle"], "`data.crop` must be center, none, pad"),
    (["data.channels=2"], "`data.channels` must be 1, 3 or null. Received: 2"),
    (["data.decode=half"], "`data.decode` must be full or draft. Received: half"),
    (["data.where={a:1}"], "`data.where`"),
    (
        ["data=celeba", "data.path=/nowhere"],
        "`data.path`: there is no /nowhere.*https://",
    ),
    (["imports=[a"], r"`imports=\[a` is not an override"),
    (["~model"], "`model` must be chosen: dcgan"),
    (["model=null"], "`model` must be one of dcgan, .*Received: null"),
    (["seed=5000000000"], r"`seed` must be at least 0 and below 2\*\*32"),
    (["optim.lr=nan"], "`optim.lr` must be a number. Received: nan"),
    (["imports=[no_such_module]"], "`imports`: there is no module no_such_module"),
    (["trainer.steps=0"], "`trainer.steps` must be at least 1. Received: 0"),
    (["trainer.ema=1"], r"`trainer.ema` must be in \[0, 1\). Received: 1.0"),
    (["optim.lr=0"], "`optim.lr` must be above 0. Received: 0.0"),
    (["seed=-1"], r"`seed` must be at least 0 and below 2\*\*32. Received: -1"),
    (["name=../elsewhere"], "`name` must be folder names.*Received: ../elsewhere"),
    (["trainer.critic_steps=0"], "`trainer.critic_steps` must be at least 1"),
    (
        ["data=synthetic", "data.image_size=24"],
        "4, 5 or 7 times a power of two.*24x24x1",
    ),
    (["model=faces_64", "data=synthetic"], "64x64x3.*Received: 28x28x1"),
    (
        ["data=synthetic", "loss/penalty=r1", "model.discriminator_norm=batch"],
        "`loss/penalty=r1`.*batch normalisation",
    ),
    (["resume"], "gan_lab resume: .*required: run"),
    (["resume", "nowhere"], "nowhere is not a run folder"),
    (
        ["sample", "nowhere", "--count", "0"],
        "`--count` must be at least 1. Received: 0",
    ),
    (["sample", "nowhere", "--out", "a.jpg"], "`--out` must be a .png file"),
    (["-m", "loss=bce,hing"], "`loss=hing`.*Did you mean `hinge`"),
    (["-m", "trainer.steps=2,0"], "`trainer.steps` must be at least 1"),
]


@pytest.mark.parametrize(
    "arguments, message",
    MISTAKES,
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_a_mistake_is_one_line_with_exit_code_two_and_no_folder(
    arguments, message, tmp_path, monkeypatch, capfd
):
    import re

    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capfd.readouterr()
    said = [line for line in err.splitlines() if line]
    assert len(said) == 1 and out == "", err
    assert re.search(message, said[0]), said[0]
    assert not list(tmp_path.iterdir())


def test_a_typo_in_a_yaml_is_one_line(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine" / "model").mkdir(parents=True)
    (tmp_path / "mine" / "model" / "wide.yaml").write_text(
        "defaults:\n  - /schema/model@_here_: dcgan\nwidht: 128\n"
    )
    assert main(["--config-dir", "mine", "model=wide", "--cfg", "job"]) == 2
    said = capfd.readouterr().err.strip()
    assert "\n" not in said
    assert "`widht`" in said or "`model.widht`" in said
    assert "Did you mean `width`" in said


def test_a_yaml_that_cannot_be_parsed_is_one_line(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine" / "experiment").mkdir(parents=True)
    (tmp_path / "mine" / "experiment" / "bad.yaml").write_text("name: [x\n")
    assert main(["--config-dir", "mine", "experiment=bad"]) == 2
    said = capfd.readouterr().err.strip()
    assert "\n" not in said and "bad.yaml" in said


def test_a_preset_of_the_users_own_is_an_option(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "wide.yaml").write_text(
        "defaults:\n  - /schema/model@_here_: dcgan\nwidth: 128\n"
    )
    config = gan_lab.load_config("model=wide", config_dir=tmp_path)
    assert (config.model.name, config.model.width) == ("dcgan", 128)


@pytest.mark.parametrize("group", COMPOSED)
def test_names_and_files_are_in_sync(group):
    files = {p.stem for p in (CONF_DIR / group).glob("*.yaml")}
    assert files == set(registry.names(group))
    for name in files:
        text = (CONF_DIR / group / f"{name}.yaml").read_text()
        assert text.startswith("# ") and f"/schema/{group}@_here_: {name}" in text


@pytest.mark.parametrize(
    "group, name",
    [(group, name) for group in COMPOSED for name in registry.names(group)],
)
def test_every_option_composes(group, name):
    overrides = [f"{group}=[{name}]" if group in SEVERAL else f"{group}={name}"]
    if "path" in registry.entry(group, name).fields:
        overrides.append("data.path=somewhere")
    composed = compose(*overrides)
    check(of_a_run(composed))
    node = OmegaConf.select(composed, group.replace("/", "."))
    node = node[name] if group in SEVERAL else node
    assert node.name == name
    assert set(registry.entry(group, name).fields) <= set(node)


@pytest.mark.parametrize("group", COMPOSED)
def test_every_part_says_what_it_is_and_what_its_options_are(group):
    for name in registry.names(group):
        entry = registry.entry(group, name)
        assert entry.summary.endswith((".", ":")), name
        assert all(entry.describe(option) for option in entry.fields), name


def test_a_penalty_composes_with_any_loss():
    config = gan_lab.load_config(
        "loss=hinge", "loss/penalty=r1", "loss.penalty.weight=5"
    )
    assert (config.loss.name, config.loss.penalty.name) == ("hinge", "r1")
    assert config.loss.penalty.weight == 5.0
    assert gan_lab.load_config("loss=wgan_gp").loss.penalty.name == "gradient_penalty"
    bare = gan_lab.load_config("loss=wgan_gp", "loss/penalty=none")
    assert bare.loss.penalty.name == "none"


def test_help_lists_every_group_with_its_options(capsys):
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    for group in (*COMPOSED, "experiment"):
        line = next(x for x in said.splitlines() if x.split()[:1] == [group])
        assert line.split()[1:] == options(group)
    assert "resume" in said and "sample" in said and "schema" not in said


def test_cfg_job_shows_the_configuration_and_nothing_else(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert main(["--cfg", "job", "--resolve", "loss=hinge"]) == 0
    out, err = capfd.readouterr()
    config = OmegaConf.create(out)
    assert config.name == "dcgan-digits-hinge" and err == ""
    assert "hydra" not in config and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "path",
    [
        "a b",
        "a,b",
        "a=b",
        "(1)",
        "a'b",
        'a"b',
        "{x}",
        "[x]",
        "ünï花",
        "a\\b",
        "#x",
        "a:b",
        "~x",
    ],
)
def test_any_path_a_shell_passes_works(path):
    (argument,) = quote_paths([f"data.path=/data/{path}"])
    assert gan_lab.load_config("data=folder", argument).data.path == f"/data/{path}"


def test_a_tilde_is_the_home_folder():
    assert quote_paths(["data.path=~/x"]) == [f"data.path='{Path.home()}/x'"]


def test_in_a_sweep_a_comma_separates_paths_unless_there_is_such_a_path(tmp_path):
    (tmp_path / "a,b").mkdir()
    one, two = f"data.path={tmp_path}/a,b", "data.path=x,y"
    assert quote_paths(["-m", one, two]) == ["-m", f"data.path='{tmp_path}/a,b'", two]


# Processes.


def test_a_run_says_its_own_lines_only_and_tensorflows_go_to_the_log(
    command, tmp_path, capsys
):
    said = command(*TINY)
    assert said.returncode == 0 and said.stderr == ""
    lines = said.stdout.splitlines()
    assert lines[0].startswith("Run folder: runs/dcgan-synthetic-bce/")
    assert [x.split()[0] for x in lines[1:3]] == ["round", "round"]
    assert lines[3].startswith("Finished after 4 rounds. Next: ") and len(lines) == 4
    log = (tmp_path / lines[0].removeprefix("Run folder: ") / "log.txt").read_text()
    assert all(line in log for line in lines)
    assert len(log.splitlines()) > len(lines)  # what TensorFlow said

    path = lines[0].removeprefix("Run folder: ")
    grid = tmp_path / "grid.png"
    path = str(tmp_path / path)
    assert main(["sample", path, "--count", "5", "--out", str(grid)]) == 0
    said = capsys.readouterr()
    assert said.out == f"5 samples of round 4: {grid}\n" and said.err == ""
    assert grid.read_bytes().startswith(b"\x89PNG")


def test_a_verb_is_one_file(tmp_path, monkeypatch, capsys):
    from gan_lab.cli import verbs

    (tmp_path / "greet.py").write_text(
        "def greet(arguments):\n"
        '    """Greet: NAME ..."""\n'
        "    print('Hello,', *arguments)\n"
        "    return 7\n"
    )
    monkeypatch.setattr(verbs, "__path__", [*verbs.__path__, str(tmp_path)])
    assert main(["--help"]) == 0
    assert "  greet         Greet: NAME ...\n" in capsys.readouterr().out
    assert main(["greet", "you"]) == 7
    assert capsys.readouterr().out == "Hello, you\n"
    assert main(["greeet"]) == 2
    said = capsys.readouterr().err
    assert "Did you mean `greet`?" in said and "evaluate, greet, interpolate" in said


def test_a_wrong_verb_in_python_is_a_usage_error():
    with pytest.raises(UsageError, match="`trian` is not a verb"):
        from gan_lab.cli.main import _verb

        _verb("trian")


def test_a_reader_of_the_help_may_have_seen_enough(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "gan_lab", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 0


@pytest.mark.full
def test_a_reader_that_has_seen_enough_does_not_end_the_run(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "gan_lab", *TINY, "trainer.steps=40"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline().startswith("Run folder: ")
    process.stdout.close()
    assert process.wait(timeout=120) == 0, process.stderr.read()
    process.stderr.close()
    (facts,) = tmp_path.glob("runs/*/*/run.json")
    assert '"finished"' in facts.read_text()
