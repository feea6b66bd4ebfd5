"""The environment of a run: for `run.json`, and to compare when it goes on."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version

from gan_lab import backend
from gan_lab.artifacts.run_folder import now
from gan_lab.system import processor

# What is set around a process and changes the last bits: it chooses kernels, or the
# order in which they add. Two more are known by what comes of them:
# TF_ENABLE_ONEDNN_OPTS is `onednn`, and TF_NUM_INTRAOP_THREADS is in `threads`.
VARIABLES = (
    # oneDNN's kernels, and in how many bits they may compute float32
    "ONEDNN_MAX_CPU_ISA",
    "DNNL_MAX_CPU_ISA",
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "DNNL_DEFAULT_FPMATH_MODE",
    "TF_SET_ONEDNN_FPMATH_MODE",
    "TF_ENABLE_ZENDNN_OPTS",
    # into how many parts TensorFlow, oneDNN and NumPy cut a sum
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    # NumPy's kernels, which measure scores
    "OPENBLAS_CORETYPE",
    "MKL_CBWR",
    "NPY_DISABLE_CPU_FEATURES",
    # what XLA makes of a step, under JAX and with `trainer.jit`
    "XLA_FLAGS",
    "TF_XLA_FLAGS",
    # JAX's types, precision and random numbers
    "JAX_ENABLE_X64",
    "JAX_DEFAULT_MATMUL_PRECISION",
    "JAX_DEFAULT_PRNG_IMPL",
    "JAX_THREEFRY_PARTITIONABLE",
    "JAX_DISABLE_MOST_OPTIMIZATIONS",
    # a GPU's kernels, and their precision
    "TF_DETERMINISTIC_OPS",
    "TF_CUDNN_DETERMINISTIC",
    "TF_CUDNN_USE_AUTOTUNE",
    "TF_USE_DEFAULT_CONV_ALGO",
    "TF_ENABLE_WINOGRAD_NONFUSED",
    "TF_USE_CUBLASLT",
    "TF_FP16_CONV_USE_FP32_COMPUTE",
    "TF_FP16_MATMUL_USE_FP32_COMPUTE",
    "TF_CONV2D_USE_FP16_ACCUMULATE",
    "NVIDIA_TF32_OVERRIDE",
    "CUBLAS_WORKSPACE_CONFIG",
)


def environment(devices: backend.Devices | None = None) -> dict[str, str | int | dict]:
    """Facts that the numbers of a run depend on beside its configuration and data.

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
        "processor": processor.name(),
        "instructions": processor.instructions(),
        "variables": {n: os.environ[n] for n in VARIABLES if os.environ.get(n)},
    }


def provenance() -> dict[str, str | None]:
    """The place and time of a run's start."""
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
