"""What of a run folder, or of a sweep's, is the same however often it was stopped."""

import csv
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np

from gan_lab.artifacts.metrics_csv import TIMING

CLOCK = {"time", "started", "ended"}
SPEED = {
    "seconds",
    "startup_seconds",
    "images_per_second",
    "gflop_per_second",
    "peak_memory_bytes",
    *TIMING,
}
# Their names or lines tell when and how often the process began.
ADDRESS = re.compile(r'"shared_object_id": \d+')
NUMBER = re.compile(r'_\d+"')
APART = ("log.txt", ".lock", "tensorboard/", "checkpoints/", "events.out.")


def differing(first: dict, second: dict) -> list[str]:
    """The names of what is not the same in two folders."""
    names = first.keys() | second.keys()
    return sorted(name for name in names if first.get(name) != second.get(name))


def leftovers(place: Path) -> list[str]:
    """What killed writes left: files and folders that begin with a process's number."""
    return sorted(str(p.relative_to(place)) for p in place.rglob(".[0-9]*-*"))


def of_a_sweep(path: Path) -> dict[str, object]:
    """What must be the same of a sweep: its jobs, and what ranks them."""
    jobs = sorted(p.parent for p in path.glob("*/run.json"))
    found = {f"{p.name}/{k}": v for p in jobs for k, v in of_a_run(p).items()}
    found |= {f"jobs/{p.name}": _digest(p) for p in path.glob("jobs/*.yaml")}
    table = csv.DictReader(io.StringIO((path / "leaderboard.csv").read_text()))
    return found | {f"place of {line['run']}": _timeless(line) for line in table}


def of_a_run(path: Path) -> dict[str, object]:
    """What must be the same of a run: all but times, and what tells of stops."""
    found = {"events.jsonl": []}  # it is there once something has happened
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        name = str(file.relative_to(path))
        if name.startswith(APART):
            continue
        found |= _read(name, file)
    found |= _checkpoints(path / "checkpoints")
    found |= _tensorboard(path / "tensorboard")
    return found


def _read(name: str, file: Path) -> dict[str, object]:
    """A file, or what it is made of where that has times in it."""
    if name == "metrics.csv":
        return _rows(file)
    if name in ("run.json", "summary.json"):
        facts = _timeless(json.loads(file.read_text()))
        return {f"{name} {key}": facts[key] for key in facts}
    if name in ("scores.jsonl", "events.jsonl"):
        return {name: [fact for fact in _lines(file) if not _is_of_a_stop(fact)]}
    if file.suffix == ".keras":
        return _network(name, file)
    return {name: _digest(file)}


def _rows(file: Path) -> dict[str, object]:
    text = file.read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    found = {"metrics.csv header": text.partition("\n")[0]}
    return found | {f"row {row['round']}": _timeless(row) for row in rows}


def _lines(file: Path) -> list[dict]:
    return [_timeless(json.loads(line)) for line in file.read_text().splitlines()]


def _is_of_a_stop(fact: dict) -> bool:
    """Whether a line tells that the run went on, or how fast the machine was."""
    return fact.get("event") == "resume" or fact.get("name") == "input-bound"


def _timeless(facts):
    """The same without times, at any depth."""
    if isinstance(facts, dict):
        kept = {k: v for k, v in facts.items() if k not in CLOCK | SPEED}
        return {key: _timeless(value) for key, value in kept.items()}
    return facts


def _network(name: str, file: Path) -> dict[str, object]:
    """Architecture and weights of a `.keras` file.

    Beside them it holds a date, an address in memory, and names of layers that count
    what the process built before.
    """
    import h5py

    found = {}
    with zipfile.ZipFile(file) as archive:
        config = NUMBER.sub('"', ADDRESS.sub("", archive.read("config.json").decode()))
        weights = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(weights) as stored:

        def note(place: str, part) -> None:
            if isinstance(part, h5py.Dataset):
                found[f"{name} {place}"] = _hash(part[()].tobytes())

        stored.visititems(note)
    return found | {f"{name} config": config}


def _checkpoints(path: Path) -> dict[str, object]:
    found = {}
    for folder in sorted(path.iterdir()):
        meta = _timeless(json.loads((folder / "meta.json").read_text()))
        found[f"checkpoint {folder.name} meta"] = meta
        with np.load(folder / "state.npz", allow_pickle=False) as state:
            for key in state:
                name = f"checkpoint {folder.name} {key}"
                found[name] = _hash(state[key].tobytes())
    return found


def _tensorboard(path: Path) -> dict[str, object]:
    """What TensorBoard shows, wherever it stands: how often, and what."""
    from gan_lab.artifacts.tensorboard import _records

    found = {}
    for file in path.glob("events.out.tfevents.*"):
        for _, event in _records(file.read_bytes())[0]:
            for value in event.summary.value:
                if value.tag not in TIMING:
                    shown = found.setdefault(f"event {event.step} {value.tag}", [])
                    shown.append(_hash(value.SerializeToString()))
    return found


def _digest(file: Path) -> str:
    return _hash(file.read_bytes())


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
