"""Facts about a run's machine, data and cost, as lines of a table."""

import statistics
from collections.abc import Mapping
from typing import Any

Lines = dict[str, str]


def number(value: object) -> str:
    """A number as a person reads it; anything else as it is."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if 1e4 <= abs(value) < 1e12 else f"{value:.4g}"
    return str(value)


def listed(value: object) -> str:
    """A list without its brackets; anything else as `number` has it."""
    return ", ".join(map(number, value)) if isinstance(value, list) else number(value)


def clock(seconds: float) -> str:
    """A duration."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return (
        f"{minutes // 60} h {minutes % 60:02} min" if minutes > 59 else f"{minutes} min"
    )


def moment(time: str | None) -> str:
    """ISO 8601 in UTC, to the minute."""
    return f"{time[:16].replace('T', ' ')} UTC" if time else "not known"


def machine(facts: Mapping[str, Any]) -> Lines:
    """Versions, machine, what was set around it, and revision, from `run.json`."""
    beside = ("python", "system", "git_revision")
    known = {name: facts.get(name) for name in beside} | facts.get("environment", {})
    known |= known.pop("variables", {})
    return {n: "not known" if v is None else str(v) for n, v in known.items()}


def data(facts: Mapping[str, Any]) -> Lines:
    """The data that the run was trained on, from `run.json`."""
    shape, classes = facts.get("image_shape", []), facts.get("classes") or {}
    lines = {
        "images": number(facts.get("images", "not known")),
        "height, width, channels": " x ".join(map(str, shape)),
        "SHA-256 of all pixels": str(facts.get("data")),
        "left out": number(len(facts.get("left_out") or {})),
    }
    if facts.get("prepared"):
        lines["prepared in"] = str(facts["prepared"])
    if classes:
        counted = (f"{name}: {number(count)}" for name, count in classes.items())
        lines["classes"] = ", ".join(counted)
    return lines


def images_a_round(config: Mapping[str, Any]) -> int:
    """Real images that a round takes."""
    trainer = config["trainer"]
    size: int = trainer["batch_size"]
    steps: int = trainer.get("critic_steps", 1)
    return size * steps


def cost(
    facts: Mapping[str, Any], rows: list[dict[str, float]], summary: Mapping[str, Any]
) -> Lines:
    """The cost so far."""
    if not rows:
        return {}
    last, peak = rows[-1], summary.get("peak_memory_bytes")
    name = "speed/images_per_second"
    speeds = [row[name] for row in rows if name in row]
    lines = {
        "training": clock(last["seconds"]),
        "hours": number(last["seconds"] / 3600),
        "rounds": number(last["round"]),
        "images seen": number(last["round"] * images_a_round(facts["config"])),
        "images a second, median": (
            number(round(statistics.median(speeds))) if speeds else "not known"
        ),
        "peak memory": f"{peak / 2**30:.2f} GiB" if peak else "not known",
    }
    for name, meaning in (("data_wait", "waiting for data"), ("scoring", "scoring")):
        shares = [row[f"speed/{name}"] for row in rows if f"speed/{name}" in row]
        if shares:
            lines[f"share of {meaning}"] = f"{statistics.fmean(shares):.1%}"
    return lines
