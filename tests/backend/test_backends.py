"""TensorFlow and JAX: the same contracts, the same numbers, one run folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from gan_lab.artifacts import RunFolder
from gan_lab.backend import BACKENDS
from gan_lab.errors import UsageError
from gan_lab.training.load import load_run
from gan_lab.training.resume import resume
from gan_lab.training.train import train
from tests import three_rounds

ROOT = Path(__file__).parents[2]
OURS = keras.backend.backend()
(OTHER,) = set(BACKENDS) - {OURS}
# What every part of the registry has to do; it runs here, and under JAX in a process.
CONTRACTS = (
    "tests/gan/test_gan.py",
    "tests/losses/test_losses.py",
    "tests/layers/test_norms.py",
    "tests/optim/test_optim.py",
    "tests/training/test_training.py::test_every_trainer_trains_with_every_optimiser",
    "tests/training/test_training.py::test_bfloat16_computes_in_bfloat16_and_keeps_float32_"
    "weights_and_logits",
    "tests/training/test_training.py::test_float16_skips_updates_that_overflow_and_counts_them",
    "tests/training/test_training.py::test_the_generator_loads_with_plain_keras",
    "tests/training/test_training.py::test_a_run_loads_as_it_was_saved",
    "tests/training/test_training.py::test_off_the_main_thread_no_signal_handler_is_touched",
    "tests/training/test_resume.py::test_a_resumed_run_is_the_same_byte_for_byte",
    "tests/training/test_resume.py::test_a_resumed_run_keeps_the_scales_of_its_losses",
)
# JAX compiles for long: in the first tier some models and trainers stand for all.
SOME = (
    "not (faces or roses or digits_28 or rmsprop or sgd or float16 or scales or "
    "bit_identical or critic_step or fit_trains or latents_save or "
    "every_model or any_batch or a_penalty_has or every_trainer)"
)


def python(backend: str, *arguments: str, cwd=ROOT, **variables: str):
    """What a Python process said that computes with a backend."""
    pytest.importorskip(backend)
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": ROOT} | variables,
        capture_output=True,
        text=True,
        timeout=900,
    )


def test_a_backend_that_is_not_installed_is_named(no_tensorflow, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "gan_lab", "data=synthetic", "data.image_size=16"],
        cwd=tmp_path,
        env=os.environ | {"KERAS_BACKEND": "tensorflow", "PYTHONPATH": no_tensorflow},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "KERAS_BACKEND=tensorflow needs tensorflow, which is not" in done.stderr


@pytest.mark.skipif(OURS == "jax", reason="they run under JAX already")
@pytest.mark.parametrize("some", [SOME, pytest.param("", marks=pytest.mark.full)])
def test_jax_keeps_every_contract_where_there_is_no_tensorflow(
    no_tensorflow, tmp_path, some
):
    said = python(
        "jax",
        *("-m", "pytest", "-q", "-k", some, *CONTRACTS),
        PYTHONPATH=no_tensorflow,
        # One program is compiled once, however many tests and runs play it.
        JAX_COMPILATION_CACHE_DIR=str(tmp_path / "compiled"),
        JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS="0.1",
    )
    assert said.returncode == 0, said.stdout[-5000:] + said.stderr[-5000:]


def test_from_equal_states_three_rounds_are_the_same_to_a_hundred_thousandth(tmp_path):
    said = python(OTHER, "-m", "tests.three_rounds", str(tmp_path / "other.npz"))
    assert said.returncode == 0, said.stderr
    ours = three_rounds.play_all()
    with np.load(tmp_path / "other.npz", allow_pickle=False) as theirs:
        assert sorted(ours) == sorted(theirs)
        for name, value in ours.items():
            assert np.allclose(value, theirs[name], rtol=1e-5, atol=1e-5), name
    first = {n: v for n, v in ours.items() if n.endswith("run/000")}
    assert [int(v) for v in first.values()] == [3] * len(three_rounds.CASES)


@pytest.mark.full
def test_a_run_goes_on_under_the_other_backend_and_back_when_that_is_wanted(tiny):
    path = train(tiny()).folder.path
    begun = ("-m", "gan_lab", "resume", str(path), "trainer.steps=6")
    said = python(OTHER, *begun)
    assert said.returncode == 2 and said.stderr.count("\n") == 1
    assert f"backend was {OURS}, is {OTHER}" in said.stderr
    assert "weights and optimisers go on" in said.stderr
    said = python(OTHER, *begun, "--accept-changes")
    assert said.returncode == 0, said.stderr
    facts = RunFolder(path).facts()
    assert facts["environment"]["backend"] == OTHER
    event = json.loads((path / "events.jsonl").read_text())
    assert f"backend was {OTHER}" not in str(event) and "is " + OTHER in str(event)

    assert np.isfinite(load_run(path).gan.generator.get_weights()[0]).all()
    with pytest.raises(UsageError, match=f"backend was {OTHER}, is {OURS}"):
        resume(path, ["trainer.steps=8"])
    assert resume(path, ["trainer.steps=8"], accept_changes=True).round == 8


@pytest.mark.full
def test_the_generator_that_one_backend_writes_draws_the_same_on_the_other(tiny):
    run = train(tiny())
    program = (
        "import sys, keras, numpy as np;"
        "network = keras.saving.load_model(sys.argv[1], safe_mode=True);"
        "np.save(sys.argv[3], network(np.load(sys.argv[2]), training=False))"
    )
    path = run.folder.path
    files = [str(path / name) for name in ("generator.keras", "latents.npy", "x.npy")]
    said = python(OTHER, "-c", program, *files)
    assert said.returncode == 0, said.stderr
    ours = run.gan.generator(run.folder.latents(), training=False)
    assert np.allclose(np.load(path / "x.npy"), ours, atol=1e-5)


def test_another_backend_is_refused_in_one_sentence_that_names_both(tmp_path):
    # PyTorch is not installed; Keras would say so before we could.
    program = (
        "import keras; keras.backend.backend = lambda: 'torch'; import gan_lab.backend"
    )
    said = python(OURS, "-c", program, cwd=tmp_path)
    assert said.stderr.splitlines()[-1] == (
        "gan_lab.errors.UsageError: gan_lab trains with the TensorFlow or the JAX "
        "backend of Keras (KERAS_BACKEND=tensorflow or jax). Received: "
        "KERAS_BACKEND=torch."
    )


@pytest.mark.parametrize(
    "chosen, expected", [("", "jax"), ("tensorflow", "tensorflow")]
)
def test_jax_is_taken_where_tensorflow_is_not_installed_and_none_is_chosen(
    chosen, expected, tmp_path
):
    pytest.importorskip("jax")
    program = (
        "import importlib.util as u, os; real = u.find_spec;"
        "u.find_spec = lambda n, *a: None if n == 'tensorflow' else real(n, *a);"
        "import gan_lab; print(os.environ['KERAS_BACKEND'])"
    )
    said = python(OURS, "-c", program, cwd=tmp_path, KERAS_BACKEND=chosen)
    assert said.stdout.strip() == expected, said.stderr
