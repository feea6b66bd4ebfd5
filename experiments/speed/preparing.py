"""Preparing JPEGs of 178x218 to 64x64, against a plain Pillow loop on the same files.

    python experiments/speed/preparing.py --path celeba_wild_178x218.zip

The archive is unpacked first, so that both read the same files from the same folder.
The loop opens, crops and resizes, and keeps nothing; gan_lab does all of a preparation:
it hashes the source, checks, decodes, writes, syncs and seals the cache. What Pillow
loops alone do, one a core in processes of their own, is the most that could be.
"""

import argparse
import functools
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from measure import interleave, ratio
from PIL import Image

from gan_lab.data.preparation.geometry import Decode, Geometry
from gan_lab.data.preparation.prepare import prepare
from gan_lab.data.sources.folder import folder
from gan_lab.system import cores
from gan_lab.system.console import Console

SIZE, BOX = 64, (0, 20, 178, 198)


def plain(files: list[Path]) -> list[np.ndarray]:
    """What everybody writes."""
    pictures = []
    for file in files:
        picture = Image.open(file).convert("RGB").crop(BOX)
        picture = picture.resize((SIZE, SIZE), Image.Resampling.BOX)
        pictures.append(np.asarray(picture))
    return pictures


def plain_draft(files: list[Path]) -> list[np.ndarray]:
    """What everybody writes who knows of `draft`, which halves pictures here."""
    pictures = []
    for file in files:
        picture = Image.open(file)
        picture.draft("RGB", (178 // 2, 218 // 2))
        picture = picture.convert("RGB").crop([side // 2 for side in BOX])
        picture = picture.resize((SIZE, SIZE), Image.Resampling.BOX)
        pictures.append(np.asarray(picture))
    return pictures


def count(loop: Callable, files: list[Path]) -> int:
    """Play a loop, in a process of its own, and keep nothing."""
    return len(loop(files))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--path", type=Path, required=True)
    parser.add_argument("--copies", type=int, default=3)
    parser.add_argument("--turns", type=int, default=7)
    asked = parser.parse_args()
    pool = ProcessPoolExecutor(cores.count(), get_context("spawn"))
    with tempfile.TemporaryDirectory() as place, pool:
        root, cache = Path(place, "pictures"), Path(place, "cache")
        for copy in range(asked.copies):
            with zipfile.ZipFile(asked.path) as archive:
                archive.extractall(root / str(copy))
        files = sorted(root.rglob("*.jpg"))

        def prepared(decode: Decode):
            shutil.rmtree(cache, ignore_errors=True)
            geometry = Geometry(SIZE, 3, decode=decode)
            source = folder(path=str(root))
            return prepare(source, geometry, cache=cache, console=Console(quiet=True))

        def together(loop: Callable) -> int:
            shares = [files[start :: cores.count()] for start in range(cores.count())]
            return sum(pool.map(functools.partial(count, loop), shares))

        same = np.array_equal(prepared(Decode.full).images, np.stack(plain(files)))
        print(f"{len(files)} files; pixel for pixel the same: {same}")
        seconds = interleave(
            {
                "plain": lambda: plain(files),
                "full": lambda: prepared(Decode.full),
                "draft": lambda: prepared(Decode.draft),
                "plain loops": lambda: together(plain),
                "plain draft loops": lambda: together(plain_draft),
            },
            asked.turns,
        )
    for name, turns in seconds.items():
        rate = len(files) / sorted(turns)[len(turns) // 2]
        print(f"{name}: {rate:,.0f} pictures/s")
    for name in list(seconds)[1:]:
        gain = ratio(seconds["plain"], seconds[name])
        print(f"rate of {name} / of the plain loop: {gain}")


if __name__ == "__main__":
    main()
