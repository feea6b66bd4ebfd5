"""Ctrl-C and SIGTERM at any moment: an exit code, a true status, nothing half made."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gan_lab.artifacts import RunFolder
from gan_lab.cli.main import main
from gan_lab.config import compose
from gan_lab.system import files
from gan_lab.system.signals import NAMES, Command, Interruption, Stopped
from gan_lab.training import attempts, start
from gan_lab.training.callbacks import recording
from gan_lab.training.train import train
from tests.conftest import TINY
from tests.training.test_resume import differing, trace

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
pytestmark = [posix, pytest.mark.usefixtures("compiled_once")]
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def command():
    """A command that is under way in this process."""
    begun = Command(last=False)
    begun.begin()
    yield begun
    begun.settle()


@contextlib.contextmanager
def is_stopped(command, number):
    """As `main` takes it: what is within is stopped by a signal."""
    try:
        yield
    except Stopped as stopped:
        command.settle()
        said = command.stopped(stopped)
        assert said.exit_code == 128 + number
        assert str(said) == f"Stopped by {NAMES[number]}."
    else:
        pytest.fail("it was not stopped")


def wait():
    """Give a signal that is held back the time to be raised."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        pass


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_stops_a_command_with_a_sentence(command, number):
    with is_stopped(command, number):
        signal.raise_signal(number)


def test_a_signal_within_an_import_is_raised_once_it_is_whole(
    command, tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "half_imported.py").write_text(
        "import signal\nsignal.raise_signal(signal.SIGTERM)\nwhole = True\n"
    )
    with is_stopped(command, signal.SIGTERM):
        import half_imported

        assert half_imported.whole
        wait()
    assert sys.modules.pop("half_imported").whole


def test_a_signal_does_not_interrupt_what_tidies_up(command, tmp_path, monkeypatch):
    def make(beside):
        beside.write_text("half")
        raise ValueError

    unlink = Path.unlink

    def slow_unlink(path):
        signal.raise_signal(signal.SIGTERM)
        unlink(path)

    monkeypatch.setattr(Path, "unlink", slow_unlink)
    with is_stopped(command, signal.SIGTERM):
        with contextlib.suppress(ValueError):
            files.produce(tmp_path / "whole.txt", make)
        wait()
    assert not list(tmp_path.iterdir())


def test_a_signal_that_someone_drops_is_raised_again(command):
    with is_stopped(command, signal.SIGTERM):
        with contextlib.suppress(BaseException):
            signal.raise_signal(signal.SIGTERM)
        wait()


def test_a_signal_that_is_held_back_reaches_a_loop_that_notes_it(command):
    try:
        raise ValueError
    except ValueError:
        signal.raise_signal(signal.SIGTERM)
        with Interruption() as interruption:
            time.sleep(0.3)
    assert interruption.signal == signal.SIGTERM


def test_a_command_gives_its_signals_back():
    before = [signal.getsignal(number) for number in SIGNALS]
    assert main(["--help"]) == 0
    assert before == [signal.getsignal(number) for number in SIGNALS]


def test_a_signal_after_the_last_line_changes_no_exit_code(tmp_path):
    script = (
        "import atexit, signal, sys; from gan_lab.cli.main import main; "
        "atexit.register(lambda: [signal.raise_signal(n) for n in (2, 15)]); "
        "sys.argv = ['gan_lab', '--help']; sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True)
    assert done.returncode == 0 and not done.stderr


# A run that is stopped where it was not listened to before.


def stop_within(monkeypatch, where, name: str, number: int) -> None:
    """Send a signal when a function is called for the first time."""
    function = getattr(where, name)

    def interrupted(*given, **named):
        monkeypatch.setattr(where, name, function)
        signal.raise_signal(number)
        return function(*given, **named)

    monkeypatch.setattr(where, name, interrupted)


def run_of(path: Path) -> Path:
    (run,) = path.glob("runs/run/*")
    return run


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """The trace of a run that was left alone."""
    path = tmp_path_factory.mktemp("straight")
    assert main([*TINY, f"runs={path}/runs", "name=run"]) == 0
    return trace(run_of(path), 4)


@pytest.mark.parametrize(
    "where, name, number",
    [
        (RunFolder, "lock", signal.SIGTERM),
        (attempts, "play", signal.SIGINT),
        (recording.Checkpoint, "tick", signal.SIGTERM),
    ],
)
def test_a_signal_to_a_run_that_has_a_folder_leaves_it_stopped(
    tmp_path, monkeypatch, straight, where, name, number
):
    stop_within(monkeypatch, where, name, number)
    assert main([*TINY, f"runs={tmp_path}/runs", "name=run"]) == 128 + number
    path = run_of(tmp_path)
    facts = RunFolder(path).facts()
    assert (facts["status"], facts["exit_code"]) == ("stopped", 128 + number)
    assert not list(tmp_path.rglob(".[0-9]*-*"))
    assert main(["resume", str(path)]) == 0
    assert differing(trace(path, 4), straight) == []


@pytest.mark.parametrize("name", ["summarise", "write_film", "finish", "unlock"])
def test_a_signal_to_a_run_that_has_played_all_lets_it_end(tmp_path, monkeypatch, name):
    stop_within(monkeypatch, RunFolder, name, signal.SIGTERM)
    assert main([*TINY, f"runs={tmp_path}/runs", "name=run"]) == 0
    facts = RunFolder(run_of(tmp_path)).facts()
    assert (facts["status"], facts["exit_code"]) == ("finished", 0)
    assert (run_of(tmp_path) / "timelapse.gif").is_file()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_before_there_is_a_folder_leaves_none(
    tmp_path, monkeypatch, capsys, number
):
    stop_within(monkeypatch, start, "assemble", number)
    runs = tmp_path / "runs"
    assert main([*TINY, f"runs={runs}", "name=run"]) == 128 + number
    assert not runs.exists()
    assert capsys.readouterr().err == f"gan_lab: Stopped by {NAMES[number]}.\n"


def test_a_signal_of_which_a_library_makes_another_error_is_told_as_what_it_was(
    tmp_path, monkeypatch, capsys
):
    def library(config):
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        raise ValueError("'NoneType' object has no attribute 'x'")

    monkeypatch.setattr(compose, "of_a_run", library)
    assert main([*TINY, f"runs={tmp_path}/runs"]) == 143
    assert capsys.readouterr().err == "gan_lab: Stopped by SIGTERM.\n"


def test_a_signal_to_a_resume_that_has_not_begun_leaves_what_was(
    tiny, monkeypatch, capsys
):
    path = train(tiny(), until=2).folder.path
    before = {p: p.read_bytes() for p in path.rglob("*") if p.is_file()}
    stop_within(monkeypatch, start, "assemble", signal.SIGTERM)
    assert main(["resume", str(path)]) == 143
    assert capsys.readouterr().err == "gan_lab: Stopped by SIGTERM.\n"
    assert before == {p: p.read_bytes() for p in path.rglob("*") if p.is_file()}


def test_a_signal_to_a_resume_that_has_begun_leaves_it_stopped(tiny, monkeypatch):
    path = train(tiny(), until=2).folder.path
    stop_within(monkeypatch, RunFolder, "go_back", signal.SIGTERM)
    assert main(["resume", str(path)]) == 143
    facts = RunFolder(path).facts()
    assert (facts["status"], facts["exit_code"]) == ("stopped", 143)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_to_a_verb_is_one_line(tiny, tmp_path, monkeypatch, capsys, number):
    run = train(tiny())
    capsys.readouterr()
    stop_within(monkeypatch, type(run.gan), "sample", number)
    out = tmp_path / "grid.png"
    given = ["sample", str(run.folder.path), "--count", "4", "--out", str(out)]
    assert main(given) == 128 + number
    assert capsys.readouterr().err == f"gan_lab: Stopped by {NAMES[number]}.\n"
    assert not list(tmp_path.rglob(".[0-9]*-*")) and not out.exists()
