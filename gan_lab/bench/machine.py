"""The machine that this is."""

import platform

from gan_lab.system import cores


def machine(environment: dict) -> dict[str, str | int | dict]:
    """Facts that figures depend on, beside the configuration.

    Args:
        environment: of a process that has trained; its threads are configuration.
    """
    beside = {k: v for k, v in environment.items() if k not in ("threads", "machine")}
    return {
        "processor": environment["processor"],
        "cores": cores.count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        **beside,
    }
