"""Keys that every loss has beside its own options."""

from dataclasses import dataclass
from typing import Any

from gan_lab.registry import share


@share("loss")
@dataclass
class LossConfig:
    """Keys that every loss has beside its own options."""

    penalty: Any = "???"  # chosen by its own group
