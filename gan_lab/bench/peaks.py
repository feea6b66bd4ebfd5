"""The peaks of this machine, where nothing but arithmetic is done.

Both are measured through Keras, in the process and with the threads of the training
beside which they are shown.
"""

import time
from collections.abc import Callable

CALL_SECONDS = 0.03  # of one product, so that its call costs nothing beside it
TURN_SECONDS = 0.08
LARGEST = 2**14


def matrix_product(dtype: str) -> Callable[[], float]:
    """A turn at products of two square matrices of a type: operations a second."""
    from keras import ops, random

    def make(side: int) -> tuple[Callable, int]:
        one, other = (ops.cast(random.normal((side, side)), dtype) for _ in range(2))
        return lambda: ops.matmul(one, other), 2 * side**3

    return _turn(make, 1024)


def convolution(dtype: str) -> Callable[[], float]:
    """The same of a 5x5 convolution, 128 to 128 channels, on 32x32."""
    from keras import ops, random

    kernel = ops.cast(random.normal((5, 5, 128, 128)), dtype)

    def make(batch: int) -> tuple[Callable, int]:
        images = ops.cast(random.normal((batch, 32, 32, 128)), dtype)
        count = 2 * 5 * 5 * 128 * 128 * 32 * 32 * batch
        return lambda: ops.conv(images, kernel, padding="same"), count

    return _turn(make, 4)


def _turn(make: Callable[[int], tuple[Callable, int]], size: int) -> Callable:
    """Turns at the first size whose call takes long enough."""
    while True:
        compute, count = make(size)
        _time(compute)  # the first call prepares
        if (took := _time(compute)) >= CALL_SECONDS or size >= LARGEST:
            break
        size *= 2
    calls = max(1, round(TURN_SECONDS / took))
    return lambda: calls * count / sum(_time(compute) for _ in range(calls))


def _time(compute: Callable) -> float:
    """Seconds until a number of the result is here; devices compute behind calls."""
    from keras import ops

    began = time.perf_counter()
    result = compute()
    # NumPy has no bfloat16.
    ops.convert_to_numpy(ops.cast(result[(0,) * len(result.shape)], "float32"))
    return time.perf_counter() - began
