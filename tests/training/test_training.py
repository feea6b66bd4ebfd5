"""Whole runs: what they leave, and what goes wrong."""

import csv
import json
import signal
import threading

import keras
import numpy as np
import pytest
from PIL import Image

import gan_lab
from gan_lab.config.check import check
from gan_lab.errors import NonFiniteError, OutOfMemoryError, StorageError, UsageError
from gan_lab.system.console import Console
from gan_lab.training import build
from gan_lab.training.train import train


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from tests.conftest import TINY

    runs = tmp_path_factory.mktemp("runs")
    return train(gan_lab.load_config(*TINY, f"runs='{runs}'", "trainer.ema=0.9"))


def test_the_folder_is_complete(run):
    assert sorted(p.name for p in run.folder.path.iterdir()) == [
        ".lock",
        "checkpoints",
        "config.yaml",
        "generator.keras",
        "generator_ema.keras",
        "latents.npy",
        "log.txt",
        "metrics.csv",
        "run.json",
        "samples",
        "scores.jsonl",
        "summary.json",
        "tensorboard",
        "timelapse.gif",
    ]
    assert sorted(p.name for p in run.folder.samples.iterdir()) == [
        "000000.png",
        "000002.png",
        "000004.png",
    ]


def test_the_facts_say_what_was_run(run):
    facts = run.folder.facts()
    assert facts["status"] == "finished"
    assert facts["reason"] == "all 4 rounds are played"
    assert facts["environment"]["keras"] == keras.__version__
    assert facts["environment"]["threads"] >= 1
    assert facts["config"]["model"]["width"] == 4
    assert len(facts["data"]) == 64
    assert facts["started"] <= facts["ended"]


def test_the_table_has_a_row_a_tick(run):
    with run.folder.metrics.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["round"] for row in rows] == ["2", "4"]
    assert list(rows[0]) == [
        "round",
        "seconds",
        "loss/discriminator",
        "loss/discriminator_real",
        "loss/discriminator_fake",
        "loss/generator",
        "logits/real",
        "logits/fake",
        "accuracy/real",
        "accuracy/fake",
        "score/swd",
        "score/diversity",
        "score/ms_ssim",
        "samples/spread",
        "samples/change",
        "speed/images_per_second",
        "speed/data_wait",
        "speed/scoring",
    ]
    scored = [n for n in rows[0] if n.startswith("score/") or n == "speed/scoring"]
    assert {rows[0][name] for name in scored} == {""}  # every fourth tick, and the last
    rows[0] = {name: value for name, value in rows[0].items() if name not in scored}
    assert all(np.isfinite([float(v) for v in row.values()]).all() for row in rows)


def test_the_summary_has_last_and_best_values(run):
    summary = json.loads((run.folder.path / "summary.json").read_text())
    assert summary["round"] == summary["last"]["round"] == 4
    assert summary["best"]["loss/generator"]["round"] in (2, 4)
    assert summary["images_per_second"] > 0


def test_tensorboard_has_every_scalar_the_grids_and_both_losses_in_one_chart(run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run.folder.tensorboard))
    events.Reload()
    tags = events.Tags()
    assert set(tags["scalars"]) == {
        *run.gan.log_names,
        "score/swd",
        "score/diversity",
        "score/ms_ssim",
        "samples/spread",
        "samples/change",
        "speed/images_per_second",
        "speed/data_wait",
        "speed/scoring",
    }
    assert [e.step for e in events.Scalars("loss/generator")] == [2, 4]
    assert [e.step for e in events.Images("samples")] == [0, 2, 4]
    assert "custom_scalars__config__" in tags["tensors"]
    assert any(tag.startswith("config") for tag in tags["tensors"])


def test_the_grid_is_that_of_the_moving_average_on_the_fixed_latents(run):
    latents = np.load(run.folder.path / "latents.npy", allow_pickle=False)
    with Image.open(run.folder.samples / "000004.png") as picture:
        first = np.asarray(picture)[2:18, 2:18]
    assert np.array_equal(first, run.gan.sample(latents=latents)[0, ..., 0])


@pytest.mark.parametrize("name", ["generator", "generator_ema"])
def test_the_generator_loads_with_plain_keras(run, name):
    loaded = keras.saving.load_model(run.folder.path / f"{name}.keras", safe_mode=True)
    ours = run.gan.ema_generator if name.endswith("ema") else run.gan.generator
    latents = run.folder.latents()
    assert np.array_equal(
        loaded(latents, training=False), ours(latents, training=False)
    )


def test_a_run_loads_as_it_was_saved(run):
    loaded = gan_lab.load_run(run.folder.path)
    assert loaded.round == 4
    assert np.array_equal(loaded.gan.sample(3), run.gan.sample(3))
    assert loaded.config == run.config


def test_two_runs_of_one_process_with_one_seed_are_the_same(tiny):
    first, second = train(tiny()), train(tiny())
    other = train(tiny("seed=1"))
    assert first.folder.path != second.folder.path
    assert np.array_equal(first.gan.sample(3), second.gan.sample(3))
    assert not np.array_equal(first.gan.sample(3), other.gan.sample(3))


def test_fixed_latents_do_not_depend_on_the_seed(tiny, run):
    assert np.array_equal(train(tiny("seed=9")).folder.latents(), run.folder.latents())


def test_a_half_life_in_images_is_a_decay_a_round(tiny):
    asked = ("trainer.batch_size=64", "trainer.ema_half_life=20000")
    gan = build.gan_of(check(tiny(*asked)), (16, 16, 1))
    assert gan.ema == pytest.approx(0.99778439, abs=1e-8)
    with pytest.raises(UsageError, match=r"ema_half_life` must be above 0, or null"):
        check(tiny("trainer.ema_half_life=0"))


def test_off_the_main_thread_no_signal_handler_is_touched(tiny):
    before, runs = signal.getsignal(signal.SIGINT), []
    thread = threading.Thread(target=lambda: runs.append(train(tiny())))
    thread.start()
    thread.join()
    assert runs[0].round == 4 and signal.getsignal(signal.SIGINT) is before


def test_signal_handlers_are_given_back(tiny):
    before = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
    train(tiny())
    assert before == [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]


def test_bfloat16_computes_in_bfloat16_and_keeps_float32_weights_and_logits(tiny):
    run = train(tiny("trainer.precision=mixed_bfloat16"))
    layer = run.gan.discriminator.layers[0]
    assert layer.compute_dtype == "bfloat16" and layer.kernel.dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("trainer", ["alternating", "simultaneous"])
def test_float16_skips_updates_that_overflow_and_counts_them(tiny, trainer):
    names = (f"trainer={trainer}", "trainer.precision=mixed_float16")
    run = train(tiny(*names))
    layer = run.gan.discriminator.layers[0]
    assert layer.compute_dtype == "float16" and layer.kernel.dtype == "float32"
    assert run.gan.discriminator_optimizer is not run.gan.generator_optimizer
    assert run.folder.summary()["skipped_updates"] == run.gan.skipped_updates()
    weights = [v.numpy() for v in run.gan.discriminator.trainable_variables]
    before = run.gan.skipped_updates()["discriminator"]
    run.gan.discriminator_optimizer.dynamic_scale.assign(1e38)
    run.gan.play_round(np.zeros((4, 16, 16, 1), np.uint8))
    assert run.gan.skipped_updates()["discriminator"] == before + 1
    assert float(run.gan.discriminator_optimizer.dynamic_scale) == pytest.approx(5e37)
    for was, now in zip(
        weights, run.gan.discriminator.trainable_variables, strict=True
    ):
        assert (was == now.numpy()).all()


@pytest.mark.full
def test_float16_trains_like_float32(tiny):
    rows = [
        train(tiny("loss=hinge", f"trainer.precision={name}")).summary()["last"]
        for name in ("float32", "mixed_float16")
    ]
    for name in ("loss/discriminator", "loss/generator", "logits/real"):
        assert rows[0][name] == pytest.approx(rows[1][name], abs=2e-2), name


def test_other_precisions_skip_nothing(tiny):
    assert train(tiny()).gan.skipped_updates() == {}


@pytest.mark.full
def test_xla_compiles_the_step(tiny):
    plain, compiled = train(tiny()), train(tiny("trainer.jit=true"))
    ours, theirs = (
        r.summary()["last"]["loss/discriminator"] for r in (plain, compiled)
    )
    assert ours == pytest.approx(theirs, abs=1e-2)


@pytest.mark.parametrize("trainer", gan_lab.options("trainer"))
@pytest.mark.parametrize("optim", gan_lab.options("optim"))
def test_every_trainer_trains_with_every_optimiser(tiny, trainer, optim):
    assert train(tiny(f"trainer={trainer}", f"optim={optim}")).round == 4


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(tiny):
    config = tiny(
        "loss=least_squares", "optim=sgd", "optim.lr=1e9", "trainer.tick_steps=1"
    )
    with pytest.raises(
        NonFiniteError, match=r"not finite (in|after) round \d\."
    ) as stop:
        train(config)
    assert stop.value.exit_code == 3
    (path,) = (p for p in (config_path(config)).iterdir())
    folder = gan_lab.artifacts.RunFolder(path)
    assert folder.facts()["status"] == "failed"
    assert "not finite" in folder.facts()["reason"]
    saved = folder.checkpoints.load(pytest.fail)
    assert saved is None or all(np.isfinite(v).all() for v in saved[1].values())


def config_path(config):
    from pathlib import Path

    return Path(config.runs, config.name)


def test_a_weight_that_is_not_finite_is_never_saved(tiny):
    run = train(tiny())
    weight = run.gan.generator.trainable_weights[0]
    weight.assign(np.full(weight.shape, np.nan))
    with pytest.raises(NonFiniteError, match=r"generator .*kernel is not finite after"):
        run.save()
    assert np.isfinite(
        run.folder.checkpoints.load(pytest.fail)[1]["generator/000"]
    ).all()


def test_out_of_memory_is_one_sentence(tiny, monkeypatch):
    def greedy(self, *args, **options):
        raise MemoryError

    monkeypatch.setattr("gan_lab.training.callbacks.samples.SampleGrid.measure", greedy)
    with pytest.raises(
        OutOfMemoryError, match=r"smaller `trainer.batch_size` \(now 4\)"
    ) as end:
        train(tiny())
    assert end.value.exit_code == 5


def test_a_full_disk_is_one_sentence_and_loses_nothing(tiny, monkeypatch):
    written = []
    real = np.savez

    def savez(file, **state):
        if written:
            raise OSError(28, "No space left on device", str(file))
        written.append(file)
        real(file, **state)

    monkeypatch.setattr(np, "savez", savez)
    config = tiny()
    with pytest.raises(StorageError, match="There is no space left for"):
        train(config)
    (path,) = config_path(config).iterdir()
    folder = gan_lab.artifacts.RunFolder(path)
    assert folder.checkpoints.load(pytest.fail)[0] == 2
    assert folder.facts()["status"] == "failed"


def test_a_folder_that_cannot_be_written_is_one_sentence(tiny, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        train(tiny(f"runs='{tmp_path / 'file'}'"))


def test_a_crash_is_written_into_the_folder(tiny, monkeypatch):
    def broken(self, *args):
        raise RuntimeError("a bug")

    monkeypatch.setattr("gan_lab.training.callbacks.samples.SampleGrid.measure", broken)
    config = tiny()
    with pytest.raises(RuntimeError, match="a bug"):
        train(config)
    (path,) = config_path(config).iterdir()
    assert "RuntimeError: a bug" in (path / "log.txt").read_text()
    assert (
        json.loads((path / "run.json").read_text())["reason"] == "RuntimeError: a bug"
    )


def test_a_line_a_tick_is_said_where_there_is_no_terminal(tiny, capsys):
    train(tiny(), console=Console())
    first, *ticks, last = capsys.readouterr().out.splitlines()
    assert first.startswith("Run folder: ")
    assert [t.partition("  ")[0] for t in ticks] == ["round 2/4", "round 4/4"]
    assert "waiting for data" in ticks[0] and "left" in ticks[0]
    assert "Next: tensorboard --logdir" in last


def test_pictures_that_are_left_out_are_counted(tmp_path, tiny, capsys):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.new("RGB", (20, 20)).save(pictures / "good.png")
    (pictures / "bad.png").write_text("no picture")
    run = train(tiny("data=folder", f"data.path='{pictures}'"))
    assert "1 picture is left out, bad.png for one" in capsys.readouterr().out
    assert "not a picture" in run.folder.facts()["left_out"]["bad.png"]


def test_the_users_own_module_adds_parts(tmp_path, monkeypatch):
    (tmp_path / "my_parts.py").write_text(
        "from gan_lab import register\n"
        "from gan_lab.models.dcgan import dcgan\n"
        "@register('model')\n"
        "def my_model(image_shape, /, *, width: int = 4):\n"
        "    return dcgan(image_shape, width=width)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    config = gan_lab.load_config(
        "imports=[my_parts]",
        "model=my_model",
        "model.width=2",
        "data=synthetic",
        "trainer.steps=1",
        "trainer.batch_size=2",
        f"runs='{tmp_path / 'runs'}'",
    )
    run = train(config)
    assert run.gan.discriminator.layers[0].filters == 2
    assert gan_lab.load_run(run.folder.path).round == 1
