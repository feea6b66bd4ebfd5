"""Numbers that are drawn for each image of a batch."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from keras import ops, random

from gan_lab import backend


class Operation(NamedTuple):
    """Something that happens to an image by chance.

    Attributes:
        name: by which its weight is found.
        make: from whether it happens, bool `(batch,)`, and its numbers.
        uniforms: how many of them are of [0, 1).
        normals: how many, behind those, are of the normal distribution.
        chance: its probability, from weight times p.
    """

    name: str
    make: Callable[..., Any]
    uniforms: int = 0
    normals: int = 0
    chance: Callable[[Any], Any] = lambda p: p


class Draws:
    """Draws of a batch for some operations: two tensors, dealt in their order.

    Args:
        count: images of this replica.
        operations: that will be dealt to, each once.
        seed: a `keras.random` seed generator.
    """

    def __init__(self, count, operations: list[Operation], seed):
        # Each has one number more, which says whether it happens.
        uniform = sum(1 + o.uniforms for o in operations)
        normal = sum(o.normals for o in operations)
        self._uniforms = iter(uniforms(count, uniform, seed))
        self._normals: Iterator = iter(normals(count, normal, seed) if normal else ())

    def deal(self, operation: Operation, weights: dict[str, float], p) -> list:
        """Whether it happens, and its numbers, each of shape `(batch,)`."""
        happens = next(self._uniforms) < operation.chance(weights[operation.name] * p)
        return [
            happens,
            *(next(self._uniforms) for _ in range(operation.uniforms)),
            *(next(self._normals) for _ in range(operation.normals)),
        ]


def uniforms(count, numbers: int, seed) -> list:
    """Numbers of [0, 1), each of shape `(count,)`, by one draw.

    Args:
        count: images of this replica.
        numbers: how many for each of them.
        seed: a `keras.random` seed generator.
    """
    return _columns(random.uniform, count, numbers, seed)


def normals(count, numbers: int, seed) -> list:
    """Numbers of the normal distribution, each of shape `(count,)`, by one draw."""
    return _columns(random.normal, count, numbers, seed)


def each(numbers):
    """A number for each image, as it is multiplied with images."""
    return ops.reshape(numbers, (-1, 1, 1, 1))


def matrices(*rows: Iterable):
    """A matrix for each image: `(batch, rows, columns)`.

    Args:
        *rows: of tensors `(batch,)` and of numbers that are the same for all.
    """
    entries = [entry for row in rows for entry in row]
    like = next(entry for entry in entries if not isinstance(entry, int | float))
    full = [
        ops.full_like(like, x) if isinstance(x, int | float) else x for x in entries
    ]
    return ops.reshape(ops.stack(full, axis=-1), (-1, len(rows), len(rows)))


def _columns(draw, count, numbers: int, seed) -> list:
    drawn = backend.share(
        lambda rows: draw((rows, numbers), dtype="float32", seed=seed), count
    )
    return ops.unstack(drawn, num=numbers, axis=1)
