"""Keys that every loss has beside its own options."""

from dataclasses import dataclass, field
from typing import Any

from gan_lab.registry import share


@share("loss")
@dataclass
class LossConfig:
    """Keys that every loss has beside its own options.

    Attributes:
        penalty: of the discriminator's slope.
        terms: by name, what else the discriminator minimises.
    """

    penalty: Any = "???"  # chosen by its own group
    terms: dict[str, Any] = field(default_factory=dict)  # so are they
