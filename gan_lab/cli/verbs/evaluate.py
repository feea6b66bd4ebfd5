"""The verb `evaluate`: scores of a run, or of any folder of pictures."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

from gan_lab.cli.parser import Parser
from gan_lab.errors import UsageError

POLL_SECONDS = 10
EXTRACTORS = ("lab", "inception", "efficientnet_lite0")


def evaluate(arguments: list[str]) -> int:
    """Score a run, or pictures against data: RUN | --images PATH data=NAME
    [key=value ...] [--checkpoint last|best|ROUND] [--generator average|last]
    [--metrics NAME,...] [--extractor NAME] [--weights FILE | --download] [--samples N]
    [--real-images N] [--against train|holdout] [--repeats N] [--seed N] [--json]
    [--watch] [--no-imports]."""
    parser = Parser("evaluate", evaluate)
    parser.add_argument("given", nargs="*")
    parser.add_argument("--images", type=Path)
    parser.add_argument("--checkpoint", default="last")
    parser.add_argument("--generator", choices=("average", "last"), default="average")
    parser.add_argument("--metrics")
    parser.add_argument("--extractor", choices=EXTRACTORS, default="lab")
    parser.add_argument("--weights")
    parser.add_argument("--download", action="store_true")
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--real-images", type=int, default=10_000)
    parser.add_argument("--against", choices=("train", "holdout"), default="train")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--watch", action="store_true")
    parser.add_imports()
    asked = parser.parse_intermixed_args(arguments)
    least_of = {"samples": 2, "real_images": 2, "repeats": 1, "seed": 0}
    for name, least in least_of.items():
        if (value := getattr(asked, name)) < least:
            option = name.replace("_", "-")
            raise UsageError(
                f"`--{option}` must be at least {least}. Received: {value}."
            )
    asked.overrides = [g for g in asked.given if "=" in g and not Path(g).exists()]
    runs = [given for given in asked.given if given not in asked.overrides]
    if len(runs) != (asked.images is None):
        parser.error("either a run or --images must be given")

    from gan_lab.system.console import Console

    with Console(capture=True, quiet=asked.json) as console:
        if asked.images:
            _show(_of_images(asked, console), asked, console)
        else:
            _of_run(Path(runs[0]), asked, console)
    return 0


def _of_run(path: Path, asked, console) -> None:
    """Show scores of one checkpoint or of each, and add them to `scores.jsonl`."""
    from gan_lab.artifacts import RunFolder, scores_jsonl

    folder = RunFolder(path)
    if not (kept := scores_jsonl.can_append(folder.scores)):
        console.say(
            f"{folder.scores} cannot be written: the scores are shown, and not kept."
        )
    if asked.watch:
        measured = _watched(folder, asked, console)
    else:
        measured = [_of_checkpoint(path, asked, console)]
    for found in measured:
        _show(found, asked, console)
        if kept:
            scores_jsonl.append(folder.scores, found)


def _of_checkpoint(path: Path, asked, console) -> list:
    """Scores of a checkpoint."""
    from gan_lab.data import dataset
    from gan_lab.training.load import load_run

    run = load_run(
        path,
        asked.checkpoint,
        asked.overrides,
        imports=asked.imports,
        console=console,
    )
    data = run.config.data
    found = dataset.find(data)
    judge = _judge(asked, data, found, run.config.trainer.weights, console)
    if judge.trained_on != run.data:
        console.say("These are not the images that it was trained on.")

    def draw(seed: int):
        latents = run.gan.networks.fixed_latents(asked.samples, seed)
        averaged = asked.generator == "average"
        return run.gan.sample(latents=latents, averaged=averaged)

    return _measured(
        judge,
        draw,
        asked,
        console,
        repeats=asked.repeats,
        round=run.round,
        generator=asked.generator if run.gan.ema_generator else "last",
        checkpoint="round" if asked.checkpoint.isdecimal() else asked.checkpoint,
    )


def _of_images(asked, console) -> list:
    """Scores of pictures in a folder or archive; the data's own geometry is theirs."""
    from gan_lab.cli.verbs.data import compose
    from gan_lab.data import dataset
    from gan_lab.data.sources.folder import folder

    if asked.watch or asked.repeats > 1:
        raise UsageError("`--watch` and `--repeats` are for runs, not for `--images`.")
    data = compose(asked.overrides).data
    found, given = dataset.find(data), folder(path=str(asked.images))
    dataset.look(given)
    judge = _judge(asked, data, found, None, console)
    if len(judge.shape) != 3:
        raise UsageError(f"`data={data.name}` has points: `--images` are of no use.")
    height, _, channels = judge.shape
    like = data.copy()
    like.image_size, like.channels = height, channels
    like.holdout, like.limit = None, asked.samples
    pictures = dataset.load(like, given, console)
    return _measured(
        judge,
        lambda seed: pictures.images[:],
        asked,
        console,
        generator="images",
        checkpoint=pictures.sha256(),
    )


def _measured(judge, draw, asked, console, **facts) -> list:
    """The scores of what is drawn; those that it lacks something for are named."""
    from gan_lab.evaluation.measure import measure

    scores = measure(judge, draw, seed=asked.seed, **facts)
    lacks = judge.missing({score.name for score in scores})
    said = [f"{name} is not measured: it needs {need}." for name, need in lacks.items()]
    if not scores:
        raise UsageError(f"{' '.join(said)} Received: `--samples {asked.samples}`.")
    for line in said:
        console.say(line)
    return scores


def _watched(folder, asked, console) -> Iterator[list]:
    """Scores of every checkpoint as it appears, until the run has ended."""
    seen = set()
    while True:
        alive = folder.facts()["status"] == "running"
        for round in folder.checkpoints.rounds():
            if round in seen:
                continue
            seen.add(round)
            asked.checkpoint = str(round)
            try:
                scores = _of_checkpoint(folder.path, asked, console)
            except UsageError:
                time.sleep(1)  # it may be making room for newer ones just now
                if round in folder.checkpoints.rounds():
                    raise
            else:
                yield scores
        if not alive:
            return
        time.sleep(POLL_SECONDS)


def _judge(asked, data, found, weights: str | None, console):
    from gan_lab.data import dataset
    from gan_lab.data.preparation.cache import default_root
    from gan_lab.evaluation import chosen
    from gan_lab.evaluation.extractors import extractor_of
    from gan_lab.evaluation.judge import Judge

    metrics = None
    if asked.metrics is not None:
        names = [name.strip() for name in asked.metrics.split(",")]
        metrics = chosen.families(names, asked.extractor)
    training, held_out = dataset.load(data, found, console), None
    if asked.against == "holdout" or metrics is None or "memorisation" in metrics:
        held_out = dataset.load_holdout(data, found, console)
    extractor = None
    if chosen.needs_extractor(metrics, training):
        extractor = extractor_of(
            asked.extractor,
            training,
            console,
            asked.weights or weights,
            asked.download,
        )
    return Judge(
        training,
        held_out,
        metrics,
        extractor,
        against=asked.against,
        real_images=asked.real_images,
        cache=default_root() / "features",
    )


def _show(scores: list, asked, console) -> None:
    if asked.json:
        kept = ("value", "deviation", "repeats", "round", "higher_is_better")
        facts = {
            score.name: {
                **{name: getattr(score, name) for name in kept},
                "protocol": score.protocol,
            }
            for score in scores
        }
        print(json.dumps(facts, indent=2), flush=True)
        return
    widest = max(len(score.name) for score in scores)
    protocol = scores[0].protocol
    of = "pictures" if scores[0].round is None else f"round {scores[0].round}"
    console.say(
        f"{protocol['samples']:,} samples of {of} against {protocol['real_images']:,} "
        f"real images ({protocol['real']})"
    )
    for line in sorted({_features(score.protocol) for score in scores} - {""}):
        console.say(line)
    for score in scores:
        deviation = "" if score.deviation is None else f" ± {score.deviation:.2g}"
        better = "higher" if score.higher_is_better else "lower"
        value = f"{score.value:10.4g}{deviation}"
        console.say(f"  {score.name:{widest}}  {value}  {better} is better")


def _features(protocol: dict) -> str:
    """Whose features were compared, in a line; nothing where there are none."""
    if not protocol["extractor"]:
        return ""
    quality = "".join(f", {k} {v:.4g}" for k, v in protocol["quality"].items())
    return (
        f"Features by {protocol['extractor']}, weights {protocol['weights'][:12]}"
        f"{quality}; resize: {protocol['resize']}"
    )
