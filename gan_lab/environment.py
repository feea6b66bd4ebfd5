"""What a run ran on: for `run.json`, and to compare when it goes on."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version

from gan_lab import backend
from gan_lab.artifacts.folder import now


def environment(devices: backend.Devices | None = None) -> dict[str, str | int]:
    """What the numbers of a run depend on beside its configuration and data.

    Args:
        devices: that share a batch; one where None.
    """
    found, count = backend.describe(), devices.count if devices else 1
    several = {"device": f"{count} x {found['device']}"} if count > 1 else {}
    return {
        **found,
        **several,
        "gan_lab": _version(),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
        "machine": platform.machine(),
    }


def provenance() -> dict[str, str | None]:
    """Where and when a run was started."""
    return {
        "started": now(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "git_revision": _git_revision(),
    }


def _version() -> str:
    try:
        return version("keras-gan-lab")
    except PackageNotFoundError:
        return "not installed"


def _git_revision() -> str | None:
    """The commit of the current folder, with `+` where files differ from it."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty=+"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout.strip() or None
