"""Several devices and several processes: one run, the same as on one."""

import contextlib
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from gan_lab import backend
from gan_lab.artifacts import RunFolder
from gan_lab.backend.tensorflow import meeting
from gan_lab.backend.tensorflow.cluster import Machines, machines
from gan_lab.backend.tensorflow.meeting import meet
from gan_lab.config.check import check
from gan_lab.data.batches import Batches
from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError, WorkerError
from gan_lab.training.resume import resume
from gan_lab.training.train import train
from tests.training.test_resume import (
    STATEFUL,
    differing,
    finish,
    run_folder,
    trace,
    wait_for,
)

ROOT = Path(__file__).parents[2]
MIRRORED = ("trainer.strategy=mirrored", "trainer.devices=2")
MULTIWORKER = ("trainer.strategy=multiworker",)
# What an environment variable of this machine may say of a cluster is not for tests.
AROUND = {k: v for k, v in os.environ.items() if not k.startswith(("TF_CON", "SLURM_"))}
on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="machines meet under TensorFlow"
)


@pytest.mark.parametrize(
    "chosen, cases",
    [
        ("tensorflow", ["noise", "averages", "batch"]),
        pytest.param("tensorflow", [], marks=pytest.mark.full),
        pytest.param("jax", [], marks=pytest.mark.full),
    ],
)
def test_three_rounds_on_two_devices_are_those_on_one(tmp_path, chosen, cases):
    pytest.importorskip(chosen)
    for count in "12":
        subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.on_devices",
                count,
                f"{tmp_path}/{count}.npz",
                *cases,
            ],
            cwd=ROOT,
            env=AROUND | {"KERAS_BACKEND": chosen},
            check=True,
            timeout=600,
        )
    with np.load(tmp_path / "1.npz") as one, np.load(tmp_path / "2.npz") as two:
        assert sorted(one) == sorted(two)
        for name in one:
            if name != "dropped":
                assert np.allclose(one[name], two[name], rtol=1e-5, atol=1e-5), name
        kept = two["dropped"]
        assert set(np.unique(kept)) == {0.0, 2.0}
        assert len(np.unique(kept, axis=0)) == len(kept)  # no two samples alike


@pytest.mark.full
@pytest.mark.parametrize("chosen", backend.BACKENDS)
def test_a_run_on_two_devices_that_was_killed_ends_like_one_that_was_not(
    tmp_path, no_tensorflow, chosen
):
    pytest.importorskip(chosen)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir(), killed.mkdir()
    steps, around = "trainer.steps=12", {"KERAS_BACKEND": chosen}
    if chosen == "jax":
        around["PYTHONPATH"] = no_tensorflow
    assert "Finished" in finish(begin(whole, *STATEFUL, *MIRRORED, steps, **around))
    process = begin(killed, *STATEFUL, *MIRRORED, steps, **around)
    wait_for(lambda: any(killed.glob("runs/*/*/checkpoints/000004")), process)
    process.kill()
    finish(process)
    path = run_folder(killed)
    assert RunFolder(path).facts()["environment"]["device"] == "2 x CPU"
    alone = finish(begin(killed, "resume", str(path), "trainer.strategy=none"))
    assert "`trainer.devices` above 1 needs `trainer.strategy=mirrored`" in alone
    said = finish(begin(killed, "resume", str(path), **around))
    assert "Finished after 12 rounds" in said
    assert differing(trace(run_folder(whole), 12), trace(path, 12)) == []


@pytest.fixture
def pair(tmp_path):
    """A function that begins a command in two processes of one cluster."""
    begun = []

    def run(
        *arguments: str, second: tuple = (), machines=by_tf_config
    ) -> list[subprocess.Popen]:
        for around, more in zip(machines(), ((), second), strict=True):
            begun.append(begin(tmp_path, *arguments, *more, **around))
        return begun[-2:]

    yield run
    for process in begun:
        process.kill()
        process.communicate()


@pytest.mark.full
@on_tensorflow
def test_two_processes_play_the_run_of_two_devices_and_go_on_exactly_after_a_loss(
    pair, tmp_path
):
    alone = tmp_path / "alone"
    alone.mkdir()
    finish(begin(alone, *STATEFUL, *MIRRORED, "trainer.steps=12"))

    chief, other = pair(*STATEFUL, *MULTIWORKER, "trainer.steps=12")
    wait_for(lambda: any(tmp_path.glob("runs/*/*/checkpoints/000004")), chief)
    other.kill()
    said = finish(chief)
    assert chief.returncode == 6
    assert "Another process of the run has ended" in said.splitlines()[-1]
    path = run_folder(tmp_path)
    facts = RunFolder(path).facts()
    assert facts["status"] == "failed" and facts["exit_code"] == 6

    chief, other = pair("resume", str(path))
    assert "Finished after 12 rounds" in finish(chief)
    assert "Process 2 of 2; the first one writes the run folder." in finish(other)
    assert [chief.returncode, other.returncode] == [0, 0]
    assert differing(trace(run_folder(alone), 12), trace(path, 12)) == []
    assert len(list(tmp_path.glob("runs/*/*"))) == 1  # the chief's


@pytest.mark.full
@on_tensorflow
def test_a_signal_to_one_process_stops_all_at_the_same_round(pair, tmp_path):
    endless = (*STATEFUL, *MULTIWORKER, "trainer.steps=1000")
    chief, other = pair(*endless, machines=by_slurm)
    wait_for(lambda: any(tmp_path.glob("runs/*/*/samples/000004.png")), chief)
    other.send_signal(signal.SIGTERM)
    said = finish(chief)
    finish(other)
    assert [chief.returncode, other.returncode] == [143, 143], said
    folder = RunFolder(run_folder(tmp_path))
    assert folder.facts()["status"] == "stopped"
    stopped = folder.checkpoints.rounds()[-1]
    assert f"Stopped after round {stopped}" in said


@pytest.mark.full
@on_tensorflow
@pytest.mark.parametrize(
    "second, what", [("data.path=b.npy", "images"), ("data.flip=true", "settings")]
)
def test_processes_that_would_play_another_run_are_refused_before_there_is_a_folder(
    pair, tmp_path, second, what
):
    for place, name in enumerate("ab"):
        np.save(tmp_path / f"{name}.npy", np.full((8, 28, 28), place, np.uint8))
    rest = [given for given in STATEFUL if not given.startswith("data")]
    own = ["data=array", "data.path=a.npy", *rest, *MULTIWORKER]
    for process in pair(*own, second=(second,)):
        said = finish(process)
        assert process.returncode == 2
        assert f"The processes of the run have different {what}" in said
    assert run_folder(tmp_path) is None


def test_parts_of_a_round_are_each_update_in_turn_dealt_to_the_processes():
    images = np.arange(40, dtype=np.uint8).reshape(40, 1, 1, 1)

    def batches(**parts):
        return Batches(Samples(images), 12, seed=0, flip=True, updates=3, **parts)(1)

    whole = batches().reshape(3, 2, 2)
    for part in range(2):
        assert (batches(part=part, parts=2).ravel() == whole[:, part].ravel()).all()


VECTORS = ("data=ring", "model=mlp", "model.width=16", "data.image_size=null")


@pytest.mark.parametrize("data", [("data.flip=true",), VECTORS])
def test_images_on_the_device_train_the_same_run_byte_for_byte(tiny, data):
    chosen = (*data, "trainer.critic_steps=2")
    paths = [
        train(tiny(*chosen, f"data.device={there}")).folder.path
        for there in ("false", "true")
    ]
    assert differing(*[trace(path, 4) for path in paths]) == []


def test_images_that_do_not_fit_on_the_device_stay_on_the_host(
    tiny, monkeypatch, capsys
):
    def full(images):
        raise MemoryError

    monkeypatch.setattr(backend, "hold", full)
    run = train(tiny("data.device=true"))
    assert run.round == 4
    assert (
        "of images do not fit into the memory of the device" in capsys.readouterr()[0]
    )


def test_one_device_is_the_chief_of_one_process():
    devices = backend.Devices()
    assert (devices.count, devices.process, devices.processes) == (1, 0, 1)
    assert devices.gather(3, 4).tolist() == [[3, 4]]


@pytest.mark.parametrize(
    "overrides, said",
    [
        (["trainer.devices=0"], "`trainer.devices` must be at least 1, or null"),
        (["trainer.devices=2"], "needs `trainer.strategy=mirrored`.*Received: 2"),
        (
            [*MIRRORED, "trainer.jit=true"],
            "`trainer.jit` needs `trainer.strategy=none`",
        ),
        ([*MULTIWORKER, "trainer.on_collapse=rollback"], "the chief alone measures"),
    ],
)
def test_devices_that_make_no_sense_are_refused_before_they_are_looked_for(
    tiny, overrides, said
):
    with pytest.raises(UsageError, match=said):
        check(tiny(*overrides))


@pytest.mark.full
def test_devices_on_the_resume_line_are_consent(tiny, monkeypatch):
    run = train(tiny())
    two = run.environment | {"device": "2 x CPU"}
    monkeypatch.setattr("gan_lab.training.start.environment", lambda devices: two)
    with pytest.raises(UsageError, match="device was CPU, is 2 x CPU"):
        resume(run.folder.path, ["trainer.steps=6"])
    alone = ["trainer.steps=6", "trainer.strategy=none"]
    assert resume(run.folder.path, alone).environment["device"] == "2 x CPU"
    two["device"] = "2 x GPU"
    with pytest.raises(UsageError, match="device was 2 x CPU, is 2 x GPU"):
        resume(run.folder.path, ["trainer.steps=8", "trainer.strategy=none"])


@on_tensorflow
@pytest.mark.parametrize(
    "option", [{"use_ema": True}, {"gradient_accumulation_steps": 2}]
)
def test_an_optimiser_that_keras_cannot_spread_is_refused(monkeypatch, option):
    import tensorflow as tf

    optimizer = keras.optimizers.Adam(**option)
    backend.take_means(optimizer)
    strategy = SimpleNamespace(num_replicas_in_sync=2)
    monkeypatch.setattr(tf.distribute, "get_strategy", lambda: strategy)
    with pytest.raises(UsageError, match=f"`trainer.strategy`.*{next(iter(option))}"):
        backend.take_means(optimizer)


def test_a_batch_that_devices_cannot_share_evenly_is_refused(tmp_path):
    said = finish(
        begin(tmp_path, *STATEFUL, *MIRRORED[:1], "trainer.devices=3")
    ).splitlines()[-1]
    assert said == (
        "gan_lab: `trainer.batch_size` must be a multiple of the 3 devices that share "
        "it. Received: 4."
    )
    assert run_folder(tmp_path) is None


@on_tensorflow
def test_machines_that_are_not_named_are_asked_for(tiny, monkeypatch):
    for name in ("TF_CONFIG", "SLURM_STEP_NODELIST"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match="needs the machines that take part"):
        train(tiny(*MULTIWORKER))


def cluster(kind: object = "worker", index: object = 0, **groups: list) -> str:
    task = {"type": kind, "index": index}
    return json.dumps({"cluster": groups, "task": task})


@pytest.mark.parametrize(
    "given",
    [
        "worker 1",
        '{"task": {}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"index": 0}}',
        cluster(worker=[]),
        cluster(worker=["a:1", "b:1"], index=2),
        cluster(worker=["a:1"], index=None),
        cluster(worker=["a:1"], kind="wrker"),
        cluster(worker=["a:1"], evaluator=["b:1"], kind="evaluator"),
        cluster(worker=["a"]),
        cluster(worker=["a:first"]),
        cluster(worker=["a:70000"]),
        cluster(worker=[3]),
        cluster(worker="a:1"),
        "[1]",
        '{"cluster": [1], "task": {"type": "worker", "index": 0}}',
    ],
)
def test_a_cluster_that_makes_no_sense_is_the_users_mistake(monkeypatch, given):
    monkeypatch.setenv("TF_CONFIG", given)
    with pytest.raises(UsageError, match="TF_CONFIG must be JSON") as caught:
        machines()
    assert str(caught.value).endswith(f"Received: {given}.")


def test_the_chief_comes_first_and_an_index_may_be_text(monkeypatch):
    text = cluster(chief=["a:1"], worker=["b:1", "[::1]:2"], index="1")
    monkeypatch.setenv("TF_CONFIG", text)
    assert machines() == Machines(("a:1", "b:1", "[::1]:2"), 2)


def come(ports: list[int], own: int) -> socket.socket:
    """Meet the others, and listen at once where one was found, as TensorFlow does."""
    meet(Machines(tuple(f"localhost:{port}" for port in ports), own))
    return socket.create_server(("", ports[own]))


def test_processes_wait_until_the_last_is_there():
    ports = free_ports(3)
    with ThreadPoolExecutor(3) as pool:
        early = [pool.submit(come, ports, own) for own in (0, 1)]
        assert not wait(early, timeout=1).done
        last = pool.submit(come, ports, 2)
        for server in (*early, last):
            server.result(60).close()


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_processes_meet_in_whatever_order_they_come(order):
    ports = free_ports(3)
    with ThreadPoolExecutor(3) as pool:
        begun = []
        for own in order:
            begun.append(pool.submit(come, ports, own))
            time.sleep(meeting.PAUSE * 0.7)
        for server in begun:
            server.result(60).close()


def test_who_has_found_all_stays_until_all_have_found_it(monkeypatch):
    """The first to leave is found no more: another one may not have called yet."""
    ports, calls = free_ports(2), []
    call = meeting._answers

    def slow(known, *place):
        if known.own:
            calls.append(known.own)
            if len(calls) < 5:
                return False  # it has not got round to it
        return call(known, *place)

    monkeypatch.setattr(meeting, "_answers", slow)
    with ThreadPoolExecutor(2) as pool:
        for server in [pool.submit(come, ports, own) for own in (0, 1)]:
            server.result(60).close()


def speak(server: socket.socket, words: bytes) -> None:
    """Be another program: say something to everyone who calls."""
    with contextlib.ExitStack() as callers, contextlib.suppress(OSError):
        while True:
            caller, _ = server.accept()
            callers.enter_context(caller).sendall(words)


@pytest.mark.parametrize("words", [b"", b"SSH-2.0-x\r\n", b"gan_lab 0: 1 hears 0\n"])
def test_another_program_in_the_place_of_a_process_is_told_at_once(monkeypatch, words):
    monkeypatch.setattr(meeting, "SILENT", 0.5)
    monkeypatch.setattr(meeting, "WITHIN", 0.3)
    ports = free_ports(2)
    with socket.create_server(("localhost", ports[1])) as server:
        stranger = threading.Thread(target=speak, args=(server, words))
        stranger.start()
        with pytest.raises(WorkerError, match=f" at localhost:{ports[1]} is not a "):
            come(ports, 0)
        server.shutdown(socket.SHUT_RDWR)
        stranger.join()


def test_processes_of_two_runs_tell_each_other_apart(monkeypatch):
    monkeypatch.setattr(
        meeting, "MINUTES", 0.1
    )  # for who calls once the other has left
    ports, told = free_ports(3), []
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(come, ports, 0), pool.submit(come, ports[:2], 1)]
        for run in runs:
            with pytest.raises(WorkerError) as said:
                run.result(60)
            told.append(str(said.value))
    assert any("not a process of this run" in sentence for sentence in told)
    assert all("not a process" in s or "there is nobody at" in s for s in told)


def test_who_does_not_come_is_named_and_who_cannot_be_reached_is_told(monkeypatch):
    monkeypatch.setattr(meeting, "MINUTES", 0.005)
    port, absent = free_ports(2)
    known = Machines((f"localhost:{port}", f"localhost:{absent}"), 0)
    with pytest.raises(WorkerError, match=f"nobody at localhost:{absent}: "):
        meet(known)
    told = pytest.raises(UsageError, match=f"cannot be reached at port {port}, ")
    with socket.create_server(("", port)), told:
        meet(known)


@pytest.mark.full
@on_tensorflow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_that_waits_for_the_others_ends_by_a_signal(tmp_path, number):
    process = begin(tmp_path, *STATEFUL, *MULTIWORKER, **by_tf_config()[0])
    said = process.stdout.readline()
    assert said == "Waiting for the other machines of the run.\n"
    process.send_signal(number)
    finish(process)
    assert process.returncode == 128 + number


@pytest.mark.full
@on_tensorflow
def test_machines_that_have_met_leave_signals_as_they_were():
    script = (
        "import os, signal; from gan_lab import backend; "
        "assert backend.Devices('multiworker').processes == 1; "
        "os.kill(os.getpid(), signal.SIGTERM); signal.pause()"
    )
    text = cluster(worker=[f"localhost:{free_ports(1)[0]}"])
    done = subprocess.run(
        [sys.executable, "-c", script], env=AROUND | {"TF_CONFIG": text}, timeout=60
    )
    assert done.returncode == -signal.SIGTERM


def begin(path: Path, *arguments: str, **around: str) -> subprocess.Popen:
    """`python -m gan_lab` in a folder, on a machine without a cluster."""
    return subprocess.Popen(
        [sys.executable, "-m", "gan_lab", *arguments],
        cwd=path,
        env=AROUND | around,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def by_tf_config() -> list[dict[str, str]]:
    """What two processes of this machine have in their environment."""
    workers = [f"localhost:{port}" for port in free_ports(2)]
    return [
        {
            "TF_CONFIG": json.dumps(
                {
                    "cluster": {"worker": workers},
                    "task": {"type": "worker", "index": index},
                }
            )
        }
        for index in range(2)
    ]


def by_slurm() -> list[dict[str, str]]:
    """The same, as `srun` gives it to two tasks on a node."""
    step = {
        "SLURM_JOB_ID": str(os.getpid()),
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_STEP_TASKS_PER_NODE": "2",
        "SLURM_STEP_NODELIST": "localhost",
    }
    return [step | {"SLURM_PROCID": str(number)} for number in range(2)]


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below those that systems give to who calls."""
    found = []
    while len(found) < count:
        port = random.SystemRandom().randrange(15_000, 30_000)
        with contextlib.suppress(OSError), socket.create_server(("", port)):
            found.append(port)
    return found
