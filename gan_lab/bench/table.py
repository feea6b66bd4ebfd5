"""The figures of the bench as a table: a column a row that was measured."""

from collections.abc import Callable

Cells = list[list[str]]
STARTUP = ("import", "data", "build", "first picture", "first round", "in all")
SHARES = (
    "data",
    "discriminator",
    "generator",
    "logging",
    "pictures",
    "checkpoints",
)


def heads(found: list[dict]) -> list[str]:
    """The titles of the columns."""
    return [f"{row['step']}, {row['batch']}, {row['precision']}" for row in found]


def cells(found: list[dict]) -> Cells:
    """The rows of the table; a title stands alone in its row.

    Args:
        found: what was measured, without what failed.
    """

    def line(name: str, text: Callable[..., str]) -> list[str]:
        return [name, *map(text, found)]

    return [
        ["speed"],
        line("rounds a second", lambda row: short(row["rounds_per_second"])),
        line("images a second", lambda row: short(row["images_per_second"])),
        line("ms a round", lambda row: _milliseconds(row["round_seconds"])),
        ["arithmetic"],
        line("GFLOP a round", lambda row: giga(row["flop_per_round"])),
        line("GFLOP/s", lambda row: giga(row["flop_per_second"])),
        *(
            line(f"of a {name}", lambda row, name=name: _of_peak(row, name))
            for name in ("matrix product", "convolution")
        ),
        ["share of the time"],
        *(line(n, lambda row, n=n: f"{row['shares'][n]:.1%}") for n in SHARES),
        ["start-up, seconds"],
        *(line(n, lambda row, n=n: f"{row['startup'][n]:.2f}") for n in STARTUP),
        ["machine"],
        line("peak memory, MB", lambda row: _mega(row["peak_memory_bytes"])),
        line("load before", lambda row: short(row["load"])),
    ]


def short(number: float | None) -> str:
    """Three figures, or all before the point."""
    if number is None:
        return "not known"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def giga(count: float | None) -> str:
    """Billions, of operations."""
    return "not counted" if count is None else short(count / 1e9)


def _mega(count: int | None) -> str:
    return "not known" if count is None else short(count / 1e6)


def _milliseconds(seconds: dict) -> str:
    low, median, high = (short(1000 * seconds[n]) for n in ("low", "median", "high"))
    return f"{median} ({low} to {high})"


def _of_peak(row: dict, name: str) -> str:
    """Speed of such an operation here, and the share of it that training reaches."""
    share = f" ({row['reached'][name]:.0%})" if row["reached"] else ""
    return f"{giga(row['peaks'][name])}{share}"
