"""Kills runs of several kinds at random, and compares what becomes of each with a run
that was left alone.

    python experiments/torture/torture.py --minutes 60 --seed 1 --out torture.json
"""

import argparse
import json
import os
import platform
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from folders import differing, leftovers
from victims import KINDS, Victim

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
MOMENTS = ("starting", "resuming", "playing", "ending")
KILLS = 5  # of a run, at most
LIMIT = 300  # seconds that a process may take
POLL = 0.002


@dataclass
class Kill:
    """What a process was sent, and what came of it.

    Attributes:
        sent: the name of the signal.
        moment: what the process was doing.
        code: its exit code.
        status: of the run afterwards.
        wrong: what should not be so.
    """

    sent: str
    moment: str
    code: int
    status: str
    wrong: list[str] = field(default_factory=list)


@dataclass
class Case:
    """A run that was killed, went on, and was compared.

    Attributes:
        kind: of the run.
        number: of its kind.
        kills: that came in time.
        differing: what is not as in the run that was left alone.
        wrong: what else should not be so.
    """

    kind: str
    number: int
    kills: list[Kill] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        """Whether nothing came of it that should not be so."""
        return not (self.differing or self.wrong or any(k.wrong for k in self.kills))


@dataclass
class Reference:
    """A run that was left alone.

    Attributes:
        contents: of its folder.
        seconds: that it took.
    """

    contents: dict[str, object]
    seconds: float


def alone(kind: str, place: Path) -> Reference:
    """Play a run that is left alone."""
    victim = Victim(kind, place)
    began = time.monotonic()
    victim.begin()
    code = victim.process.wait(LIMIT)
    seconds = time.monotonic() - began
    if code or victim.status() != "finished":
        raise RuntimeError(f"{kind}: exit code {code}: {victim.said()}")
    return Reference(victim.contents(), seconds)


def torture(
    kind: str, number: int, seed: int, place: Path, reference: Reference
) -> Case:
    """Kill a run some times, let it come to its end, and compare it."""
    draw = random.Random(f"{seed} {kind} {number}")
    victim, case = Victim(kind, place), Case(kind, number)
    for _ in range(draw.randint(2, KILLS)):
        victim.begin()
        kill = _kill(victim, draw, reference.seconds)
        if kill:
            case.kills.append(kill)
        if victim.has_ended():
            break
    for _ in range(3):  # a sweep goes on after a job that was killed
        if victim.has_ended():
            break
        victim.begin()
        code = victim.process.wait(LIMIT)
        if code:
            case.wrong.append(f"exit code {code} of the last: {victim.said()[-300:]}")
    if victim.status() == "finished":
        case.differing = differing(reference.contents, victim.contents())
    else:
        case.wrong.append(f"it is {victim.status()} in the end")
    case.wrong += [f"left behind: {name}" for name in leftovers(place)]
    return case


def _kill(victim: Victim, draw: random.Random, seconds: float) -> Kill | None:
    """Send a signal at a random moment; None where the process was faster."""
    number, when = draw.choice(SIGNALS), draw.choice(list(WHEN))
    before = victim.status()
    victim.wait_for_main()
    WHEN[when](victim, draw, seconds)
    moment = victim.moment()
    if victim.process.poll() is not None:
        code = victim.process.returncode
        if code:
            raise RuntimeError(f"exit code {code} by itself: {victim.said()}")
        return None
    victim.process.send_signal(number)
    code = victim.process.wait(LIMIT)
    kill = Kill(number.name, moment, code, victim.status())
    kill.wrong = list(_wrong(kill, number, victim, before))
    return kill


def _wrong(kill: Kill, number: signal.Signals, victim: Victim, before: str):
    """What a kill should not have come to."""
    expected = -9 if number == signal.SIGKILL else 128 + number
    if kill.code not in (expected, 0):
        yield f"exit code {kill.code}: {victim.said()[-300:]}"
    if "Traceback" in victim.said() or "Exception ignored" in victim.said():
        yield f"a traceback: {victim.said()[-1000:]}"
    right = {before} if not victim.has_begun() else set()
    if kill.code == 0:
        right |= {"finished"}
    elif number == signal.SIGKILL:
        right |= {"interrupted", "finished", before}
    elif victim.has_begun():
        right |= {"stopped", "finished"}
    if victim.is_sweep:  # its jobs end after it, by themselves
        right |= {"running", "interrupted", "stopped", "nothing"}
    if kill.status not in right:
        yield f"the status was {before} and is {kill.status}"
    if number != signal.SIGKILL:
        mine = f".{victim.process.pid}-"
        left = [n for n in leftovers(victim.place) if Path(n).name.startswith(mine)]
        yield from (f"left behind: {name}" for name in left)


def _anywhere(victim: Victim, draw: random.Random, seconds: float) -> None:
    _sleep(victim, draw.uniform(0, 1.1 * seconds))


def _at_once(victim: Victim, draw: random.Random, seconds: float) -> None:
    _sleep(victim, draw.uniform(0, 0.2))


def _early(victim: Victim, draw: random.Random, seconds: float) -> None:
    _await(victim, victim.has_begun)
    _sleep(victim, draw.uniform(0, 0.3))


def _writing(victim: Victim, draw: random.Random, seconds: float) -> None:
    _await(victim, victim.has_begun)
    _sleep(victim, draw.uniform(0, 0.5 * seconds))
    _await(victim, victim.is_writing)
    _sleep(victim, draw.uniform(0, 0.01))


def _late(victim: Victim, draw: random.Random, seconds: float) -> None:
    _await(victim, victim.is_over)
    _sleep(victim, draw.uniform(0, 0.5))


WHEN = {
    "anywhere": _anywhere,
    "at once": _at_once,
    "early": _early,
    "writing": _writing,
    "late": _late,
}


def _await(victim: Victim, condition: Callable[[], bool]) -> None:
    while victim.process.poll() is None and not condition():
        time.sleep(POLL)


def _sleep(victim: Victim, seconds: float) -> None:
    until = time.monotonic() + seconds
    _await(victim, lambda: time.monotonic() > until)


def table(cases: list[Case]) -> str:
    """The counts, as Markdown: a line a kind, and one for all."""
    names = [s.name for s in SIGNALS]
    head = ["kind", "runs", "kills", *names, *MOMENTS, "different", "otherwise wrong"]
    lines = [head, ["---"] * len(head)]
    kinds = list(dict.fromkeys(case.kind for case in cases))
    groups = [(kind, [c for c in cases if c.kind == kind]) for kind in kinds]
    for kind, found in (*groups, ("all", cases)):
        kills = [kill for case in found for kill in case.kills]
        lines.append(
            [
                kind,
                len(found),
                len(kills),
                *(sum(k.sent == name for k in kills) for name in names),
                *(sum(k.moment == moment for k in kills) for moment in MOMENTS),
                sum(bool(case.differing) for case in found),
                sum(bool(c.wrong or any(k.wrong for k in c.kills)) for c in found),
            ]
        )
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def main() -> int:
    """Torture for some minutes; 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--out", type=Path, default=Path("torture.json"))
    asked = parser.parse_args()
    # A shell that starts it in the background has it ignore Ctrl-C, which is inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    kinds, cases, references = asked.kinds.split(","), [], {}
    place = Path(tempfile.mkdtemp(prefix="torture-"))
    print(f"Runs that come out wrong stay in {place}.", flush=True)
    began, number = time.monotonic(), 0
    while time.monotonic() - began < 60 * asked.minutes:
        kind = kinds[number % len(kinds)]
        if kind not in references:
            references[kind] = alone(kind, place / f"{kind} alone")
        spot = place / f"{kind} {number // len(kinds)}"
        case = torture(kind, number // len(kinds), asked.seed, spot, references[kind])
        cases.append(case)
        if case.is_right:
            shutil.rmtree(spot)
        print(json.dumps(asdict(case)), flush=True)
        number += 1
        asked.out.write_text(_as_json(asked, cases, time.monotonic() - began))
    print(table(cases))
    return 0 if all(case.is_right for case in cases) else 1


def _as_json(asked, cases: list[Case], seconds: float) -> str:
    facts = {
        "seed": asked.seed,
        "minutes": round(seconds / 60, 1),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "table": table(cases).splitlines(),
        "cases": [asdict(case) for case in cases],
    }
    return json.dumps(facts, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())
