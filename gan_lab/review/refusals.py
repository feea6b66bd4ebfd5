"""Refusals that more than one look at a run has."""

from gan_lab.errors import ParameterError, UsageError


def require_images(run, verb: str) -> None:
    """Refuse a run that makes something else.

    Args:
        run: as `load_run` returns it.
        verb: what is asked for.

    Raises:
        UsageError: it makes points.
    """
    if len(run.gan.generator.output_shape) != 4:
        raise UsageError(
            f"`{verb}` shows images, and {run.folder.path} makes vectors. `sample` "
            "draws them."
        )


def require_seed(seed: int) -> None:
    """Refuse what Keras cannot seed with.

    Raises:
        ParameterError: it is too large.
    """
    if abs(seed) >= 2**31:
        raise ParameterError("seed", f"must be below 2**31. Received: {seed}.")
