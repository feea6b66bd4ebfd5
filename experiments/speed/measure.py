"""Side-by-side timing: what is compared takes turns in one process."""

import statistics
import time
from collections.abc import Callable


def interleave(contestants: dict[str, Callable[[], object]], turns: int) -> dict:
    """Seconds of each contestant's turns, after one turn each that does not count."""
    for play in contestants.values():
        play()
    seconds = {name: [] for name in contestants}
    for turn in range(turns):
        order = list(contestants.items())
        for name, play in order if turn % 2 else order[::-1]:
            began = time.perf_counter()
            play()
            seconds[name].append(time.perf_counter() - began)
    return seconds


def ratio(of: list[float], to: list[float]) -> str:
    """Median of the pairs' ratios, with their quartiles."""
    ratios = [a / b for a, b in zip(of, to, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.3f} (quartiles {low:.3f} to {high:.3f})"


def median_ms(seconds: list[float], rounds: int) -> str:
    """Median milliseconds a round."""
    return f"{1000 * statistics.median(seconds) / rounds:.1f} ms"
