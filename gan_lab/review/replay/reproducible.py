"""The beginning of a run, and how far it holds."""

from dataclasses import dataclass
from typing import Any

from gan_lab.artifacts import RunFolder
from gan_lab.config.recovery import recover
from gan_lab.errors import UsageError


@dataclass(frozen=True)
class Beginning:
    """The settings that the first rounds of a run were trained with.

    Attributes:
        config: the configuration, as YAML.
        ticks: rounds of the rows that were trained with it, ascending.
        why: why there are no more, in a sentence.
        facts: what `run.json` said then.
    """

    config: str
    ticks: list[int]
    why: str
    facts: dict[str, Any]

    def goal(self, rounds: int) -> int:
        """The first tick at or after a round, or else the last one there is."""
        return next((tick for tick in self.ticks if tick >= rounds), self.ticks[-1])


def beginning(folder: RunFolder) -> Beginning:
    """The rounds of a run before it was resumed with anything changed.

    A rollback belongs to them: it happens again where the same rounds do.

    Raises:
        UsageError: there are none, or how they were configured is not known.
    """
    ticks = [int(row["round"]) for row in folder.rows()]
    why = "its table ends there"
    config, facts = recover(folder).text, folder.facts()
    if changed := next(filter(_changes, folder.events()), None):
        first = folder.first_config()
        if first is None:
            raise UsageError(
                f"{folder.path} was resumed with changes, and its TensorBoard files, "
                "which held the configuration before, are gone."
            )
        config = first
        facts |= changed.get("before", {})
        ticks = [tick for tick in ticks if tick <= changed["round"]]
        said = "; ".join([*changed["overrides"], *changed.get("changes", [])])
        why = f"it was resumed after round {changed['round']} with changes: {said}"
    if not ticks:
        raise UsageError(f"{folder.path} has no tick that could be compared: {why}.")
    return Beginning(config, ticks, why, facts)


def _changes(event: dict[str, Any]) -> bool:
    """Tell whether from this event on the run was another one.

    One that is resumed before its first checkpoint begins anew.
    """
    resumed = event["event"] == "resume" and event["round"] > 0
    return resumed and bool(event["overrides"] or event.get("changes"))
