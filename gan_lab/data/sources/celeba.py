"""CelebA: aligned faces, 178 by 218 pixels, with what is known of each."""

import enum
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from gan_lab.data.source import Pictures, Source
from gan_lab.data.sources import archives
from gan_lab.data.sources.annotations import Annotations
from gan_lab.data.sources.fetching import place
from gan_lab.data.sources.published import CELEBA
from gan_lab.errors import UsageError
from gan_lab.registry import register

ARCHIVE = "img_align_celeba.zip"
WHERE = (
    f"CelebA's {ARCHIVE} is at {CELEBA.page} (non-commercial research only): give the "
    "archive, its extracted folder, or the folder that holds it."
)


class Partition(enum.Enum):
    """A part that CelebA's authors made, or all of it."""

    all = "all"
    train = "train"
    valid = "valid"
    test = "test"


@register("data")
def celeba(
    *,
    path: str | None = None,
    split: Partition = Partition.all,
    where: dict[str, int] = {},  # noqa: B006
    labels: str | None = None,
    annotations: str | None = None,
    download: bool = False,
) -> Source:
    """CelebA, from its official archive or in whatever way it was extracted.

    Args:
        path: `img_align_celeba.zip`, or a folder that holds it or its pictures.
        split: `train`, `valid`, `test` or `all`, by `list_eval_partition.txt`.
        where: attribute -> 1 or -1, as `{Smiling: 1, Eyeglasses: -1}`: pictures that
            are so.
        labels: an attribute, or several joined by `+`, each of which doubles the
            classes; or `identity`.
        annotations: the folder or zip archive with CelebA's lists; they are looked for
            in and beside `path` where not given.
        download: whether to fetch it first, into `path` or the cache.

    Reference: Liu et al., 2015, arXiv:1411.7766.
    """
    folder, fetch = place(CELEBA, "celeba", path, download)
    where = dict(where)
    for name, value in where.items():
        if value not in (1, -1):
            raise UsageError(f"`data.where.{name}` must be 1 or -1. Received: {value}.")
    wanted = Annotations(_beside(folder, annotations), split.value, where, labels)

    def files() -> dict[str, str]:
        pictures = archives.files(_pictures(folder), WHERE)
        return pictures | {file.name: str(file) for file in wanted.files()}

    testing = None
    if split is Partition.train:
        testing = celeba(
            path=folder,
            split=Partition.test,
            where=where,
            labels=labels,
            annotations=annotations,
        )
    choice = {"split": split.value, "where": where, "labels": labels}
    opened = partial(_open, folder, wanted)
    return Source("celeba", folder, files, opened, choice, fetch, testing)


def _open(folder: str, wanted: Annotations) -> Pictures:
    found = archives.pictures(_pictures(folder), WHERE)
    if not wanted.needed:
        return found
    chosen, labels, classes, unknown = wanted.choose(
        [PurePosixPath(name).name for name in found.names]
    )
    if not len(chosen):
        raise UsageError(
            f"`data.split` and `data.where` leave no picture of {folder}, which has "
            f"{len(found.names):,}."
        )
    return replace(
        found,
        names=[found.names[place] for place in chosen],
        read=lambda place: found.read(int(chosen[place])),
        labels=labels,
        classes=classes,
        left_out={found.names[place]: reason for place, reason in unknown.items()},
    )


def _pictures(folder: str) -> str:
    """The official archive inside a folder, if it is there and not extracted."""
    root = Path(folder).expanduser()
    for inner in ("", "Img"):
        if (archive := root / inner / ARCHIVE).is_file():
            return str(archive)
    return folder


def _beside(folder: str, annotations: str | None) -> list[Path]:
    """The places where CelebA's lists may be."""
    if annotations:
        return [Path(annotations).expanduser()]
    root = Path(folder).expanduser().absolute()
    near = [*([] if root.is_file() else [root]), *list(root.parents)[:3]]
    return [place / inner for place in near for inner in ("", "Anno", "Eval")]
