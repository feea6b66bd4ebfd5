"""Any pictures, in a folder or a zip archive."""

from gan_lab.data.decode import Resize, decode_all
from gan_lab.data.files import pictures
from gan_lab.data.samples import Samples
from gan_lab.registry import register


@register("data")
def folder(
    *,
    path: str,
    image_size: int = 64,
    channels: int = 3,
    crop: str = "center",
    resize: Resize = Resize.area,
) -> Samples:
    """Any pictures of any size, in a folder with its subfolders or a zip archive.

    Args:
        path: the folder or archive.
        image_size: side in pixels that each is resized to.
        channels: 3, or 1 for gray.
        crop: `center`, the largest square; `none`; `WxH`; `WxH+X+Y`.
        resize: `area`, `bilinear` or `lanczos`.
    """
    names, read = pictures(path, "Give the folder or zip archive with your pictures.")
    return decode_all(
        names, read, size=image_size, channels=channels, crop=crop, resize=resize
    )
