"""The summary of a run, for `summary.json`."""

import sys

from gan_lab import flops


def summary_of(run) -> dict:
    """Last and best values, speed, arithmetic and memory of a `Run`."""
    rows = run.folder.rows()
    name = "speed/images_per_second"
    speeds = sorted(row[name] for row in rows if name in row)
    speed = speeds[len(speeds) // 2] if speeds else None
    batch = run.config.trainer.batch_size
    work = flops.of_round(run.gan, batch)
    rounds = speed / (batch * run.gan.step.critic_steps) if speed else None
    return {
        "round": run.round,
        "seconds": run.seconds,
        "startup_seconds": run.clock.startup,
        "images_per_second": speed,
        "gflop_per_round": work and work / 1e9,
        "gflop_per_second": work and rounds and work * rounds / 1e9,
        "peak_memory_bytes": peak_memory(),
        "skipped_updates": run.gan.skipped_updates(),
        "last": rows[-1] if rows else {},
        "best": run.best,
    }


def peak_memory() -> int | None:
    """The most memory that this process ever had; unknown on Windows."""
    try:
        import resource
    except ModuleNotFoundError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
