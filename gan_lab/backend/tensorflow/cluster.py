"""The machines that take part in a run."""

import json
import os
from dataclasses import dataclass

from gan_lab.errors import UsageError

PORT = 12000  # the first one for jobs of Slurm


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
    """The machines that take part: as `TF_CONFIG` says, or Slurm.

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


def _configured(said: dict) -> Machines:
    task = said["task"]
    groups = {kind: said["cluster"].get(kind, []) for kind in ("chief", "worker")}
    own = groups[task["type"]][abs(int(task["index"]))]
    addresses = (*groups["chief"], *groups["worker"])
    for address in addresses:
        parts(address)
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


def parts(address: str) -> tuple[str, int]:
    """Host and port.

    Raises:
        ValueError: it has none.
    """
    host, _, port = address.rpartition(":")
    if not host or not 0 < int(port) < 2**16:
        raise ValueError(address)
    return host.strip("[]"), int(port)
