"""Modules that register parts: of installed packages, and of one's own by their names.

Run folders name modules too, and may be a stranger's: so no file inside of one is run,
and any other is told before.
"""

import functools
import importlib
import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from gan_lab.errors import UsageError

MARKS = ("run.json", "checkpoints/*/meta.json", "sweep.json")  # of a run or a sweep
Tell = Callable[[str, Path], None]  # is called with the name and file of a module


def import_parts(modules: Iterable[str], tell: Tell | None = None) -> None:
    """Import modules that register parts: these, and those of installed packages.

    Args:
        modules: their names; the current folder is the last place to look in.
        tell: is called with name and file of each, and of the packages that it is in,
            before they are run.

    Raises:
        UsageError: a module is not there, or is inside a run folder.
    """
    _import_installed()
    modules = list(modules)
    if modules and _Here not in sys.meta_path:
        sys.meta_path.append(_Here)
    with _guarded(modules, tell):
        for module in modules:
            if not all(map(str.isidentifier, module.split("."))):
                raise UsageError(f"`imports`: {module!a} is not a module's name.")
            try:
                importlib.import_module(module)
            except ModuleNotFoundError as error:
                if error.name != module.partition(".")[0] and error.name != module:
                    raise
                raise UsageError(f"`imports`: there is no module {module}.") from None


@contextmanager
def parts_of(
    config: Path,
    overrides: Iterable[str] = (),
    *,
    name: Path | str | None = None,
    imports: bool = True,
    say: Callable[[str], None],
) -> Iterator[None]:
    """Import what a run asks for, and say so; inside, its configuration can be read.

    Modules that an override names take the place of its own, and need no saying.

    Args:
        config: `config.yaml` of the run.
        overrides: `key=value` each.
        name: what to call that file.
        imports: whether anything is imported that is not here already.
        say: is called with a line for each module.

    Raises:
        UsageError: a module is not there, or is inside a run folder; or nothing was
            imported, and what is read inside needs it.
    """
    name, typed = name or config, _typed(overrides)
    modules = imports_of(config) if typed is None else typed

    def tell(module: str, file: Path) -> None:
        say(f"{name} imports {module} from {file}.")

    try:
        import_parts(modules if imports else (), tell if typed is None else None)
    except UsageError as error:
        without = "--no-imports opens the run without its modules"
        raise UsageError(f"{name}: {error} {without}.") from None
    try:
        yield
    except UsageError as error:
        if imports or not modules:
            raise
        raise UsageError(
            f"{error} The run imports {', '.join(modules)}, which --no-imports left "
            "out."
        ) from None


def imports_of(config: Path) -> list[str]:
    """The modules that a configuration names, or `run.json` where it is damaged."""
    named = _read(config).get("imports")
    if named is None:
        kept = _read(config.with_name("run.json")).get("config")
        named = kept.get("imports") if isinstance(kept, dict) else None
    return _texts(named)


def _read(file: Path) -> dict[str, Any]:
    """The keys of a YAML or JSON file; none where it cannot be read."""
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return said if isinstance(said, dict) else {}


def _typed(overrides: Iterable[str]) -> list[str] | None:
    """The modules that overrides name, where one does."""
    values = [o.partition("=")[2] for o in overrides if o.startswith("imports=")]
    try:
        return _texts(yaml.safe_load(values[-1])) if values else None
    except yaml.YAMLError:
        return None


def _texts(value: object) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


@functools.cache
def _import_installed() -> None:
    """Once, before packages could be those that the current folder has."""
    for point in importlib.metadata.entry_points(group="gan_lab.parts"):
        point.load()


class _Here:
    """Finds modules in the current folder, where nothing else has found them.

    On `sys.path` every folder in it would pass for the library that has its name.
    """

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A module that is there; a folder is one if there are modules in it."""
        spec = None if path else PathFinder.find_spec(name, [""])
        folders = spec.submodule_search_locations if spec else None
        if spec and not spec.has_location and not _has_modules(folders or ()):
            return None
        return spec


def _has_modules(folders: Iterable[str]) -> bool:
    deep = ("*.py", "*/*.py", "*/*/*.py")
    return any(next(Path(f).glob(p), None) for f in folders for p in deep)


@contextmanager
def _guarded(modules: list[str], tell: Tell | None) -> Iterator[None]:
    guard = _Guard(modules, tell)
    sys.meta_path.insert(0, guard)
    try:
        yield
    finally:
        sys.meta_path.remove(guard)


class _Guard:
    """Finds modules as Python does, and looks where they are before they are run."""

    def __init__(self, modules: list[str], tell: Tell | None):
        self._modules, self._tell = modules, tell
        self._is_run = functools.cache(_is_run)

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Find what the finders behind this one do."""
        behind = sys.meta_path[sys.meta_path.index(self) + 1 :]
        specs = (finder.find_spec(name, path, target) for finder in behind)
        spec = next(filter(None, specs), None)
        if spec and spec.has_location and spec.origin:
            file = Path(os.path.abspath(spec.origin))  # noqa: PTH100 it keeps links
            self._refuse(name, file)
            asked = any(f"{m}.".startswith(f"{name}.") for m in self._modules)
            if self._tell and asked:
                self._tell(name, file)
        return spec

    def _refuse(self, name: str, file: Path) -> None:
        for folder in (*file.parents, *file.resolve().parents):
            if self._is_run(folder):
                raise UsageError(
                    f"`imports`: {name} is not imported, as {file} is inside the run "
                    f"folder {folder}."
                )


def _is_run(folder: Path) -> bool:
    return any(next(folder.glob(mark), None) for mark in MARKS)
