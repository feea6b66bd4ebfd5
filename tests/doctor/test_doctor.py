"""The doctor: what it finds in tables, and in runs that were really made sick."""

import json
import sys
import time

import numpy as np
import pytest

import gan_lab
from gan_lab import registry
from gan_lab.cli.main import main
from gan_lab.data.samples import Samples
from gan_lab.doctor import illness
from gan_lab.doctor import known as registered
from gan_lab.doctor.diagnose import diagnose
from gan_lab.doctor.known import known
from gan_lab.registry import _entries, register
from gan_lab.training.resume import resume
from gan_lab.training.train import train

pytestmark = pytest.mark.usefixtures("compiled_once")


def rows(count=40, **columns):
    """A healthy table, with columns put in place of its own.

    A column is a value, or a function of the row's number.
    """
    draw = np.random.default_rng(0)
    healthy = {
        "loss/discriminator": lambda n: 1.2 + 0.1 * draw.standard_normal(),
        "loss/discriminator_real": 0.6,
        "loss/discriminator_fake": 0.6,
        "loss/generator": lambda n: 0.9 + 0.1 * draw.standard_normal(),
        "logits/real": 0.4,
        "logits/fake": -0.4,
        "accuracy/real": 0.7,
        "accuracy/fake": 0.7,
        "samples/spread": 0.9,
        "samples/change": 9.0,
        "score/swd": 20.0,
        "speed/data_wait": 0.001,
    }
    table = []
    for number in range(count):
        row = {"round": 50 * (number + 1)}
        for name, value in {**healthy, **columns}.items():
            value = value(number) if callable(value) else value
            if value is not None:
                row[name] = value
        table.append(row)
    return table


def names(table):
    return [finding.name for finding in diagnose(table)]


@pytest.mark.parametrize("count", [0, 1, 3, 40])
def test_a_healthy_table_has_no_finding(count):
    assert diagnose(rows(count)) == []


def late(bad, good, first=25):
    """Good values, and bad ones from a row on."""
    return lambda number: bad if number >= first else good


SICK = {
    "NaN nearby": {"loss/generator": late(float("nan"), 0.9, 39)},
    "stuck since the start": {"loss/discriminator": 13.82, "loss/generator": 0.0},
    "discriminator has won": {
        "accuracy/real": late(1.0, 0.8),
        "accuracy/fake": late(1.0, 0.8),
        "loss/discriminator_real": late(1e-3, 0.5),
        "loss/discriminator_fake": late(1e-3, 0.5),
    },
    "generator stands still": {"samples/change": late(0.1, 9.0)},
    "diversity falling": {"samples/spread": late(0.2, 0.9)},
    "modes lost": {
        "score/mode_share/lab": late(0.3, 0.95),
        "score/modes_effective/lab": late(3.0, 9.5),
    },
    "memorising": {"score/copies": late(0.6, 0.0)},
    "noise": {"score/strangeness": late(3.0, 1.0)},
    "past its best": {"score/swd": late(40.0, 20.0)},
    "input-bound": {"speed/data_wait": late(0.5, 0.01)},
}


def test_every_illness_is_among_these():
    assert len(SICK) == len(known())


@pytest.mark.parametrize("name", sorted(SICK))
def test_an_illness_is_found_alone_with_the_round_at_which_it_began(name):
    (finding,) = diagnose(rows(**SICK[name]))
    assert finding.name == name
    began = {"NaN nearby": 2000, "stuck since the start": 50}
    assert finding.since == began.get(name, 1300)
    assert finding.evidence.endswith(".") and finding.advice.endswith(".")
    assert finding.keys


@pytest.mark.parametrize(
    "name", sorted(SICK.keys() - {"NaN nearby", "stuck since the start", "memorising"})
)
def test_what_has_passed_is_no_finding(name):
    def passing(column):
        return lambda number: column(0 if number == 39 else number)

    recovered = {name: passing(column) for name, column in SICK[name].items()}
    assert diagnose(rows(**recovered)) == []


def test_the_evidence_says_how_many_modes_there_are():
    (finding,) = diagnose(rows(**SICK["modes lost"]))
    assert "over 3.0 modes, 30% of those of the real ones" in finding.evidence


def test_training_pictures_that_are_nearer_than_held_out_ones_are_memorised():
    near = {"score/copies": 0.0, "score/nearest_holdout": 20.0}
    assert names(rows(**near, **{"score/nearest_train": 19.0})) == []
    assert names(rows(**near, **{"score/nearest_train": 10.0})) == ["memorising"]


def test_copies_that_come_and_go_are_a_finding_until_they_have_gone_for_long():
    def comes_and_goes(number):
        return 0.4 if number in (20, 23) else 0.0

    (finding,) = diagnose(rows(30, **{"score/copies": comes_and_goes}))
    assert (
        finding.since == 1050
        and "40% of the samples of round 1,050" in finding.evidence
    )
    assert diagnose(rows(34, **{"score/copies": comes_and_goes})) == []


def test_a_wasserstein_critic_that_is_always_right_has_not_won():
    always = {"accuracy/real": 1.0, "accuracy/fake": 1.0}
    losses = {"loss/discriminator_real": -9.0, "loss/discriminator_fake": 2.0}
    assert names(rows(**always, **losses)) == []


def test_the_verb_says_what_is_wrong_and_what_nobody_looked_for(tiny, capsys):
    run = train(tiny("trainer.metrics=[]"))
    capsys.readouterr()
    assert main(["doctor", str(run.folder.path)]) == 0
    said = capsys.readouterr().out
    assert "No finding in 4 rounds." in said
    assert "Not looked for: memorising (needs trainer.metrics=[memorisation])." in said
    assert main(["doctor", str(run.folder.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


OWN = """
from gan_lab.doctor import Finding, Table, illness

@illness()
def hurried(table: Table) -> Finding | None:
    if 0 < len(table.rows) < 4:
        return Finding("hurried", 2, f"It has {len(table.rows)} rows.", "Wait.", ())
"""


def test_an_illness_of_ones_own_is_a_file_and_comes_after_the_others(
    tiny, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(registered, "_known", dict(known()))
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_illness.py").write_text(OWN)
    run = train(tiny("imports=[my_illness]", "trainer.metrics=[]"))
    assert [*known()][-1] == "hurried"
    (finding,) = diagnose(run.folder.rows())
    assert (finding.name, finding.evidence) == ("hurried", "It has 2 rows.")
    assert "Doctor: hurried" in run.folder.log.read_text()
    capsys.readouterr()
    assert main(["doctor", str(run.folder.path)]) == 0
    assert "hurried since round 2: It has 2 rows. Wait." in capsys.readouterr().out
    sick = rows(3, **{"loss/generator": float("nan")})
    assert names(sick) == ["hurried", "NaN nearby"]
    sys.modules.pop("my_illness")


def test_two_illnesses_of_one_name_are_an_error_that_names_both_modules():
    def won(table):
        """Something else."""

    with pytest.raises(ValueError, match=r"`won` is registered twice: by gan_lab\."):
        illness()(won)


# Runs that were really made sick.


def trained(tmp_path, *overrides):
    return train(gan_lab.load_config(f"runs='{tmp_path / 'runs'}'", *overrides))


def found(run):
    rows, levels = run.folder.rows(), run.folder.loss_levels()
    return {finding.name: finding for finding in diagnose(rows, levels)}


SMALL = (
    "data=synthetic",
    "data.image_size=16",
    "model.width=8",
    "trainer.batch_size=16",
    "trainer.tick_steps=5",
    "trainer.sample_ticks=1",
    "trainer.metric_ticks=2",
    "trainer.metric_samples=64",
    "trainer.samples=16",
)


def test_a_discriminator_that_learns_a_thousand_times_faster_wins(tmp_path):
    run = trained(
        tmp_path,
        *SMALL,
        "optim.lr=1e-6",
        "optim.discriminator_lr=1e-3",
        "trainer.steps=150",
    )
    assert "discriminator has won" in found(run)
    events = (run.folder.path / "events.jsonl").read_text().splitlines()
    assert "discriminator has won" in {json.loads(line)["name"] for line in events}
    assert "Doctor: discriminator has won" in run.folder.log.read_text()


OF_LOSSES = {
    **{name: (f"loss={name}",) for name in registry.names("loss")},
    "smoothed": ("loss.real_target=0.9",),
    "noisy": ("loss.label_noise=0.1", "loss.discriminator_weight=0.5"),
}
NEVER = ("wasserstein", "wgan_gp")  # a critic that is right goes on teaching


def _some(*names: str) -> list:
    """Every loss, of which the first tier has these."""
    full = pytest.mark.full
    return [pytest.param(n, marks=() if n in names else full) for n in OF_LOSSES]


@pytest.mark.parametrize("name", _some("bce", "hinge", "wgan_gp"))
def test_a_discriminator_that_has_won_is_seen_by_the_levels_of_its_loss(tmp_path, name):
    run = trained(
        tmp_path,
        *SMALL,
        *OF_LOSSES[name],
        "optim.lr=1e-6",
        "optim.discriminator_lr=1e-3",
        "trainer.metrics=[]",
        "trainer.steps=100",
    )
    assert ("discriminator has won" in found(run)) == (name not in NEVER)


@pytest.mark.parametrize("name", _some("bce"))
def test_a_healthy_run_with_a_tick_a_round_neither_has_won_nor_stands_still(
    tmp_path, name
):
    run = trained(
        tmp_path,
        *SMALL,
        *OF_LOSSES[name],
        "trainer.metrics=[]",
        "trainer.tick_steps=1",
        "trainer.steps=60",
    )
    assert not {"discriminator has won", "generator stands still"} & found(run).keys()


def test_a_folder_that_does_not_tell_the_levels_is_judged_as_bce(tmp_path, tiny):
    run = train(tiny("loss=least_squares"))
    assert run.folder.loss_levels() == [0.0, 0.0, 0.25]
    run.folder.state(loss_levels="none")
    assert run.folder.loss_levels() is None
    sick = rows(**SICK["discriminator has won"])
    assert [finding.name for finding in diagnose(sick)] == ["discriminator has won"]


def test_fakes_at_the_target_of_least_squares_have_lost():
    lost = {"accuracy/fake": 0.5, "loss/discriminator_real": 1e-3}
    lost["loss/discriminator_fake"] = 1e-3
    (finding,) = diagnose(rows(**lost), (0.0, 0.0, 0.25))
    assert finding.name == "discriminator has won"
    assert diagnose(rows(**lost)) == []


def test_a_generator_without_a_learning_rate_stands_still(tmp_path):
    run = trained(
        tmp_path,
        *SMALL,
        "optim.lr=1e-12",
        "model.norm=none",  # whose averages move without any learning
        "trainer.ema=0",
        "trainer.steps=160",
    )
    assert "generator stands still" in found(run)


def test_steps_that_are_far_too_large_end_near_nan(tmp_path):
    run = trained(
        tmp_path,
        *SMALL,
        "loss=wasserstein",
        "loss.clip=1000",
        "optim.lr=1",
        "trainer.steps=20",
    )
    assert "NaN nearby" in found(run)


def test_networks_that_learn_nothing_are_stuck(tmp_path):
    run = trained(
        tmp_path,
        *SMALL,
        "data.count=16",
        "optim.lr=1e-12",
        "trainer.ema=0",
        "trainer.tick_steps=2",
        "trainer.steps=24",
    )
    assert "stuck since the start" in found(run)


@pytest.mark.full
def test_a_run_that_is_broken_later_is_past_its_best(tmp_path):
    run = trained(tmp_path, *SMALL, "trainer.steps=300")
    assert found(run) == {}
    run = resume(run.folder.path, ["trainer.steps=400", "optim.lr=0.05"])
    sick = found(run)
    assert 300 < sick["past its best"].since <= 380
    assert "diversity falling" in sick


def test_a_run_that_waits_for_its_images_is_input_bound(tmp_path):
    class Slow:
        def __init__(self, images):
            self.images, self.shape, self.dtype = images, images.shape, images.dtype

        def __len__(self):
            return len(self.images)

        def __getitem__(self, index):
            time.sleep(0.1)
            return self.images[index]

    def slow_disk() -> Samples:
        """Images that take long to come."""
        images = np.random.default_rng(0).integers(0, 256, (64, 16, 16, 1), np.uint8)
        return Samples(Slow(images))

    register("data")(slow_disk)
    try:
        config = gan_lab.load_config(
            f"runs='{tmp_path / 'runs'}'",
            *SMALL[2:],
            "data=synthetic",
            "trainer.steps=44",
            "trainer.tick_steps=4",
            "trainer.sample_ticks=100",
            "trainer.metrics=[]",
        )
        config.data = {
            "name": "slow_disk",
            **{k: v for k, v in config.data.items() if k not in ("name", "count")},
            "image_size": None,
            "channels": None,
        }
        run = train(config)
    finally:
        _entries["data"].pop("slow_disk")
    assert "input-bound" in found(run)


@pytest.mark.full
def test_a_plain_gan_loses_modes_of_a_grid_and_a_penalty_brings_them_back(tmp_path):
    grid = (
        "model=mlp",
        "data=grid",
        "optim.lr=1e-3",
        "trainer.batch_size=256",
        "trainer.steps=4000",
        "trainer.tick_steps=200",
        "trainer.metric_samples=2500",
    )
    assert "modes lost" in found(trained(tmp_path, *grid))
    penalty = ("loss/penalty=r1", "loss.penalty.weight=0.1")
    assert "modes lost" not in found(trained(tmp_path, *grid, *penalty))


@pytest.mark.full
def test_a_gan_that_sees_eight_digits_memorises_them(tmp_path):
    run = trained(
        tmp_path,
        "data=digits",
        "data.limit=16",
        "data.holdout=0.5",
        "trainer.metrics=[memorisation]",
        "trainer.metric_samples=128",
        "trainer.steps=1200",
    )
    assert "memorising" in found(run)


YOUNG = "trainer.steps=800"
LOOKED_AT = "trainer.metrics=[frechet,classes,memorisation,swd,ms_ssim]"


@pytest.mark.full
@pytest.mark.parametrize(
    "overrides",
    [
        ("loss=bce",),
        ("loss=hinge", "optim=rmsprop"),
        ("loss=least_squares", "loss/penalty=r1", "loss.penalty.weight=1"),
        ("loss=wgan_gp", "trainer.critic_steps=2"),
        # It is young for longer: at round 400 it makes 69 % of the modes.
        ("model=digits_28", "trainer=simultaneous", "optim.lr=1e-4", YOUNG),
    ],
    ids="-".join,
)
def test_a_healthy_run_on_real_digits_has_no_finding(tmp_path, overrides):
    run = trained(
        tmp_path,
        "data=digits",
        "data.holdout=0.1",
        "trainer.steps=400",
        "trainer.metric_ticks=2",
        LOOKED_AT,
        *overrides,
    )
    assert found(run) == {}
