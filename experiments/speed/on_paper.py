"""What a run over very many images on many GPUs costs, on paper.

    python experiments/speed/on_paper.py
    python experiments/speed/on_paper.py --machines 1 --batch 512 --share 0.4

Sizes and arithmetic are counted from the networks, rates are measured here in a minute,
and what the cluster does is assumed by the options. Prints the tables of the README.
Linux only.
"""

import argparse
import hashlib
import io
import math
import os
import tempfile
import time
import tracemalloc
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from gan_lab import GAN, backend, flops
from gan_lab.data.batches import Batches
from gan_lab.data.preparation.geometry import Geometry
from gan_lab.data.preparation.prepare import prepare
from gan_lab.data.samples import Samples
from gan_lab.data.sources.folder import folder
from gan_lab.evaluation.judge import Judge
from gan_lab.losses.adversarial import bce
from gan_lab.models.dcgan import dcgan
from gan_lab.system.console import Console
from gan_lab.trainers.steps import Alternating

MEASURED = 4_000


def seconds(act, turns: int = 1) -> float:
    """The fastest of some turns."""
    took = []
    for _ in range(turns):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return min(took)


def counted(width: int, asked) -> dict[str, float]:
    """Bytes and operations of a model, a round being one of `asked.batch` images."""
    networks = dcgan((asked.side, asked.side, 3), width=width)
    gan = GAN(networks, bce(None), step=Alternating(shared=True), ema=0.995)
    gan.compile(backend.Adam(), backend.Adam())
    pair = networks.generator, networks.discriminator
    parameters = [sum(math.prod(w.shape) for w in n.trainable_weights) for n in pair]
    outputs = [sum(math.prod(x.output.shape[1:]) for x in n.layers) for n in pair]
    state = [np.asarray(keras.ops.convert_to_numpy(v)) for v in gan.state().values()]
    return {
        "generator": parameters[0],
        "discriminator": parameters[1],
        "operations": flops.of_round(gan, 1),
        "checkpoint": sum(array.nbytes for array in state),
        # One pass of the generator, and two of the discriminator, in two bytes each.
        "activations": 2 * (outputs[0] + 2 * outputs[1]),
    }


def of_order(count: int) -> tuple[float, int]:
    """Seconds and bytes of the order of an epoch."""
    nothing = np.broadcast_to(np.uint8(0), (count, 1, 1, 1))
    batches = Batches(Samples(nothing), 1, seed=0)
    took = seconds(lambda: batches.indices(0))
    return took, batches._orders[0].nbytes


def gathered(side: int) -> tuple[float, float]:
    """Bytes a second that one thread gathers: not yet read, and in memory."""
    with tempfile.TemporaryDirectory() as place:
        path, shape = Path(place, "images.npy"), (MEASURED, side, side, 3)
        images = np.lib.format.open_memmap(path, "w+", np.uint8, shape)
        for start in range(0, MEASURED, 500):
            images[start : start + 500] = start % 251
        images.flush()
        del images
        with path.open() as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        images = np.asarray(np.load(path, mmap_mode="r"))
        batches = Batches(Samples(images), MEASURED // 8, seed=0)
        batches.indices(0)
        first = seconds(lambda: batches(0))
        amount = batches(0).nbytes
        return amount / first, amount / seconds(lambda: batches(0), 3)


def hashed() -> float:
    """Bytes a second that one thread hashes."""
    content = bytes(2**27)
    return len(content) / seconds(lambda: hashlib.sha256(content).digest(), 3)


def scored(side: int) -> float:
    """Seconds of the scores that are measured by default."""
    images = np.random.default_rng(0).integers(0, 256, (512, side, side, 3), np.uint8)
    judge = Judge(Samples(images), None, ["swd", "ms_ssim"])
    return seconds(lambda: judge(images))


def prepared(asked) -> dict[str, float]:
    """What JPEGs of twice the side cost before a run, each."""
    draw, side = np.random.default_rng(0), 2 * asked.side
    with tempfile.TemporaryDirectory() as place:
        root, cache = Path(place, "pictures"), Path(place, "cache")
        root.mkdir()
        for number in range(MEASURED):
            coarse = Image.fromarray(draw.integers(0, 256, (32, 32, 3), np.uint8))
            fine = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC))
            grain = draw.integers(0, 12, fine.shape, np.uint8)
            kept = io.BytesIO()
            Image.fromarray(fine // 2 + grain).save(kept, "JPEG", quality=85)
            (root / f"{number:08d}.jpg").write_bytes(kept.getvalue())
        size = sum(f.stat().st_size for f in root.iterdir())
        source, geometry = folder(path=str(root)), Geometry(asked.side, 3)

        def play():
            prepare(source, geometry, cache=cache, console=Console(quiet=True))

        first, again = seconds(play), seconds(play, 3)
        tracemalloc.start()
        play()
        memory = tracemalloc.get_traced_memory()[1]
    return {
        "bytes": size / MEASURED,
        "seconds": first / MEASURED,
        "again": again / MEASURED,
        "memory": memory / MEASURED,
    }


def of_models(asked) -> None:
    """A column a width."""
    columns = {f"width {width}": column(width, asked) for width in asked.widths}
    print("| | " + " | ".join(columns) + " |")
    print("|---" * (1 + len(columns)) + "|")
    for name in next(iter(columns.values())):
        cells = [column[name] for column in columns.values()]
        print(f"| {name} | " + " | ".join(cells) + " |")


def column(width: int, asked) -> dict[str, str]:
    """What a model costs."""
    gpus, found = asked.machines * asked.gpus, counted(width, asked)
    weights = 4 * (found["generator"] + found["discriminator"])
    sent = weights * 2 * (gpus - 1) / gpus  # by a ring
    memory = found["checkpoint"] + weights + asked.batch / gpus * found["activations"]
    compute = asked.batch * found["operations"] / (gpus * asked.peak * asked.share)
    network, rounds = sent / asked.network, asked.images / asked.batch
    read = asked.batch * asked.side**2 * 3 / compute / asked.machines
    saved = found["checkpoint"] * (1 / asked.disk + 1 / asked.hashing)

    def both(unit: float, digits: int = 1) -> str:
        low, high = rounds * compute / unit, rounds * (compute + network) / unit
        return f"{low:.{digits}f} to {high:.{digits}f}"

    millions = [found[name] / 1e6 for name in ("generator", "discriminator")]
    return {
        "weights, millions": " + ".join(f"{count:.1f}" for count in millions),
        "GFLOP an image": f"{found['operations'] / 1e9:.0f}",
        "compute of a round": f"{1e3 * compute:.1f} ms",
        "gradients sent by a GPU": f"{sent / 1e6:,.0f} MB, {1e3 * network:.1f} ms",
        "an epoch": f"{both(1)} s",
        "a hundred epochs": f"{both(36)} h",
        "images read by a machine": f"{read / 1e9:.1f} GB/s",
        "memory of a GPU, at least": f"{memory / 1e9:.1f} GB",
        "checkpoint": f"{found['checkpoint'] / 1e6:,.0f} MB, {saved:.1f} s",
    }


def of_data(asked) -> None:
    """What the images cost before and while they are read."""
    count, packed = asked.images, asked.images * asked.side**2 * 3
    took, order = of_order(count)
    cold, warm = gathered(asked.side)
    each, scoring = prepared(asked), scored(asked.side)
    serial = (count * each["bytes"] + 2 * packed) / asked.hashing
    found = {
        "source, JPEGs": f"{count * each['bytes'] / 1e12:.2f} TB",
        "packed file": f"{packed / 1e12:.2f} TB",
        "preparing": f"{1 / each['seconds']:,.0f} pictures/s: "
        f"{each['seconds'] * count / 3600:.1f} h",
        "of that, hashing on one thread": f"{serial / 3600:.1f} h",
        "copying the file to a machine": f"{packed / asked.disk / 60:.0f} min",
        "every later start": f"{each['again'] * count:.0f} s, "
        f"{each['memory'] * count / 1e9:.1f} GB",
        "order of an epoch": f"{took:.1f} s, {order / 1e6:.0f} MB",
        "gathering, file in memory": f"{warm / 1e9:.1f} GB/s",
        "gathering, file on disk": f"{cold / 1e9:.1f} GB/s",
        "`swd` and `ms_ssim` of 512": f"{scoring:.0f} s",
    }
    print(f"\n| {asked.images:,} images, {os.cpu_count()} cores | |\n|---|---|")
    for name, text in found.items():
        print(f"| {name} | {text} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=10_000_000)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--machines", type=int, default=8)
    parser.add_argument("--gpus", type=int, default=8, help="of a machine")
    parser.add_argument("--batch", type=int, default=2048, help="of all GPUs together")
    parser.add_argument("--peak", type=float, default=989e12, help="FLOP/s of a GPU")
    parser.add_argument("--share", type=float, default=0.25, help="of it, in training")
    parser.add_argument("--network", type=float, default=50e9, help="bytes/s of a GPU")
    parser.add_argument("--disk", type=float, default=5e9, help="bytes/s of a machine")
    asked = parser.parse_args()
    asked.hashing = hashed()
    of_models(asked)
    of_data(asked)


if __name__ == "__main__":
    main()
