"""Modules of one's own; those that a stranger's run folder asks for; where they are."""

import compileall
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

import gan_lab
from gan_lab import registry
from gan_lab.artifacts import RunFolder
from gan_lab.cli.main import main
from gan_lab.config import imports
from gan_lab.config.differences import plain
from gan_lab.config.imports import import_parts, parts_of
from gan_lab.errors import UsageError
from gan_lab.review.report import choices
from tests.conftest import TINY

TRACE = "from pathlib import Path\nPath({!r}).touch()\n"
MODEL = (
    "from gan_lab import register\n"
    "from gan_lab.models.dcgan import dcgan\n"
    "@register('model')\n"
    "def my_model(image_shape, /, *, width: int = 4):\n"
    "    return dcgan(image_shape, width=width)\n"
)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty current folder, and a process that has imported nothing of one's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    monkeypatch.setattr(
        sys, "path", [p for p in sys.path if p not in ("", str(tmp_path))]
    )
    before = set(sys.modules)
    registry.names("model")  # opens its room, which happens once
    models = dict(registry._entries["model"])
    yield tmp_path
    registry._entries["model"] = models
    for name in set(sys.modules) - before:
        if "my_" in name or "shared" in name:
            del sys.modules[name]


@pytest.fixture
def run(here):
    """A function that makes the folder of a run which asks for modules."""

    def make(*modules: str, model="dcgan", at="shared_run") -> Path:
        config = gan_lab.load_config(*TINY)
        config.imports, config.model.name = list(modules), model
        facts = {"config": plain(config), "image_shape": [16, 16, 1]}
        text, latents = OmegaConf.to_yaml(config), np.zeros((4, 100), "f4")
        return RunFolder.create(Path(at), text, facts, latents).path

    return make


def evil(file: Path) -> Path:
    """A module that leaves a trace; where the trace would be."""
    trace = Path.cwd() / "trace"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TRACE.format(str(trace)))
    return trace


# Run folders.


@pytest.mark.parametrize("verb", ["sample", "resume", "evaluate", "interpolate"])
def test_a_module_inside_a_run_folder_is_not_imported(run, capfd, verb):
    trace = evil(run("shared_run.evil") / "evil.py")
    assert main([verb, "shared_run"]) == 2
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 1 and said[0].startswith(
        "gan_lab: shared_run/config.yaml: `imports`: shared_run.evil is not imported, "
        f"as {Path.cwd()}/shared_run/evil.py is inside the run folder "
        f"{Path.cwd()}/shared_run. --no-imports opens the run without its modules."
    )
    assert not trace.exists()


def test_a_report_imports_nothing_that_is_inside_a_run_folder(run, here):
    folder = run("shared_run.evil")
    trace = evil(folder / "evil.py")
    assert choices.changes(RunFolder(folder).facts()["config"])
    assert main(["report", "shared_run"]) == 0
    page = (folder / "report.html").read_text()
    assert "shared_run.evil is not imported" in page and not trace.exists()


def _package(folder: Path) -> str:
    evil(folder / "shared_inner" / "__init__.py")
    (folder / "shared_inner" / "parts.py").touch()
    return "shared_run.shared_inner.parts"


def _link_to(folder: Path) -> str:
    evil(folder / "evil.py")
    Path("shared_link.py").symlink_to(folder.resolve() / "evil.py")
    return "shared_link"


def _link_from(folder: Path) -> str:
    evil(Path("elsewhere") / "evil.py")
    (folder / "evil.py").symlink_to(Path("elsewhere", "evil.py").resolve())
    return "shared_run.evil"


def _linked_folder(folder: Path) -> str:
    evil(folder / "evil.py")
    Path("shared_linked").symlink_to(folder.resolve())
    return "shared_linked.evil"


def _bytes_only(folder: Path) -> str:
    evil(folder / "evil.py")
    compileall.compile_dir(folder, legacy=True, quiet=2)
    (folder / "evil.py").write_text("")
    (folder / "evil.py").rename(folder / "other.py")
    return "shared_run.evil"


def _archive(folder: Path) -> str:
    evil(folder / "shared_zipped.py")
    with zipfile.ZipFile(folder / "evil.zip", "w") as archive:
        archive.write(folder / "shared_zipped.py", "shared_zipped.py")
    (folder / "shared_zipped.py").unlink()
    sys.path.append(str((folder / "evil.zip").resolve()))
    return "shared_zipped"


def _checkpoint(folder: Path) -> str:
    evil(folder / "deep" / "er" / "evil.py")
    (folder / "run.json").unlink()
    (folder / "checkpoints" / "000002").mkdir()
    (folder / "checkpoints" / "000002" / "meta.json").touch()
    return "shared_run.deep.er.evil"


def _through_another(folder: Path) -> str:
    evil(folder / "evil.py")
    Path("my_bridge.py").write_text("import shared_run.evil\n")
    return "my_bridge"


@pytest.mark.parametrize(
    "place",
    [
        _package, _link_to, _link_from, _linked_folder, _bytes_only, _archive,
        _checkpoint, _through_another,
    ],
    ids=lambda place: place.__name__.strip("_"),
)  # fmt: skip
def test_nothing_of_a_run_folder_is_run_however_it_is_reached(run, here, place):
    module = place(run())
    with pytest.raises(UsageError, match=r"is not imported, as .* inside the run"):
        import_parts([module])
    assert not (here / "trace").exists() and module not in sys.modules


def test_what_a_run_imports_is_said_once_with_its_file(run, capfd):
    Path("my_parts.py").write_text(MODEL)
    run("my_parts", "json")
    assert main(["sample", "shared_run", "--compare"]) == 2
    said = capfd.readouterr().err.splitlines()
    assert said[0] == (
        f"shared_run/config.yaml imports my_parts from {Path.cwd()}/my_parts.py."
    )
    assert len(said) == 2 and "has no checkpoint yet" in said[1]


def test_a_module_is_said_before_it_is_run_and_so_are_its_packages(here):
    (here / "my_package").mkdir()
    (here / "my_package" / "__init__.py").write_text("print('my_package is run')\n")
    (here / "my_package" / "one.py").write_text("print('one is run')\n")
    said = []
    import_parts(["my_package.one"], lambda name, file: said.append((name, file.name)))
    assert said == [("my_package", "__init__.py"), ("my_package.one", "one.py")]


def test_without_imports_a_run_is_opened_as_far_as_it_goes(run, here, capfd):
    trace = evil(Path("my_parts.py"))
    run("my_parts")
    assert main(["sample", "shared_run", "--no-imports"]) == 2
    assert "has no checkpoint yet" in capfd.readouterr().err and not trace.exists()
    with pytest.raises(UsageError, match="has no checkpoint yet"):
        gan_lab.load_run("shared_run", imports=False)
    assert not trace.exists()


@pytest.mark.parametrize(
    "verb", ["sample", "resume", "evaluate", "interpolate", "neighbours"]
)
def test_a_part_that_was_left_out_is_named_with_its_module(run, capfd, verb):
    Path("my_parts.py").write_text(MODEL)
    run("my_parts", model="my_model")
    assert main([verb, "shared_run", "--no-imports"]) == 2
    (said,) = capfd.readouterr().err.splitlines()
    assert "`model=my_model` is not known. Known: dcgan" in said
    assert said.endswith("The run imports my_parts, which --no-imports left out.")


def test_a_module_that_is_not_there_says_how_to_open_the_run_without_it(run, capfd):
    run("my_lost_parts")
    assert main(["resume", "shared_run"]) == 2
    (said,) = capfd.readouterr().err.splitlines()
    assert said == (
        "gan_lab: shared_run/config.yaml: `imports`: there is no module my_lost_parts. "
        "--no-imports opens the run without its modules."
    )


def test_modules_of_the_command_line_take_the_place_of_the_runs(run, here):
    trace = evil(Path("my_old.py"))
    Path("my_new.py").touch()
    config, said = run("my_old") / "config.yaml", []
    with parts_of(config, ["imports=[my_new]", "seed=1"], say=said.append):
        assert "my_new" in sys.modules
    assert not said and not trace.exists()


@pytest.mark.parametrize(
    "imports", ["5", "{a: b}", "[[a]]", "[1]", "'../evil'", "[.e]"]
)
def test_other_imports_of_a_run_are_one_sentence(run, capfd, imports):
    config = run() / "config.yaml"
    config.write_text(config.read_text().replace("imports: []", f"imports: {imports}"))
    assert main(["sample", "shared_run"]) == 2
    (said,) = capfd.readouterr().err.splitlines()
    assert said.startswith("gan_lab: ")


# The current folder.


def test_the_current_folder_is_the_last_place_and_no_library(here):
    evil(Path("json.py"))
    Path("my_parts.py").write_text("import my_helpers.inner\nimport json\n")
    Path("my_helpers").mkdir()
    Path("my_helpers", "inner.py").touch()
    Path("torch").mkdir()
    import_parts(["my_parts"])
    assert imports._Here in sys.meta_path and "" not in sys.path
    with pytest.raises(ModuleNotFoundError):
        import torch  # noqa: F401
    assert not Path("trace").exists()


@pytest.mark.parametrize(
    "start",
    [
        ["-m", "gan_lab"],
        [
            "-c",
            "import gan_lab.cli.main as c;"
            "import sys; sys.path.remove(''); sys.exit(c.main())",
        ],
    ],
    ids=["module", "script"],
)
def test_a_file_of_the_current_folder_is_not_taken_for_a_library(here, start):
    for name in ("numpy", "hydra", "yaml", "json", "psutil", "PIL", "my_parts"):
        evil(Path(f"{name}.py"))
    Path("mine-1.dist-info").mkdir()
    points = Path("mine-1.dist-info", "entry_points.txt")
    points.write_text("[gan_lab.parts]\nmine = my_parts\n")
    said = subprocess.run(
        [sys.executable, *start, "--cfg", "job"], capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr
    assert "model:" in said.stdout and not Path("trace").exists()


def test_an_empty_folder_is_not_taken_for_a_library(here, command):
    for name in ("torch", "jax", "tensorflow", "brotli"):
        Path(name).mkdir()
    Path("my_parts.py").write_text(MODEL)
    said = command(*TINY, "imports=[my_parts]", "model=my_model", "trainer.steps=1")
    assert said.returncode == 0, said.stderr


def test_a_folder_is_not_taken_for_an_installed_library(here, monkeypatch):
    monkeypatch.syspath_prepend(here)
    Path("my_library").mkdir()
    assert not gan_lab._is_installed("my_library")
    Path("my_library", "__init__.py").touch()
    assert gan_lab._is_installed("my_library")


@pytest.mark.full
def test_the_jobs_of_a_sweep_import_what_its_line_says_and_the_console_is_quiet(
    here, command
):
    Path("my_parts.py").write_text(MODEL)
    line = ("-m", *TINY, "trainer.steps=2", "imports=[my_parts]", "model=my_model")
    said = command(*line, "seed=1,2")
    assert said.returncode == 0, said.stderr
    assert "my_parts" not in said.stdout + said.stderr
