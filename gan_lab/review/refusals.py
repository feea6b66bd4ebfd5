"""Refusals that more than one look at a run has."""

from pathlib import Path
from typing import TYPE_CHECKING

from gan_lab.errors import ParameterError, UsageError

if TYPE_CHECKING:
    from gan_lab.gan.model import GAN


def require_images(gan: "GAN", run: Path | str, verb: str) -> None:
    """Refuse a run that makes something else.

    Args:
        gan: of the run.
        run: its folder.
        verb: what is asked for.

    Raises:
        UsageError: it makes points.
    """
    if len(gan.generator.output_shape) != 4:
        raise UsageError(
            f"`{verb}` shows images, and {Path(run).expanduser()} makes vectors. "
            "`sample` draws them."
        )


def require_seed(seed: int) -> None:
    """Refuse what Keras cannot seed with.

    Raises:
        ParameterError: it is too large.
    """
    if abs(seed) >= 2**31:
        raise ParameterError("seed", f"must be below 2**31. Received: {seed}.")
