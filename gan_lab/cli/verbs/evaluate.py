"""The verb `evaluate`: scores of a run, or of any folder of pictures."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_lab.cli.parser import Parser
from gan_lab.errors import UsageError

if TYPE_CHECKING:
    from gan_lab.system.console import Console
    from gan_lab.system.listing import Listing

KEPT = ("value", "deviation", "repeats", "round", "higher_is_better", "protocol")


def evaluate(arguments: list[str]) -> int:
    """Score a run, or pictures against data: RUN | --images PATH data=NAME
    [key=value ...] [--checkpoint last|best|ROUND] [--generator average|last]
    [--metrics NAME,...] [--extractor NAME] [--weights FILE | --download] [--samples N]
    [--real-images N] [--against train|holdout] [--repeats N] [--seed N] [--json]
    [--watch] [--no-imports]."""
    from gan_lab.review.scoring import AGAINST, EXTRACTORS, GENERATORS

    parser = Parser("evaluate", evaluate)
    parser.add_argument("given", nargs="*")
    parser.add_argument("--images", type=Path)
    parser.add_argument("--checkpoint", default="last")
    parser.add_argument("--generator", choices=GENERATORS, default="average")
    parser.add_argument("--metrics", type=_names)
    parser.add_argument("--extractor", choices=EXTRACTORS, default="lab")
    parser.add_argument("--weights")
    parser.add_argument("--download", action="store_true")
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--real-images", type=int, default=10_000)
    parser.add_argument("--against", choices=AGAINST, default="train")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--watch", action="store_true")
    parser.add_imports()
    asked = vars(parser.parse_intermixed_args(arguments))
    given, as_json, watch = (asked.pop(name) for name in ("given", "json", "watch"))
    asked["overrides"] = [g for g in given if "=" in g and not Path(g).exists()]
    runs = [one for one in given if one not in asked["overrides"]]
    if len(runs) != (asked["images"] is None):
        parser.error("either a run or --images must be given")
    if asked["images"] and (watch or asked["repeats"] > 1):
        raise UsageError("`--watch` and `--repeats` are for runs, not for `--images`.")
    _show_all(next(iter(runs), None), asked, watch, as_json)
    return 0


def _show_all(
    run: str | None, asked: dict[str, Any], watch: bool, as_json: bool
) -> None:
    from gan_lab.cli.overrides import quote_paths
    from gan_lab.review.scores import score_images, score_run
    from gan_lab.system.console import Console

    overrides, images = asked.pop("overrides"), asked.pop("images")
    with Console(capture=True, quiet=as_json) as console:
        asked["console"] = console
        found: Iterable[Listing]
        if run is None:
            del asked["checkpoint"], asked["imports"]
            found = [score_images(images, overrides=quote_paths(overrides), **asked)]
        else:
            asked["checkpoint"] = None if watch else asked["checkpoint"]
            found = score_run(run, overrides=overrides, **asked)
        for scores in found:
            _show(scores, as_json, console)


def _show(scores: "Listing", as_json: bool, console: "Console") -> None:
    if as_json:
        facts = {s.name: {key: getattr(s, key) for key in KEPT} for s in scores}
        print(json.dumps(facts, indent=2), flush=True)
        return
    for line in scores.notes:
        console.say(line)
    widest = max(len(score.name) for score in scores)
    for score in scores:
        deviation = "" if score.deviation is None else f" ± {score.deviation:.2g}"
        better = "higher" if score.higher_is_better else "lower"
        value = f"{score.value:10.4g}{deviation}"
        console.say(f"  {score.name:{widest}}  {value}  {better} is better")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]
