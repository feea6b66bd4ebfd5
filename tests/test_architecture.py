"""The rules of the house, read from the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gan_lab

PACKAGE = Path(gan_lab.__file__).parent
FLOORS = [
    {
        "errors",
        "registry",
        "arithmetic",
        "artifacts",
        "backend",
        "console",
        "cores",
        "interruption",
        "processor",
        "parts",
        "pickles",
    },
    {
        "models",
        "optim",
        "data",
        "losses",
        "metrics",
        "features",
        "trainers",
        "steps",
        "norms",
        "engines",
        "searches",
    },
    {"gan", "callbacks"},
    {
        "settings",
        "values",
        "config",
        "remedy",
        "recovery",
        "slips",
        "refusals",
        "composition",
    },
    {"dataset", "review"},
    {
        "run",
        "assembly",
        "changes",
        "environment",
        "watching",
        "feeding",
        "loop",
        "training",
    },
    {"sweeps", "bench"},
    {"plugins"},
    {"verbs", "help", "cli", "__main__"},
]
FLOOR = {name: number for number, floor in enumerate(FLOORS) for name in floor}
# On a floor nobody imports a neighbour, but for these.
NEIGHBOURS = {
    ("registry", "errors"),
    ("artifacts", "errors"),
    ("interruption", "errors"),
    ("backend", "cores"),
    ("backend", "errors"),
    ("parts", "errors"),
    ("trainers", "steps"),
    ("models", "norms"),
    ("engines", "cores"),
    ("values", "settings"),
    ("config", "settings"),
    ("config", "values"),
    ("slips", "config"),
    ("slips", "settings"),
    ("refusals", "config"),
    ("refusals", "values"),
    ("remedy", "config"),
    ("recovery", "config"),
    ("composition", "config"),
    ("composition", "refusals"),
    ("composition", "settings"),
    ("composition", "slips"),
    ("composition", "values"),
    ("review", "dataset"),
    ("changes", "run"),
    ("loop", "feeding"),
    ("loop", "run"),
    ("loop", "watching"),
    ("training", "assembly"),
    ("training", "changes"),
    ("training", "loop"),
    ("training", "run"),
    ("training", "environment"),
    ("help", "verbs"),
    ("cli", "help"),
    ("cli", "verbs"),
    ("verbs", "cli"),
    ("__main__", "cli"),
}
HOMES = {  # who may import what from outside
    "tensorflow": {"backend"},
    "jax": {"backend"},
    "hydra": {"composition", "plugins", "refusals", "slips"},
    "omegaconf": {
        "assembly",
        "bench",
        "composition",
        "config",
        "dataset",
        "feeding",
        "plugins",
        "recovery",
        "refusals",
        "remedy",
        "review",
        "run",
        "settings",
        "sweeps",
        "training",
        "values",
    },
    "rich": {"console", "callbacks", "sweeps"},
    "tensorboardX": {"callbacks", "artifacts", "sweeps"},
    "filelock": {"artifacts", "data", "sweeps"},
    "platformdirs": {"data"},
    "requests": {"data"},
    "gdown": {"data"},
    "imagehash": {"data"},
    "jinja2": {"review", "sweeps"},
    "matplotlib": {"review"},
    "optuna": {"plugins", "searches", "sweeps"},
    "submitit": {"engines"},
}
# They are imported by the bodies of builders and by `training`, never for a schema.
LOADS_KERAS = {
    "assembly",
    "backend",
    "steps",
    "gan",
    "run",
    "changes",
    "environment",
    "feeding",
    "loop",
    "training",
    "norms",
}


def _modules():
    for file in sorted(PACKAGE.rglob("*.py")):
        place = file.relative_to(PACKAGE)
        if place.parts != ("__init__.py",):
            yield pytest.param(place.parts[0].removesuffix(".py"), file, id=str(place))


MODULES = list(_modules())


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
        parts = name.split(".")
        if parts[0] == "gan_lab" and parts[1] != room:
            lower = FLOOR[parts[1]] < FLOOR[room]
            assert lower or (room, parts[1]) in NEIGHBOURS, f"{room} imports {name}"


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
    assert not loads & {"keras", "tensorflow", "jax"} or room in LOADS_KERAS


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
        "load_config",
        "load_run",
        "options",
        "register",
        "resume",
        "train",
    ]
    for name in gan_lab.__all__:
        assert getattr(gan_lab, name).__doc__


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
