"""CIFAR-10, from its own binary files."""

import tarfile
from pathlib import Path

import numpy as np

from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError
from gan_lab.registry import register

RECORD = 1 + 3 * 32 * 32


@register("data")
def cifar10(*, path: str) -> Samples:
    """The 50,000 pictures of CIFAR-10's training set, 32x32x3.

    Args:
        path: `cifar-10-binary.tar.gz`, or a folder with its `data_batch_1.bin` to
            `data_batch_5.bin`. (The other archive holds pickles, which can run
            code, and is not read.)

    Reference: Krizhevsky, Learning multiple layers of features from tiny images,
    2009.
    """
    names = [f"data_batch_{number}.bin" for number in range(1, 6)]
    found = _read(Path(path).expanduser(), names)
    missing = [name for name in names if name not in found]
    if missing:
        raise UsageError(
            f"`data.path`: {path} has no {', '.join(missing)}. CIFAR-10's binary "
            "version is at https://www.cs.toronto.edu/~kriz/cifar.html: give "
            "cifar-10-binary.tar.gz or its extracted folder."
        )
    for name, content in found.items():
        if not content or len(content) % RECORD:
            raise UsageError(
                f"`data.path`: {name} is damaged: its {len(content):,} bytes are no "
                f"whole number of pictures of {RECORD}."
            )
    content = np.frombuffer(b"".join(found[name] for name in names), np.uint8)
    planes = content.reshape(-1, RECORD)[:, 1:].reshape(-1, 3, 32, 32)
    return Samples(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)))


def _read(path: Path, names: list[str]) -> dict[str, bytes]:
    """The files of these names, in an archive or anywhere below a folder."""
    if path.is_dir():
        files = (file for file in path.rglob("*.bin") if file.name in names)
        return {file.name: file.read_bytes() for file in files}
    if not path.is_file():
        return {}
    try:
        with tarfile.open(path) as archive:
            members = [m for m in archive if m.isfile() and Path(m.name).name in names]
            return {Path(m.name).name: archive.extractfile(m).read() for m in members}
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UsageError(f"`data.path`: {path} cannot be read ({error}).") from None
