"""The processor: its name, and the instruction sets that kernels choose among."""

import functools
import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path

UNKNOWN = "not known"
# Those by which oneDNN, Eigen, XLA and NumPy choose a kernel: with another one, sums
# are rounded in another order. As Linux calls them, the oldest first.
SETS = (
    *("sse4_1", "avx", "f16c", "fma", "avx2", "avx_vnni"),
    *("avx512f", "avx512dq", "avx512bw", "avx512vl"),
    *("avx512_vnni", "avx512_bf16", "avx512_fp16"),
    *("amx_tile", "amx_int8", "amx_bf16", "amx_fp16"),
    *("asimd", "asimdhp", "asimddp", "bf16", "i8mm", "sve", "sve2", "sme", "sme2"),
)


@functools.cache
def name() -> str:
    """Its name, where the system tells it; its kind otherwise."""
    told = next(_told("model name"), None) or _brand()
    return told or platform.processor() or platform.machine() or UNKNOWN


@functools.cache
def instructions() -> str:
    """The names of its instruction sets; only Linux tells them."""
    flags = set(next(_told("flags", "Features"), "").split())
    return " ".join(flag for flag in SETS if flag in flags) or UNKNOWN


def _told(*titles: str) -> Iterator[str]:
    """Linux's facts under one of these titles, for each core."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    parts = (line.partition(":") for line in lines)
    return (value.strip() for title, _, value in parts if title.strip() in titles)


def _brand() -> str:
    """Its name on macOS."""
    command = ["sysctl", "-n", "machdep.cpu.brand_string"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip() if said.returncode == 0 else ""
