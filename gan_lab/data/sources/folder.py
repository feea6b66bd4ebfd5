"""Any pictures, in a folder or an archive."""

import enum
from dataclasses import replace
from functools import partial

from gan_lab.data.source import Pictures, Source
from gan_lab.data.sources import archives
from gan_lab.registry import register

WHERE = "Give the folder, or the zip or tar archive, with your pictures."


class Labels(enum.Enum):
    """The origin of the labels of pictures."""

    none = "none"
    folder = "folder"


@register("data")
def folder(
    *, path: str, labels: Labels = Labels.none, recursive: bool = True
) -> Source:
    """Any pictures of any size, in a folder, or a zip or tar archive.

    Args:
        path: the folder or archive.
        labels: `folder` makes each of the first subfolders a class.
        recursive: whether subfolders count.
    """
    return Source(
        "folder",
        path,
        partial(archives.files, path, WHERE, recursive),
        partial(_open, path, labels, recursive),
        {"labels": labels.value, "recursive": recursive},
    )


def _open(path: str, labels: Labels, recursive: bool) -> Pictures:
    found = archives.pictures(path, WHERE, recursive)
    if labels is Labels.none:
        return found
    numbers, names = archives.classes(found.names)
    return replace(found, labels=numbers, classes=names)
