"""Who takes part in a run on several machines, and where they wait for each other."""

import json
import os
import socket
import time
from dataclasses import dataclass

from gan_lab.errors import UsageError, WorkerError

PORT = 12000  # the first one for jobs of Slurm
MINUTES = 10.0  # that the first process waits for the last
PAUSE = 0.2  # seconds


@dataclass(frozen=True)
class Machines:
    """The processes of a run.

    Attributes:
        addresses: `host:port` of each; the first one is the chief's.
        own: the place of this process in them.
    """

    addresses: tuple[str, ...]
    own: int


def machines() -> Machines:
    """Who takes part: as `TF_CONFIG` says, or Slurm.

    Raises:
        UsageError: neither says it, or `TF_CONFIG` not as it must.
    """
    if text := os.environ.get("TF_CONFIG"):
        try:
            return _configured(json.loads(text))
        except (ValueError, LookupError, TypeError, AttributeError):
            raise UsageError(
                "The environment variable TF_CONFIG must be JSON with "
                '{"cluster": {"worker": ["host:port", ...]}, '
                '"task": {"type": "worker", "index": 0}}, where index is the place of '
                f"this process; chief is a type, too. Received: {text}."
            ) from None
    if "SLURM_STEP_NODELIST" in os.environ:
        return _by_slurm()
    raise UsageError(
        "`trainer.strategy=multiworker` needs the machines that take part: set "
        "TF_CONFIG on each, or start it with srun."
    )


def meet(known: Machines) -> None:
    """Wait until every other process listens at its address.

    TensorFlow would wait longer than anyone, and hear no signal meanwhile.

    Raises:
        UsageError: this process cannot listen at its own.
        WorkerError: another one did not come.
    """
    missing = [a for place, a in enumerate(known.addresses) if place != known.own]
    until = time.monotonic() + 60 * MINUTES
    with _listener(known):
        while missing := [address for address in missing if not _listens(address)]:
            if time.monotonic() > until:
                raise WorkerError(
                    f"After {MINUTES:g} minutes there is nobody at "
                    f"{', '.join(missing)}: what these processes of the run printed "
                    "says why."
                )
            time.sleep(PAUSE)


def _configured(said: dict) -> Machines:
    task = said["task"]
    groups = {kind: said["cluster"].get(kind, []) for kind in ("chief", "worker")}
    own = groups[task["type"]][abs(int(task["index"]))]
    addresses = (*groups["chief"], *groups["worker"])
    for address in addresses:
        _parts(address)
    return Machines(addresses, addresses.index(own))


def _by_slurm() -> Machines:
    """The tasks of a Slurm job step; Slurm itself has given each its GPUs."""
    import tensorflow as tf

    tasks = int(os.environ["SLURM_STEP_NUM_TASKS"])
    step = tf.distribute.cluster_resolver.SlurmClusterResolver(
        port_base=PORT + 16 * (int(os.environ["SLURM_JOB_ID"]) % 1000),  # a job's own
        gpus_per_node=tasks,
        gpus_per_task=1,
        auto_set_gpu=False,
    )
    addresses = step.cluster_spec().as_dict()["worker"]
    return Machines(tuple(addresses), step.get_task_info()[1])


def _listener(known: Machines) -> socket.socket:
    """What the others find, until TensorFlow listens there."""
    _, port = _parts(known.addresses[known.own])
    both = socket.has_dualstack_ipv6()
    try:
        return socket.create_server(
            ("", port),
            family=socket.AF_INET6 if both else socket.AF_INET,
            backlog=len(known.addresses),
            dualstack_ipv6=both,
        )
    except OSError as error:
        raise UsageError(
            f"This process of the run cannot be reached at port {port}, as the "
            f"environment says: {os.strerror(error.errno)}."
        ) from None


def _listens(address: str) -> bool:
    try:
        socket.create_connection(_parts(address), timeout=1.0).close()
    except OSError:  # its name may not be known yet, too
        return False
    return True


def _parts(address: str) -> tuple[str, int]:
    """Host and port."""
    host, _, port = address.rpartition(":")
    if not host or not 0 < int(port) < 2**16:
        raise ValueError(address)
    return host.strip("[]"), int(port)
