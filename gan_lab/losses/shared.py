"""What every loss can be given beside its own options."""

from dataclasses import dataclass
from typing import Any

from gan_lab.registry import share


@share("loss")
@dataclass
class LossConfig:
    """What every loss has beside its own options."""

    penalty: Any = "???"  # chosen by its own group
