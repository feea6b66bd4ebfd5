"""Training: a whole run, from its configuration to its folder."""

import contextlib
import json
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import keras
from omegaconf import DictConfig, OmegaConf

from gan_lab import backend
from gan_lab.artifacts import RunFolder
from gan_lab.artifacts.mending import mend
from gan_lab.artifacts.run_folder import dated
from gan_lab.config.check import check
from gan_lab.config.differences import differences, plain
from gan_lab.config.imports import parts_of
from gan_lab.config.keys import SOURCE, keys
from gan_lab.config.recovery import configuration, recover
from gan_lab.config.saved import from_text
from gan_lab.data import dataset
from gan_lab.data.samples import Samples
from gan_lab.errors import CollapseError, UsageError
from gan_lab.evaluation import chosen
from gan_lab.system.console import Console
from gan_lab.system.signals import Interruption
from gan_lab.training.build import assemble, devices_of, gan_of
from gan_lab.training.callbacks.recording import is_drawn
from gan_lab.training.changes import MACHINE, changes, require_consent
from gan_lab.training.environment import environment, provenance
from gan_lab.training.loop import accompany, explain, looked_at, play
from gan_lab.training.rollback import Remedy
from gan_lab.training.run import Run


def train(
    config: DictConfig,
    *,
    folder: Path | str | None = None,
    console: Console | None = None,
    asked: dict | None = None,
    until: int | None = None,
) -> Run:
    """Train a GAN as configured, in a new run folder.

    Args:
        config: as `load_config` returns it.
        folder: the run folder; `<runs>/<name>/<date-time>` where None.
        console: where progress is shown.
        asked: what `run.json` says of the command, where there was one.
        until: stop at the first tick from this round on, with all that depends on
            `trainer.steps` as if it went on; it can be resumed.

    Raises:
        GanLabError: the configuration, the data or the training went wrong.
    """
    began, console = time.perf_counter(), console or Console()
    config = check(config)
    backend.configure(config.trainer.threads, config.trainer.deterministic)
    with _process(config), contextlib.ExitStack() as stack:
        devices = devices_of(config, console)
        samples, judge, gan = assemble(config, console, devices)
        run = Run(None, config, gan, environment(devices), samples.sha256())
        run.devices, run.until, run.began = devices, until, began
        _require_same(run)
        if devices.process:
            return accompany(run, samples, console)
        facts = {
            **(asked or {}),
            **provenance(),
            "config": plain(config),
            "environment": run.environment,
            "loss_levels": gan.objective.levels,
            **_of_images(samples),
        }
        # A folder that there is says how its run ended: from here on signals are noted.
        interruption = stack.enter_context(Interruption())
        folder = RunFolder.create(
            Path(folder) if folder else dated(config.runs, config.name),
            OmegaConf.to_yaml(config),
            facts,
            gan.networks.fixed_latents(config.trainer.samples),
        )
        folder.lock()
        try:
            console.attach(folder.log)
            console.say(f"Run folder: {folder.path}")
            if samples.left_out:
                console.say(dataset.left_out(samples))
            run.folder = folder
            return _play(run, samples, judge, console, interruption)
        finally:
            folder.unlock()


def resume(
    path: Path | str,
    overrides: Iterable[str] = (),
    *,
    accept_changes: bool = False,
    accept_machine: bool = False,
    imports: bool = True,
    console: Console | None = None,
) -> Run:
    """Continue a run exactly from its newest whole checkpoint.

    What is damaged in its folder is set aside, and made again where it can be.

    Args:
        path: the run folder.
        overrides: keys to change, as `key=value`.
        accept_changes: whether to go on where something else differs, too.
        accept_machine: whether to go on where only the machine is another: its
            processor, instruction sets, device or threads.
        imports: whether to import the modules that it names.
        console: where progress is shown.

    Raises:
        UsageError: the run is alive or complete, or something differs.
        GanLabError: the training went wrong.
    """
    began, console = time.perf_counter(), console or Console()
    folder, overrides = RunFolder(path), list(overrides)
    with parts_of(folder.config, overrides, imports=imports, say=console.aside):
        found = recover(folder)
        config = check(from_text(found.text, folder.config, overrides))
    backend.configure(config.trainer.threads, config.trainer.deterministic)
    with _process(config), contextlib.ExitStack() as stack:
        devices, damaged = devices_of(config, console), []
        if devices.process == 0:
            folder.lock(damaged.append)
        try:
            saved = folder.checkpoints.load(damaged.append)
            remedy = _remedy(saved)
            samples, judge, gan = assemble(config, console, devices, remedy)
            around = environment(devices)
            run = Run(folder, config, gan, around, samples.sha256(), remedy)
            run.devices, run.began = devices, began
            if saved:
                run.restore(*saved[1:])
            _require_same(run)
            if devices.process:
                return accompany(run, samples, console)
            complete = folder.facts()["status"] == "finished"
            if run.round > config.trainer.steps or (
                complete and run.round == config.trainer.steps
            ):
                raise UsageError(
                    f"{path} has played its {run.round} rounds. To go on, give more: "
                    f"trainer.steps={2 * run.round}."
                )
            changed = changes(run, saved, overrides)
            accepted = MACHINE if accept_machine else ()
            require_consent(path, changed, changed if accept_changes else accepted)
            interruption = stack.enter_context(Interruption())
            mend(
                folder,
                run.round,
                config=found.damage,
                latents=gan.networks.fixed_latents(config.trainer.samples),
                columns=[*run.log_names, *looked_at(judge)],
                shape=samples.shape,
                warn=damaged.append,
            )
            run.draws_again = _lacks_its_grid(run, saved)
            console.attach(folder.log)
            console.say(f"Run folder: {folder.path}, from round {run.round}")
            for warning in damaged:
                console.say(warning)
            if changed:
                said = "; ".join(changed.values())
                console.say(f"Changed from round {run.round} on: {said}.")
            folder.state(
                status="running",
                reason=None,
                exit_code=None,
                ended=None,
                config=plain(config),
                environment=run.environment,
                loss_levels=gan.objective.levels,
                **_of_images(samples),
            )
            folder.write_config(OmegaConf.to_yaml(config))
            folder.event(
                "resume",
                round=run.round,
                overrides=overrides,
                changes=[*changed.values()],
                damaged=damaged,
                **_before(saved, run),
            )
            if run.round == config.trainer.steps:
                run.save()  # the kill came between the last checkpoint and the end
            return _play(run, samples, judge, console, interruption)
        finally:
            folder.unlock()


def load_run(
    path: Path | str,
    checkpoint: str | int = "last",
    overrides: Iterable[str] = (),
    *,
    imports: bool = True,
    console: Console | None = None,
) -> Run:
    """The networks of a run, as a checkpoint holds them.

    Args:
        path: the run folder.
        checkpoint: `last`, the newest whole one; `best`, by `trainer.best_metric`; or
            a round.
        overrides: keys to change, as `key=value`; where its data is now, say.
        imports: whether to import the modules that it names.
        console: where it is said which these are, and what is damaged.

    Raises:
        UsageError: it is not a run folder, or has no such checkpoint.
    """
    console = console or Console()
    folder = RunFolder(path, console.warn)
    facts, overrides = folder.facts(), list(overrides)
    with parts_of(folder.config, overrides, imports=imports, say=console.aside):
        config = check(configuration(folder, overrides))
    saved = _saved(folder, checkpoint, console)
    remedy, shape = _remedy(saved), tuple(facts["image_shape"])
    with _process(config):
        gan = gan_of(remedy.applied(config), shape)
    run = Run(folder, config, gan, environment(), facts["data"], remedy)
    run.draw = dataset.drawing(config.data, shape)
    run.restore(*saved[1:])
    return run


def _require_same(run: Run) -> None:
    """Refuse processes that would not play the same run.

    Raises:
        UsageError: they have other settings, images or checkpoints.
    """
    settings = plain(run.config)
    for key in ("runs", *keys(SOURCE)):  # each machine may have them elsewhere
        group, _, name = key.rpartition(".")
        (settings[group] if group else settings).pop(name, None)
    seen = {
        "settings": zlib.crc32(json.dumps(settings).encode()),
        "images": zlib.crc32(run.data.encode()),
        "checkpoints": run.round,
    }
    said = run.devices.gather(*seen.values())
    for name, numbers in zip(seen, said.T, strict=True):
        if len(set(numbers.tolist())) > 1:
            raise UsageError(
                f"The processes of the run have different {name}: give each the same "
                "command, images and run folder."
            )


def _of_images(samples: Samples) -> dict:
    """Facts of the images, for `run.json`."""
    return {
        "data": samples.sha256(),
        "images": samples.count,
        "image_shape": samples.shape,
        "classes": samples.classes_counted(),
        "left_out": samples.left_out,
        "prepared": samples.report and str(samples.report.parent),
    }


def _before(saved: tuple | None, run: Run) -> dict:
    """Facts that the rounds up to a checkpoint depended on, where they have changed."""
    if not saved:
        return {}
    now = {"environment": run.environment, "data": run.data}
    known = {name: saved[2][name] for name in now}
    return {} if known == now else {"before": known}


def _lacks_its_grid(run: Run, saved: tuple | None) -> bool:
    """Tell whether the grid of this round is lost while its weights are at hand.

    After a rollback they are no longer those that drew it.
    """
    if not saved or run.folder.sample_path(run.round).exists():
        return False
    events = run.folder.events()
    back = {event["round"] for event in events if event["event"] == "rollback"}
    return is_drawn(run.round, saved[2]["config"]["trainer"]) and run.round not in back


def _saved(folder: RunFolder, checkpoint: str | int, console: Console) -> tuple:
    """`round, state, meta` of the checkpoint that is asked for."""
    if str(checkpoint).isdecimal():
        return folder.checkpoints.load_round(int(checkpoint))
    if checkpoint not in ("last", "best"):
        raise UsageError(
            "`--checkpoint` must be last, best or the number of a round. "
            f"Received: {checkpoint}."
        )
    saved = folder.checkpoints.load(console.warn)
    if not saved:
        raise UsageError(f"{folder.path} has no checkpoint yet.")
    if checkpoint == "last":
        return saved
    best = saved[2].get("best_round")
    if best is None:
        raise UsageError(
            f"{folder.path} measured no score that says which checkpoint is best: see "
            "`trainer.metrics` and `trainer.best_metric`."
        )
    return folder.checkpoints.load_round(best)


def _remedy(saved: tuple | None) -> Remedy:
    """The changes that rollbacks had made when a checkpoint was written."""
    return Remedy(**saved[2].get("remedy", {})) if saved else Remedy()


def _play(
    run: Run, samples: Samples, judge, console: Console, interruption: Interruption
) -> Run:
    """Play, and begin again from the best checkpoint as often as is allowed."""
    run.metric, run.draw = chosen.metric(run.config, judge), samples.draw
    while True:
        try:
            return play(run, samples, judge, console, interruption)
        except CollapseError as error:
            if not run.may_roll_back:
                raise
            run = _rolled_back(run, samples.shape, str(error), console)


def _rolled_back(run: Run, shape: tuple, reason: str, console: Console) -> Run:
    """The run with the weights of its best checkpoint, and the remedy applied."""
    _, state, _ = run.folder.checkpoints.load_round(run.best_round)
    before = run.remedy.applied(run.config)
    remedy = run.remedy.next(run.config.trainer)
    config = remedy.applied(run.config)
    with run.devices.scope():
        gan = gan_of(config, shape)
    new = replace(run, gan=gan, remedy=remedy, worse=0)
    new.begin_again(state, run.gan.skipped_updates())
    applied = differences(plain(before), plain(config))
    changes = [f"{key} was {old}, is {now}" for key, (old, now) in applied.items()]
    # Before the checkpoint: what is written twice is forgotten with its round.
    new.folder.event(
        "rollback",
        round=run.round,
        to=run.best_round,
        attempt=remedy.attempt,
        applied=changes,
        reason=reason,
    )
    new.save()
    console.say(
        f"{reason} Attempt {remedy.attempt} goes on from the weights of round "
        f"{run.best_round}: {'; '.join(changes) or 'nothing else changes'}."
    )
    return new


@contextlib.contextmanager
def _process(config: DictConfig) -> Iterator[None]:
    """Set up what belongs to the process, and name what it runs out of."""
    trainer, before = config.trainer, keras.config.dtype_policy()
    keras.config.set_dtype_policy(trainer.precision.value)
    try:
        yield
    except Exception as error:
        if explained := explain(error, trainer.batch_size):
            raise explained from error
        raise
    finally:
        keras.config.set_dtype_policy(before)
