"""The rules of the house, read from the source."""

import ast
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import gan_lab
from gan_lab import registry

PACKAGE = Path(gan_lab.__file__).parent
# From the ground up. A file imports what is in its own room, and what stands on a
# lower floor; rooms on a floor never import each other.
FLOORS = (
    {"errors"},
    {"system", "doctor", "metrics", "flops"},
    {"pictures", "registry", "backend", "features", "layers"},
    {"artifacts"},
    {"models", "losses", "optim", "augment", "trainers", "data"},
    {"config"},
    {"gan", "evaluation"},
    {"training"},
    {"review", "sweeps", "bench"},
    {"cli"},
    {"__main__"},
)
FLOOR = {room: number for number, floor in enumerate(FLOORS) for room in floor}
# A name in a text is not seen above: who imports by such a one.
IMPORTS_BY_NAME = (
    "__init__.py",
    "registry.py",
    "backend/__init__.py",
    "cli/verbs/__init__.py",
    "config/imports.py",
    "data/preparation/decode.py",
    "data/sources/download.py",
    "doctor/known.py",
)
LOOSE = {"__init__", "__main__", "errors", "registry", "pictures", "flops"}
HOMES = {  # who may import what from outside
    "tensorflow": {"backend"},
    "jax": {"backend"},
    "hydra": {"config", "sweeps"},
    "omegaconf": {
        "config",
        "gan",
        "evaluation",
        "training",
        "review",
        "sweeps",
        "bench",
    },
    "rich": {"system", "training", "sweeps"},
    "tensorboardX": {"artifacts", "sweeps"},
    "filelock": {"system", "artifacts", "data", "sweeps"},
    "platformdirs": {"data"},
    "requests": {"data"},
    "gdown": {"data"},
    "imagehash": {"data"},
    "jinja2": {"review", "sweeps"},
    "matplotlib": {"review"},
    "optuna": {"sweeps"},
    "sqlalchemy": {"sweeps"},
    "submitit": {"sweeps"},
}
# What loads Keras: the bodies of builders import it, and `training` and `gan` do.
LOADS_KERAS = (
    "backend",
    "layers",
    "augment/operations",
    "trainers/steps",
    "gan",
    "training",
    "bench",
)


def _modules():
    for file in sorted(PACKAGE.rglob("*.py")):
        place = file.relative_to(PACKAGE)
        if place.parts != ("__init__.py",):
            yield pytest.param(place.parts[0].removesuffix(".py"), file, id=str(place))


MODULES = list(_modules())
ALL_FILES = sorted(PACKAGE.rglob("*.py"))


def imported(tree) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("room, file", MODULES)
def test_a_module_imports_only_what_stands_on_a_lower_floor(room, file):
    for name in imported(ast.parse(file.read_text())):
        library, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if library == "gan_lab" and other != room:
            assert FLOOR[other] < FLOOR[room], f"{room} imports {name}"


def test_a_group_has_its_room_where_the_registry_says():
    for group, room in registry.ROOMS.items():
        assert importlib.util.find_spec(room), group


def test_a_file_that_imports_by_name_is_on_the_list():
    by_name = {
        str(file.relative_to(PACKAGE))
        for file in ALL_FILES
        if re.search(r"\bimport_module\b|\b__import__\(", file.read_text())
    }
    assert by_name == set(IMPORTS_BY_NAME)


def files_imported(file: Path) -> Iterator[str]:
    """The files of gan_lab that a file imports when it is imported itself."""
    found = list(ast.parse(file.read_text()).body)
    for node in found:  # grows: what stands in `if` or `try` is imported, too
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in imported(ast.Module([node])):
                if file_of := place_of(name) or place_of(name.rpartition(".")[0]):
                    yield file_of
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found += [x for x in ast.iter_child_nodes(node) if isinstance(x, ast.stmt)]


def place_of(module: str) -> str | None:
    """The file of a module of gan_lab, as its rooms name it."""
    library, *parts = module.split(".")
    if library != "gan_lab":
        return None
    stem = PACKAGE.joinpath(*parts)
    files = (stem.with_suffix(".py"), stem / "__init__.py")
    return next((str(f.relative_to(PACKAGE)) for f in files if f.is_file()), None)


def test_no_files_import_each_other_in_a_circle():
    graph = {str(f.relative_to(PACKAGE)): set(files_imported(f)) for f in ALL_FILES}
    assert sum(map(len, graph.values())) > len(graph)
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


def test_few_files_are_loose():
    assert {file.stem for file in PACKAGE.glob("*.py")} == LOOSE


@pytest.mark.parametrize("room, file", MODULES)
def test_a_library_is_imported_in_its_home_only(room, file):
    for name in imported(ast.parse(file.read_text())):
        library = name.split(".")[0]
        assert room in HOMES.get(library, {room}), f"{room} imports {library}"


@pytest.mark.parametrize("room, file", MODULES)
def test_importing_a_room_loads_no_keras(room, file):
    tree = ast.parse(file.read_text())
    tree.body = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    loads = {name.split(".")[0] for name in imported(tree)}
    place = file.relative_to(PACKAGE).as_posix()
    assert not loads & {"keras", "tensorflow", "jax"} or place.startswith(LOADS_KERAS)


def test_nothing_in_the_package_imports_experiments():
    for _, file in (p.values for p in MODULES):
        assert "experiments" not in {
            name.split(".")[0] for name in imported(ast.parse(file.read_text()))
        }


def test_the_public_names_are_these():
    assert gan_lab.__all__ == [
        "GAN",
        "GanLabError",
        "Latent",
        "Loss",
        "Networks",
        "Penalty",
        "Run",
        "Samples",
        "UsageError",
        "benchmark",
        "clear_data",
        "compare",
        "diagnose",
        "evaluate",
        "inspect_data",
        "interpolate",
        "leaderboard",
        "list_data",
        "load_config",
        "load_run",
        "neighbours",
        "options",
        "prepare_data",
        "preview_data",
        "register",
        "replay",
        "report",
        "resume",
        "sample",
        "train",
        "watch_scores",
    ]
    for name in gan_lab.__all__:
        assert getattr(gan_lab, name).__doc__


def test_a_type_checker_finds_the_public_names_where_they_are_imported_from():
    tree = ast.parse(Path(gan_lab.__file__).read_text())
    (block,) = (
        node.body
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    seen = [(a.asname, n.module) for n in block for a in n.names if a.asname == a.name]
    assert sorted(seen) == sorted(gan_lab._HOMES.items())


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute `trian`"):
        _ = gan_lab.trian


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--cfg", "job"], ["model=dcgn"], ["optm=adam"], ["trian"]],
)
def test_what_needs_no_training_loads_no_backend(arguments, tmp_path):
    program = (
        "import sys; from gan_lab.cli.main import main; main(sys.argv[1:]);"
        "print([m for m in ('tensorflow', 'jax', 'keras') if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert said.stdout.splitlines()[-1] == "[]", said.stderr
    assert not list(tmp_path.iterdir())
