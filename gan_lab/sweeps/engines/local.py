"""Processes of this machine."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from gan_lab.registry import register
from gan_lab.sweeps.engines import Engine
from gan_lab.system import cores


@register("engine")
def local(workers: int, /, *, devices: list[str] | None = None) -> Engine:
    """A process for each job, with a share of this machine's cores and GPUs.

    Args:
        devices: the GPUs that workers take in turn, as `CUDA_VISIBLE_DEVICES` names
            them; null for all that there are.
    """
    threads = max(1, cores.count() // workers) if workers > 1 else 0
    return Processes(threads, _gpus() if devices is None else list(devices))


class Processes:
    """Starts jobs as processes.

    Args:
        threads: that each takes, where its configuration leaves that open.
        devices: GPUs, taken in turn by slot.
    """

    def __init__(self, threads: int, devices: list[str]):
        self._threads, self._devices = threads, devices

    def start(self, spec: Path, log: Path, slot: int) -> "Process":
        """Begin a job in a worker's slot; what it says goes to the end of a log."""
        command = [sys.executable, "-m", "gan_lab", "job", str(spec), "--attended"]
        environment = dict(os.environ)
        if self._threads:
            command += ["--threads", str(self._threads)]
        if self._devices:
            device = self._devices[slot % len(self._devices)]
            environment["CUDA_VISIBLE_DEVICES"] = device
        with log.open("ab") as file:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                # Ctrl-C is for who can tell it to all.
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        return Process(process)


class Process:
    """A job in a process, which ends when its pipe does: so it outlives no sweep."""

    def __init__(self, process: subprocess.Popen[bytes]):
        self._process = process

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        code = self._process.poll()
        if code is not None:
            self.stop()
        return code

    def stop(self) -> None:
        """Have it save and end."""
        if self._process.stdin:
            self._process.stdin.close()

    def kill(self) -> None:
        """End it at once, with what it began."""
        if os.name == "nt":
            self._process.kill()
            return
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.killpg(self._process.pid, signal.SIGKILL)


def _gpus() -> list[str]:
    """Those that this process may use, where there are any."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is not None:
        return [device for device in allowed.split(",") if device]
    if not shutil.which("nvidia-smi"):
        return []
    said = subprocess.run(
        ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"],
        capture_output=True,
        text=True,
    )
    return said.stdout.split() if said.returncode == 0 else []
