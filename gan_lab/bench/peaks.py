"""What this machine reaches where nothing but arithmetic is done.

Both are measured through Keras, in the process and with the threads of the training
beside which they are shown.
"""

import statistics
import time
from collections.abc import Callable

ENOUGH_SECONDS = 0.03  # of one product, so that its call costs nothing beside it
TURNS = 7
LARGEST = 2**14


def matrix_product(dtype: str) -> float:
    """Operations a second of a product of two square matrices of a type."""
    from keras import ops, random

    def make(side: int) -> tuple[Callable, int]:
        one, other = (ops.cast(random.normal((side, side)), dtype) for _ in range(2))
        return lambda: ops.matmul(one, other), 2 * side**3

    return _reached(make, 1024)


def convolution(dtype: str) -> float:
    """Operations a second of a 5x5 convolution, 128 to 128 channels, on 32x32."""
    from keras import ops, random

    kernel = ops.cast(random.normal((5, 5, 128, 128)), dtype)

    def make(batch: int) -> tuple[Callable, int]:
        images = ops.cast(random.normal((batch, 32, 32, 128)), dtype)
        count = 2 * 5 * 5 * 128 * 128 * 32 * 32 * batch
        return lambda: ops.conv(images, kernel, padding="same"), count

    return _reached(make, 4)


def _reached(make: Callable[[int], tuple[Callable, int]], size: int) -> float:
    """Operations a second at the first size that takes long enough.

    By the lower quartile of the times: others who use the machine only slow it.
    """
    while True:
        compute, count = make(size)
        _time(compute)
        if _time(compute) >= ENOUGH_SECONDS or size >= LARGEST:
            break
        size *= 2
    return count / statistics.quantiles([_time(compute) for _ in range(TURNS)])[0]


def _time(compute: Callable) -> float:
    """Seconds until a number of the result is here; devices compute behind calls."""
    from keras import ops

    began = time.perf_counter()
    result = compute()
    # NumPy has no bfloat16.
    ops.convert_to_numpy(ops.cast(result[(0,) * len(result.shape)], "float32"))
    return time.perf_counter() - began
