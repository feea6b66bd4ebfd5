"""Which machine this is."""

import platform
from pathlib import Path

from gan_lab import cores


def machine(environment: dict) -> dict[str, str | int]:
    """What figures depend on, beside the configuration.

    Args:
        environment: of a process that has trained; its threads are configuration.
    """
    beside = {k: v for k, v in environment.items() if k not in ("threads", "machine")}
    return {
        "processor": _processor(),
        "cores": cores.count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        **beside,
    }


def _processor() -> str:
    """Its name, where the system tells it; its kind otherwise."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
    return next(names, None) or platform.processor() or platform.machine()
