"""Preparing JPEGs of 178x218 to 64x64, against a plain Pillow loop on the same files.

    python experiments/speed/preparing.py --path celeba_wild_178x218.zip

The archive is unpacked first, so that both read the same files from the same folder.
The loop opens, crops and resizes, and keeps nothing; gan_lab does all of a preparation:
it hashes the source, checks, decodes, writes, syncs and seals the cache.
"""

import argparse
import shutil
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from measure import interleave, ratio
from PIL import Image

from gan_lab.console import Console
from gan_lab.data.folder import folder
from gan_lab.data.geometry import Decode, Geometry
from gan_lab.data.preparation import prepare

SIZE, BOX = 64, (0, 20, 178, 198)


def plain(files: list[Path]) -> list[np.ndarray]:
    """What everybody writes."""
    pictures = []
    for file in files:
        picture = Image.open(file).convert("RGB").crop(BOX)
        picture = picture.resize((SIZE, SIZE), Image.Resampling.BOX)
        pictures.append(np.asarray(picture))
    return pictures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--path", type=Path, required=True)
    parser.add_argument("--copies", type=int, default=3)
    parser.add_argument("--turns", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
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

        same = np.array_equal(prepared(Decode.full).images, np.stack(plain(files)))
        print(f"{len(files)} files; pixel for pixel the same: {same}")
        seconds = interleave(
            {
                "plain": lambda: plain(files),
                "full": lambda: prepared(Decode.full),
                "draft": lambda: prepared(Decode.draft),
            },
            asked.turns,
        )
    for name, turns in seconds.items():
        rate = len(files) / sorted(turns)[len(turns) // 2]
        print(f"{name}: {rate:,.0f} pictures/s")
    for name in ("full", "draft"):
        gain = ratio(seconds["plain"], seconds[name])
        print(f"rate of gan_lab, {name} / of the plain loop: {gain}")


if __name__ == "__main__":
    main()
