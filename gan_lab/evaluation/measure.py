"""Measurements: what a judge says of a generator, with everything it hangs on."""

from collections.abc import Callable

import numpy as np

from gan_lab.artifacts.run_folder import now
from gan_lab.artifacts.scores_jsonl import Score
from gan_lab.evaluation.catalogue import higher_is_better
from gan_lab.evaluation.judge import Judge


def measure(
    judge: Judge,
    draw: Callable[[int], np.ndarray],
    *,
    seed: int,
    repeats: int = 1,
    round: int | None = None,
    **facts: object,
) -> list[Score]:
    """The scores of what is drawn, each with its protocol.

    Args:
        judge: what measures them.
        draw: seed -> uint8 images `(count, height, width, channels)`.
        seed: of the first draw; each repeat has the next.
        repeats: how often it is drawn and measured.
        round: of the checkpoint that draws.
        **facts: more of the protocol: which generator, which checkpoint.
    """
    measured = []
    for number in range(repeats):
        images = draw(seed + number)
        measured.append(judge(images))
    facts = {"samples": len(images), "latents_seed": seed, **facts}
    shared = [n for n in measured[0] if all(n in found for found in measured)]
    values = {name: [found[name] for found in measured] for name in shared}
    return [
        Score(
            name,
            float(np.mean(values[name])),
            higher_is_better(name),
            judge.protocol(name, **facts),
            round,
            float(np.std(values[name], ddof=1)) if repeats > 1 else None,
            repeats,
            now(),
        )
        for name in shared
    ]
