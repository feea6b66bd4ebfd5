"""Differences between the rounds of two run folders, bit for bit."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gan_lab import pictures
from gan_lab.artifacts import RunFolder, metrics_csv
from gan_lab.artifacts.checkpoints import State
from gan_lab.errors import UsageError

Rows = dict[int, dict[str, float]]  # by round, and by name
ROWS, GRIDS, STATES, ROLLBACKS = "rows", "grids", "checkpoints", "rollbacks"


@dataclass(frozen=True)
class Difference:
    """Something of a round that is not the same.

    Attributes:
        round: at which it was written.
        kind: `rows`, `grids`, `checkpoints` or `rollbacks`.
        name: of the column, or of what is in the folder.
        apart: both values, or how far they are from each other, in words.
    """

    round: int
    kind: str
    name: str
    apart: str


@dataclass(frozen=True)
class Sameness:
    """The comparison of two runs, and what is not the same.

    Attributes:
        compared: kind -> rounds, ascending.
        unshared: names that only one of them logs, which says nothing.
        differences: by round.
    """

    compared: dict[str, list[int]]
    unshared: list[str]
    differences: list[Difference]

    @property
    def only_measured(self) -> bool:
        """Tell whether all that differs was measured on the same samples."""
        rooms = {(d.kind, d.name.partition("/")[0]) for d in self.differences}
        return rooms <= {(ROWS, "score"), (ROWS, "samples")}

    @property
    def since(self) -> int | None:
        """The first round in which something differs."""
        return self.differences[0].round if self.differences else None


def compare(first: RunFolder, second: RunFolder, until: int) -> Sameness:
    """Compare rows but for their times, grids, checkpoints and rollbacks.

    Args:
        first: what must be found again: each of its rows, and every grid and
            checkpoint that both have.
        second: where it is looked for.
        until: the last round that is compared.
    """
    old, new = (_rows(folder, until) for folder in (first, second))
    grids = [{int(p.stem): p for p in f.grids()} for f in (first, second)]
    drawn = [r for r in grids[0] if r <= until and r in grids[1]]
    saved = [r for r in _common_checkpoints(first, second) if r <= until]
    names = [_names(rows, old.keys() & new.keys()) for rows in (old, new)]
    back = sorted({round for f in (first, second) for round, _ in _rollbacks(f, until)})
    states = dict(_of_states(first, second, saved))
    found = [
        *_of_rows(old, new, names[0] & names[1]),
        *_of_grids(grids, drawn),
        *(difference for difference in states.values() if difference),
        *_of_rollbacks(first, second, until),
    ]
    return Sameness(
        {ROWS: [*old], GRIDS: drawn, STATES: [*states], ROLLBACKS: back},
        sorted(names[0] ^ names[1]),
        sorted(found, key=lambda difference: difference.round),
    )


def _rows(folder: RunFolder, until: int) -> Rows:
    """The rows up to a round, by round and without their times."""
    return {
        int(row["round"]): {k: v for k, v in row.items() if k not in metrics_csv.TIMING}
        for row in folder.rows()
        if row["round"] <= until
    }


def _names(rows: Rows, rounds: set[int]) -> set[str]:
    return {name for round in rounds for name in rows[round]}


def _of_rows(old: Rows, new: Rows, names: set[str]) -> Iterator[Difference]:
    for round, row in old.items():
        if round not in new:
            yield Difference(round, ROWS, "the whole row", "is missing")
            continue
        for name in (name for name in {**row, **new[round]} if name in names):
            before, after = row.get(name), new[round].get(name)
            if str(before) != str(after):  # NaN is NaN
                yield Difference(round, ROWS, name, _apart(before, after))


def _apart(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return f"{_said(before)}, now {_said(after)}"
    share = abs(after - before) / max(abs(before), abs(after))
    return f"{_said(before)}, now {_said(after)}, which is {share:.1g} of it apart"


def _said(value: float | None) -> str:
    return "empty" if value is None else f"{value:.9g}"


def _of_grids(grids: list[dict[int, Path]], rounds: list[int]) -> Iterator[Difference]:
    for round in rounds:
        before, after = (pictures.read_png(found[round]) for found in grids)
        if before.shape != after.shape:
            shapes = " and ".join("x".join(map(str, s.shape)) for s in (before, after))
            yield Difference(round, GRIDS, "shape", shapes)
        elif (apart := np.abs(before.astype(int) - after)).any():
            said = (
                f"{(apart > 0).mean():.2%} of the pixels, by {apart.max()} of 255 "
                "levels at most"
            )
            yield Difference(round, GRIDS, "pictures", said)


def _common_checkpoints(first: RunFolder, second: RunFolder) -> list[int]:
    kept = set(second.checkpoints.rounds())
    return [round for round in first.checkpoints.rounds() if round in kept]


def _of_states(
    first: RunFolder, second: RunFolder, rounds: list[int]
) -> Iterator[tuple[int, Difference | None]]:
    """Each round whose checkpoint is whole in both, and how the two differ."""
    for round in rounds:
        try:
            both = [f.checkpoints.load_round(round)[1] for f in (first, second)]
        except UsageError:  # damaged
            continue
        yield round, _of_state(round, *both)


def _of_state(round: int, before: State, after: State) -> Difference | None:
    if {k: v.shape for k, v in before.items()} != {
        k: v.shape for k, v in after.items()
    }:
        return Difference(round, STATES, "variables", "others")
    apart = {
        name: _distance(values, after[name])
        for name, values in before.items()
        if values.tobytes() != after[name].tobytes()
    }
    if not apart:
        return None
    furthest = max(apart, key=apart.__getitem__)
    said = f"{len(apart)} of {len(before)}, {furthest} by up to {apart[furthest]:.1g}"
    return Difference(round, STATES, "variables", said)


def _distance(before: np.ndarray, after: np.ndarray) -> float:
    """The largest difference of two numbers; of seeds it means nothing, and is 0."""
    if before.dtype.kind != "f" or not before.size:
        return 0.0
    return float(np.abs(before.astype(float) - after).max())


def _of_rollbacks(
    first: RunFolder, second: RunFolder, until: int
) -> Iterator[Difference]:
    before, after = (_rollbacks(folder, until) for folder in (first, second))
    for round, to in sorted(before ^ after):
        which = "the run alone" if (round, to) in before else "the replay alone"
        said = f"{which} took the weights of round {to}"
        yield Difference(round, ROLLBACKS, "rollback", said)


def _rollbacks(folder: RunFolder, until: int) -> set[tuple[int, int]]:
    """Round, and the round whose weights were taken, of each rollback."""
    return {
        (event["round"], event["to"])
        for event in folder.events()
        if event["event"] == "rollback" and event["round"] <= until
    }
