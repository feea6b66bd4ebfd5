"""Shuffled batches of 64 at 64x64x3, against what Keras reads from a folder.

    python experiments/speed/reading.py --path celeba_wild_178x218.zip

`keras` is `keras.utils.image_dataset_from_directory` on the same files, cropping to the
same square; `pillow` is the loop that everybody writes. gan_lab reads its prepared
pictures, in the order of a run.
"""

import argparse
import random
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
from measure import interleave, ratio
from PIL import Image

from gan_lab.data.batches import Batches
from gan_lab.data.preparation.geometry import Geometry
from gan_lab.data.preparation.prepare import prepare
from gan_lab.data.sources.folder import folder
from gan_lab.system.console import Console

SIZE, BATCH, BOX = 64, 64, (0, 20, 178, 198)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--path", type=Path, required=True)
    parser.add_argument("--batches", type=int, default=60)
    parser.add_argument("--turns", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "pictures")
        with zipfile.ZipFile(asked.path) as archive:
            archive.extractall(root)
        files = sorted(root.rglob("*.jpg"))
        pictures = folder(path=str(root))
        geometry, cache = Geometry(SIZE, 3), Path(place, "cache")
        samples = prepare(pictures, geometry, cache=cache, console=Console(quiet=True))
        dealt = Batches(samples, BATCH, seed=0)
        dataset = keras.utils.image_dataset_from_directory(
            root,
            labels=None,
            batch_size=BATCH,
            image_size=(SIZE, SIZE),
            crop_to_aspect_ratio=True,
            verbose=False,
        )

        def ours():
            for round in range(asked.batches):
                dealt(round)

        def of_keras():
            for _ in dataset.take(asked.batches):
                pass

        def of_pillow():
            for _ in range(asked.batches):
                batch = []
                for file in random.choices(files, k=BATCH):
                    picture = Image.open(file).convert("RGB").crop(BOX)
                    picture = picture.resize((SIZE, SIZE), Image.Resampling.BOX)
                    batch.append(np.asarray(picture))
                np.stack(batch)

        contestants = {"gan_lab": ours, "keras": of_keras, "pillow": of_pillow}
        seconds = interleave(contestants, asked.turns)
    for name, turns in seconds.items():
        middle = sorted(turns)[len(turns) // 2]
        print(f"{name}: {asked.batches * BATCH / middle:,.0f} images/s")
    for name in ("keras", "pillow"):
        gain = ratio(seconds[name], seconds["gan_lab"])
        print(f"rate of gan_lab / of {name}: {gain}")


if __name__ == "__main__":
    main()
