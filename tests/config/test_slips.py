"""Slips of the pen: each is one line that says what to type, with exit code 2."""

import re
import shlex
import shutil

import pytest
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from gan_lab.cli.main import main
from gan_lab.config.check import check, check_sweeping
from gan_lab.config.compose import compose
from gan_lab.config.schema import of_a_run
from gan_lab.config.values import refused
from gan_lab.errors import GanLabError, UsageError
from gan_lab.sweeps import sweep
from gan_lab.sweeps.ranking import flat
from gan_lab.training import train

# What libraries call things, which nobody typed.
JARGON = re.compile(
    r"Traceback|Error\b|Exception|Interpolation|NoneType|Optional|ListConfig|DictConfig"
    r"|object_type|defaults list|Composed|\bint\b|\bstr\b|None"
)
SLIPS = {  # a command line -> what is said, in part
    # The dot, the slash and the equals sign.
    "loss.penalty=r1": "the dot should be a slash: loss/penalty=r1.",
    "loss.penalty=null": "the dot should be a slash: loss/penalty=none.",
    "loss.penalty=": "the dot should be a slash: loss/penalty=none.",
    "loss.penalty={name:r1}": "the dot should be a slash: loss/penalty=none.",
    "~loss.penalty": "the dot should be a slash: loss/penalty=none.",
    "loss.terms=[lecam]": "the dot should be a slash: loss/terms=\\[lecam\\].",
    "loss/terms=lecam": "a list of consistency, lecam, such as loss/terms=\\[lecam\\].",
    "loss/terms=[lecan]": "there is no such option. Did you mean `lecam`?",
    "loss.terms.lecam.weight=2": "`lecam` is not chosen, as loss/terms=",
    "loss.penalty.name=r1": "chosen by its group: loss/penalty=r1.",
    "optim.name=sgd": "an option is chosen by its group: optim=sgd.",
    "model.dcgan": "key=value or group=option. Did you mean model=dcgan?",
    "model/dcgan": "Did you mean model=dcgan?",
    "model:dcgan": "Did you mean model=dcgan?",
    "model.dcgan=1": "chosen with an equals sign: model=dcgan.",
    "model/dcgan=1": "chosen with an equals sign: model=dcgan.",
    "model.dcgan.width=8": "chosen with an equals sign: model=dcgan model.width=8.",
    "optim/lr=1": "a key is set with a dot: optim.lr=1.",
    "loss/penalty/weight=3": "a key is set with a dot: loss.penalty.weight=3.",
    "sweep/workers=2": "a key is set with a dot: sweep.workers=2.",
    "hpo/trials=2": "a key is set with a dot: hpo.trials=2.",
    "seed==1": "`seed==1` is not an override: it has one equals sign too many.",
    "=1": "`=1` is not an override: it must be key=value or group=option.",
    "=": "it must be key=value or group=option.",
    "seed:1": "it must be key=value or group=option.",
    "'model = dcgan'": "Did you mean model=dcgan?",
    "model=": "`model` must be one of dcgan, ",
    "data=mnist,data.path=x": "a space stands between two overrides.",
    "'model=dcgan;loss=hinge'": "a space stands between two overrides.",
    "dcgan": "`dcgan` is not a verb. Did you mean model=dcgan?",
    "wgan_gp": "Did you mean loss=wgan_gp?",
    "seed": "`seed` is not a verb. Did you mean seed=...?",
    "—seed=1": "Did you mean seed=1?",
    "--model=dcgan": "an override has no dashes: model=dcgan.",
    "-model=dcgan": "an override has no dashes: model=dcgan.",
    "--optim.lr=1": "an override has no dashes: optim.lr=1.",
    # Groups.
    "model=null": "`model` must be one of dcgan, .* Received: null.",
    "model=1": "`model` must be one of dcgan, .* Received: 1.",
    "model=true": "Received: true.",
    "model=[dcgan]": "Received: \\[dcgan\\].",
    "model={a:1}": "Received: {a:1}.",
    "model=DCGAN": "Did you mean `dcgan`?",
    "loss=WGAN": "Did you mean `wgan_gp`?",
    "loss=wgan-gp": "Did you mean `wgan_gp`?",
    "optim=adamw": "Did you mean `adam`?",
    "loss/penalty=r1/r2": "`loss/penalty=r1/r2`: there is no such option.",
    "loss=bce/r1": "`loss=bce/r1`: there is no such option. Did you mean `bce`?",
    "data=/some/path": "data.path: data=folder data.path=/some/path.",
    "data=./photos": "data=folder data.path=./photos.",
    "data=photos/": "data=folder data.path=photos/.",
    "data=here": "data=folder data.path=here.",
    "data=nowhere": "`data=nowhere`: there is no such option. Known: array, ",
    "'trainer=…'": "such a value stands in quotes, ",
    "experiment=null": "`experiment` must be one of digits_28, ",
    "+model=dcgan": "it needs no \\+: model=dcgan.",
    "+loss/penalty=r1": "it needs no \\+: loss/penalty=r1.",
    "+experiment=digits_28": "it needs no \\+: experiment=digits_28.",
    "~hpo": "`hpo` must be chosen: none, ",
    "~loss/penalty": "`loss/penalty` must be chosen: dragan, ",
    "~sweep": "it is a group of keys, sweep.name, ",
    "sweep=5": "it is a group of keys, sweep.name, ",
    "~name": "`name` must be given.",
    "optim@other=adam": "`optim@other`: there is no such group.",
    "~nosuch": "`nosuch`: there is no such key.",
    # Keys.
    "lr=1": "`lr` is not a key. Did you mean `optim.lr`?",
    "steps=100": "Did you mean `trainer.steps`?",
    "penalty=r1": "Did you mean `loss/penalty`?",
    "workers=2": "Did you mean `sweep.workers`?",
    "Seed=1": "Did you mean `seed`?",
    "loss.penalty.weight=3": "It is one of `loss/penalty=dragan|gradient_penalty|r1|",
    "loss.penalty.wieght=3 loss/penalty=r1": "Did you mean `weight`? Known: weight.",
    "optim.beta1=0": "`optim.beta1` is not an option of `optim=adam`. Did you mean",
    "optim.lr.x=1": "`optim.lr.x` is not a key: `optim.lr` is a number.",
    "+seed=1": "`seed`: it needs no \\+, as it is there already.",
    "~trainer.steps": "a key of a part cannot be taken away.",
    "+sweep.x=1": "`sweep.x` is not a key. Known: name, ",
    "engine.devices=[0]": "`engine.devices` is for a sweep: add -m.",
    "hpo.trials=3": "`hpo.trials` is for a sweep: add -m.",
    # Values.
    "seed=1.5": "`seed` must be a whole number. Received: 1.5.",
    "seed=true": "`seed` must be a whole number. Received: true.",
    "seed=": "`seed` must be a whole number. Received: nothing.",
    "seed=null": "`seed` must be a whole number. Received: null.",
    "trainer.jit=maybe": "`trainer.jit` must be true or false. Received: maybe.",
    "optim.lr=1/3": "`optim.lr` must be a number. Received: 1/3.",
    "optim.lr=0,0001": "several values are a sweep: add -m.",
    "optim.clipnorm=x": "`optim.clipnorm` must be a number, or null. Received: x.",
    "optim.lr=nan": "`optim.lr` must be a number. Received: nan.",
    "model.norm=[1]": "must be batch, layer, instance or none. Received: \\[1\\].",
    "trainer.metrics=swd": "must be a list in brackets, such as \\[a,b\\], or null.",
    "trainer.metrics=[[swd]]": "`trainer.metrics` must not be nested.",
    "'trainer.metrics=[swd'": "its brackets or quotes do not match.",
    "'trainer.metrics=[swd]]'": "its brackets or quotes do not match.",
    "'name=\"a'": "its brackets or quotes do not match.",
    "name=ünï": "such a value stands in quotes, 'name=\"ünï\"'.",
    "trainer.threads=100000": "must be at least 0 and at most 1024.",
    "trainer.batch_size=99999999999999999999": "must be below 2\\*\\*31.",
    "model.width=99999999999999999999": "must be below 2\\*\\*63.",
    "trainer.sample_scale=inf": "must be above 0, and finite.",
    # References.
    "'trainer.steps=${nosuch}'": "`trainer.steps` refers to `nosuch`, which does not",
    "'trainer.steps=${trainer.steps}'": "`trainer.steps` refers to itself.",
    "'trainer.steps=${trainer}'": "`trainer.steps` refers to itself.",
    "'trainer.steps=${'": "its brackets or quotes do not match.",
    "'trainer.steps=${oc.env:NOSUCH}'": "Environment variable 'NOSUCH' not found.",
    "'optim.lr=${optim.discriminator_lr}'": "must be a number. Received: .*, which is ",
    # Modules.
    "imports=5": "must be a list of modules in brackets, such as \\[my_parts\\].",
    "imports=[1]": "Received: \\[1\\].",
    "imports=os": "Received: os.",
    "imports=[.x]": "Received: \\[.x\\].",
    "imports=a,b": "Received: a,b.",
    "imports=": "Received: nothing.",
    "'imports=[${name}]'": "must be a list of modules",
    # Flags.
    "--experimental-rerun x": "`--experimental-rerun` is not for gan_lab",
    "-cn other": "`--config-name` is not for gan_lab",
    "-cp x": "`--config-path` is not for gan_lab",
    "--package x": "`--package` is for --cfg",
    "--cfg job --package nosuch": "package 'nosuch' not found",
    "-sc query=bash": "`--shell-completion query` is for a shell alone.",
    "--config-dir nowhere": "config directory .* not found",
    "--nosuch": "unrecognized arguments: --nosuch.",
    "--run --cfg job": "Only one of --run",
    # Sweeps.
    "-m loss.penalty=r1,none": "the dot should be a slash: loss/penalty=r1,none.",
    "-m seed=range(0)": "there is no value in it, so nothing to play.",
    "-m seed=1,2 optim.lr=range(3,1)": "there is no value in it, so nothing to play.",
    "-m 'loss=glob(x*)'": "there is no value in it, so nothing to play.",
    "-m 'seed=range(1,5,0)'": "the step of a range must not be 0.",
    "-m seed=range(1000000000)": "a sweep has at most 10,000 combinations.",
    "-m seed=1,2,": "a comma stands between two values.",
    "-m seed=choice()": "its value cannot be read.",
    "-m model=dcgan,null": "`model` must be one of dcgan, ",
    "-m model=range(3)": "`model` must be one of dcgan, ",
    "-m 'sweep.workers=${nosuch}' seed=1,2": "`sweep.workers` refers to `nosuch`",
    "-m 'sweep.workers=???' seed=1,2": "`sweep.workers` must be given.",
    "-m sweep.budget=1h30 seed=1,2": "`sweep.budget` must be a time like 90s",
    "-m sweep.nmae=x seed=1,2": "`sweep.nmae` is not a key. Did you mean `name`?",
    "-m +sweep.x=1 seed=1,2": "`sweep.x` is not a key.",
    "-m +hpo.x=1 seed=1,2": "`hpo.x` is not an option of `hpo=none`.",
    "-m engine.devices=0 seed=1,2": "`engine.devices` must be a list in brackets",
    "-m engine=local,slurm seed=1,2": "`engine` cannot be swept",
    "-m imports=[a],[b]": "must be a list of modules in brackets",
    "-m hydra/launcher=basic seed=1,2": "`hydra/launcher` must be gan_lab",
    "-m hydra.sweeper.params=5": "`hydra.sweeper.params` must be keys",
    "-m hpo=random seed=range(0)": "there is no value in it, so nothing to play.",
    "-m hpo=random seed=1,2 hpo.seed=-1": "`hpo.seed` must be at least 0",
}
FINE = (
    "loss=hinge -m seed=1,2",  # flags may come between
    "model=dcgan model=mlp model=dcgan",
    "loss=hinge -r seed=1",
    "~seed",
    "'name=a b'",
    "trainer.jit=yes",
    "optim.lr='1e-4'",
    "'name=${model.name}-${seed}'",
)
OF_A_RUN = {
    "resume RUN 'trainer.metrics=[swd'": "its value cannot be read.",
    "resume RUN trainer.metrics=swd": "must be a list in brackets",
    "resume RUN trainer.steps=abc": "must be a whole number. Received: abc.",
    "resume RUN trainer.steps=null": "must be a whole number. Received: null.",
    "resume RUN trainer.steps=": "Received: nothing.",
    "resume RUN 'trainer.steps=${nosuch}'": "refers to `nosuch`",
    "resume RUN trainer.steps=???": "`trainer.steps` must be given.",
    "resume RUN trainer/steps=8": "a key is set with a dot: trainer.steps=8.",
    "resume RUN steps=8": "Did you mean `trainer.steps`?",
    "resume RUN trainer.stepz=8": "Did you mean `steps`?",
    "resume RUN loss.penalty=r1": "`loss.penalty` cannot be changed in a run.",
    "resume RUN loss/penalty=r1": "`loss/penalty` cannot be changed in a run.",
    "resume RUN model=mlp": "`model` cannot be changed in a run.",
    "resume RUN imports=[no_such_module]": "there is no module no_such_module.",
    "resume RUN optim.schedule=5": "must be constant, linear, cosine or inverse_time.",
    "resume RUN ~trainer.steps": "does not change a key of this run.",
    "resume": "required: run. Usage",
    "sample RUN --count x": "`--count` must be a whole number. Received: x.",
    "sample RUN --truncation nan": "`--truncation` must be at least 0.001.",
    "sample RUN --truncation 1e-300": "`--truncation` must be at least 0.001.",
    "sample RUN --seeds 1-5": "`--seeds` must be numbers. Received: 1-5.",
    "sample RUN --checkpoint 4.0": "must be last, best or the number of a round.",
    "sample RUN --generator both": "invalid choice: 'both'",
    "evaluate RUN --samples x": "`--samples` must be a whole number. Received: x.",
    "evaluate RUN --metrics nosuch": "nosuch",
    "evaluate RUN --against nothing": "invalid choice: 'nothing'",
    "evaluate RUN data=mnist": "`data` cannot be changed in a run.",
    "evaluate --images nowhere data=synthetic": "there is no nowhere.",
    "bench --steps 2": "must be one of alternating, simultaneous. Received: 2.",
}


@pytest.fixture
def nothing_is_trained(tmp_path, monkeypatch):
    """A command line goes as far as the check of its configuration."""
    monkeypatch.chdir(tmp_path)

    def end(*_, **__):
        raise ReachedError("as far as it was to go")

    monkeypatch.setattr(train, "train", lambda config, **_: end(check(config)))
    monkeypatch.setattr(sweep, "rehearse", end)


class ReachedError(GanLabError):
    """Nothing was wrong."""

    exit_code = 0


def said(capfd) -> str:
    """The one line that was said."""
    out, err = capfd.readouterr()
    lines = err.splitlines()
    assert len(lines) == 1 and out == "", out + err
    return lines[0].removeprefix("gan_lab: ")


@pytest.mark.parametrize("line", SLIPS)
def test_a_slip_is_one_line_that_says_what_to_type(
    line, nothing_is_trained, tmp_path, capfd
):
    if "data=here" in line:
        (tmp_path / "here").mkdir()
    before = list(tmp_path.iterdir())
    assert main(shlex.split(line)) == 2
    sentence = said(capfd)
    expected = SLIPS[line].replace("?", r"\?").replace("|", r"\|").replace("${", r"\${")
    assert re.search(expected, sentence), sentence
    assert list(tmp_path.iterdir()) == before
    assert not JARGON.search(sentence), sentence


@pytest.mark.parametrize("line", FINE)
def test_what_is_no_slip_is_taken(line, nothing_is_trained, capfd):
    assert main(shlex.split(line)) == 0, capfd.readouterr().err


@pytest.mark.parametrize("value", ["???", "${nosuch}", {"a": {"b": 1}}], ids=str)
def test_every_key_names_itself_where_it_cannot_hold_a_value(value):
    usual = compose()
    for key in flat(usual):
        composed = usual.copy()
        try:
            OmegaConf.update(composed, key, value)
            check_sweeping(composed)
            check(of_a_run(composed))
            sentence = "nothing was said"
        except OmegaConfBaseException as error:
            sentence = str(refused(error, f"{key}={value}"))
        except UsageError as error:
            sentence = str(error)
        group = key.removesuffix(".name").replace(".", "/")
        assert re.search(f"`({key}|{group})\\b", sentence), f"{key}: {sentence}"
        assert not JARGON.search(sentence.partition("Received")[0]), sentence


@pytest.fixture(scope="module")
def a_run(tmp_path_factory):
    """A run of two rounds."""
    from gan_lab import load_config
    from tests.conftest import TINY

    folder = tmp_path_factory.mktemp("slips")
    config = load_config(*TINY, "trainer.steps=2", f"runs='{folder}'")
    return train.train(config).folder.path


@pytest.mark.parametrize("line", OF_A_RUN)
def test_a_slip_with_a_verb_is_one_line(line, a_run, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(a_run, tmp_path / "run")
    assert main(shlex.split(line.replace("RUN", "run"))) == 2
    sentence = said(capfd)
    assert OF_A_RUN[line] in sentence and not JARGON.search(sentence), sentence


def test_a_slip_in_a_file_is_a_sentence_under_a_debugger_too(monkeypatch, tmp_path):
    monkeypatch.setenv("OC_CAUSE", "1")  # OmegaConf does so where one is attached
    (tmp_path / "experiment").mkdir()
    text = "# @package _global_\ntrainer:\n  steps: x"
    (tmp_path / "experiment" / "own.yaml").write_text(text)
    with pytest.raises(UsageError, match=r"`trainer\.steps` must be a whole number"):
        compose("experiment=own", config_dir=tmp_path)


@pytest.mark.parametrize(
    "text, sentence",
    [
        (
            "# @package _global_\ntrainer:\n  steps: x",
            "`trainer.steps` must be a whole",
        ),
        ("# @package _global_\ntrainer:\n  stepz: 5", "Did you mean `steps`?"),
        ("# @package _global_\nlr: 5", "Did you mean `optim.lr`?"),
        ("# @package _global_\nloss:\n  penalty: r1", "is chosen in `defaults`."),
        ("# @package _global_\nimports: my_parts", "must be a list of modules"),
        ("trainer: 5", "must begin with `# @package _global_`."),
        ("- a", "must begin with `# @package _global_`."),
    ],
)
def test_a_slip_in_a_file_is_one_line_that_names_the_file(
    text, sentence, nothing_is_trained, tmp_path, capfd
):
    (tmp_path / "mine" / "experiment").mkdir(parents=True)
    (tmp_path / "mine" / "experiment" / "own.yaml").write_text(text)
    assert main(["--config-dir", "mine", "experiment=own"]) == 2
    line = said(capfd)
    assert sentence in line and not JARGON.search(line), line
    assert "experiment/own.yaml" in line or "imports" in line
