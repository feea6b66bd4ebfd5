"""Keys that every data source has beside its own options."""

from dataclasses import dataclass

from gan_lab.data.preparation.geometry import Decode, Resize
from gan_lab.registry import share


@share("data")
@dataclass
class DataConfig:
    """Keys that every data source has beside its own options.

    Attributes:
        image_size: side in pixels; null keeps the size, which must be one for all.
        channels: 1, 3, or null: 1 where every picture is gray, and 3 otherwise.
        crop: `center`, the largest square; `none`; `pad`; `WxH`; `WxH+X+Y`.
        resize: `area`, `bilinear` or `lanczos`.
        decode: `full`, or `draft`: faster for JPEG, not pixel for pixel the same.
        limit: how many pictures to use, the first in order; all where null.
        strict: whether a picture that cannot be used is an error.
        cache: the folder of prepared pictures; the user's own where null.
        holdout: share that training never sees, in (0, 1); none where null.
        shuffle: whether each epoch has an order of its own.
        flip: whether a random half of a round's images is mirrored.
        device: whether all pictures stay in the memory of the device, if they fit.
    """

    image_size: int | None = None
    channels: int | None = None
    crop: str = "center"
    resize: Resize = Resize.area
    decode: Decode = Decode.full
    limit: int | None = None
    strict: bool = False
    cache: str | None = None
    holdout: float | None = None
    shuffle: bool = True
    flip: bool = False
    device: bool = False
