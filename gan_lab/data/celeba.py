"""CelebA: aligned faces, 178 by 218 pixels."""

from gan_lab.data.decode import Resize, decode_all
from gan_lab.data.files import pictures
from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError
from gan_lab.registry import register

WHERE = (
    "CelebA's img_align_celeba.zip is at "
    "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html (non-commercial research only): "
    "give the archive or its extracted folder."
)


@register("data")
def celeba(
    *,
    path: str,
    image_size: int = 64,
    crop: str = "center",
    resize: Resize = Resize.area,
    limit: int | None = None,
) -> Samples:
    """CelebA, from its official archive or the extracted folder.

    Args:
        path: `img_align_celeba.zip`, or a folder that holds its pictures.
        image_size: side in pixels that each is resized to.
        crop: `center`, the largest square; `none`; `WxH`; `WxH+X+Y`.
        resize: `area`, `bilinear` or `lanczos`.
        limit: how many pictures to use, the first by name; all where not given.

    Reference: Liu et al., 2015, arXiv:1411.7766.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"`data.limit` must be at least 1. Received: {limit}.")
    names, read = pictures(path, WHERE)
    return decode_all(
        names[:limit], read, size=image_size, channels=3, crop=crop, resize=resize
    )
