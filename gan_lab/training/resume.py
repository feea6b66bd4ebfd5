"""A run that goes on, exactly, from its newest whole checkpoint."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from omegaconf import OmegaConf

from gan_lab.artifacts import RunFolder
from gan_lab.artifacts.checkpoints import Saved
from gan_lab.artifacts.mending import mend
from gan_lab.config.check import check
from gan_lab.config.imports import parts_of
from gan_lab.config.recovery import recover
from gan_lab.config.saved import from_text
from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError
from gan_lab.system.console import Console
from gan_lab.system.signals import Interruption
from gan_lab.training.attempts import attempt
from gan_lab.training.callbacks.order import callbacks_of, measured
from gan_lab.training.callbacks.samples import is_drawn
from gan_lab.training.changes import MACHINE, changes, require_consent
from gan_lab.training.clock import Clock
from gan_lab.training.loop import accompany
from gan_lab.training.run import Run
from gan_lab.training.start import begin, facts_of, held, process


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
    clock, console = Clock(), console or Console()
    folder, overrides = RunFolder(path), list(overrides)
    damaged: list[str] = []
    with parts_of(folder.config, overrides, imports=imports, say=console.aside):
        found = recover(folder)
        config = check(from_text(found.text, folder.config, overrides))
    with contextlib.ExitStack() as stack:
        devices = stack.enter_context(process(config, console))
        # Left after the folder is let go: a signal until then ends nothing half way.
        later = stack.enter_context(contextlib.ExitStack())
        if devices.process == 0:
            stack.enter_context(held(folder, damaged.append))
        saved = folder.checkpoints.load(damaged.append)
        run, parts = begin(config, console, devices, clock, folder=folder, saved=saved)
        if devices.process:
            return accompany(run, parts.samples, console)
        _require_unplayed(path, run)
        changed = changes(run, saved, overrides)
        accepted = MACHINE if accept_machine else ()
        require_consent(path, changed, changed if accept_changes else accepted)
        interruption = later.enter_context(Interruption())
        mend(
            folder,
            run.round,
            config=found.damage,
            latents=run.gan.networks.fixed_latents(config.trainer.samples),
            columns=[*run.log_names, *measured(parts.judge)],
            shape=parts.samples.shape,
            warn=damaged.append,
        )
        lost = _lost_grid(folder, saved)
        console.attach(folder.log)
        console.say(f"Run folder: {folder.path}, from round {run.round}")
        for warning in damaged:
            console.say(warning)
        if changed:
            said = "; ".join(changed.values())
            console.say(f"Changed from round {run.round} on: {said}.")
        _note(run, parts.samples)
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
        beside = callbacks_of(run, parts.samples, parts.judge, console, lost)
        return attempt(run, parts.samples, beside, console, interruption)


def _require_unplayed(path: Path | str, run: Run) -> None:
    """Refuse a run that has nothing left to play.

    Raises:
        UsageError: it is complete.
    """
    steps = run.config.trainer.steps
    complete = run.folder.facts()["status"] == "finished"
    if run.round > steps or (complete and run.round == steps):
        raise UsageError(
            f"{path} has played its {run.round} rounds. To go on, give more: "
            f"trainer.steps={2 * run.round}."
        )


def _note(run: Run, samples: Samples) -> None:
    """Write into the folder of a run that it goes on, and how."""
    run.folder.state(
        status="running",
        reason=None,
        exit_code=None,
        ended=None,
        **facts_of(run, samples),
    )
    run.folder.write_config(OmegaConf.to_yaml(run.config))


def _before(saved: Saved | None, run: Run) -> dict:
    """Facts that the rounds up to a checkpoint depended on, where they have changed."""
    if not saved:
        return {}
    now = {"environment": run.environment, "data": run.data}
    known = {name: saved[2][name] for name in now}
    return {} if known == now else {"before": known}


def _lost_grid(folder: RunFolder, saved: Saved | None) -> int | None:
    """The round of a checkpoint whose grid is lost while its weights are at hand.

    After a rollback they are no longer those that drew it.
    """
    if not saved or folder.sample_path(saved[0]).exists():
        return None
    round, _, meta = saved
    back = {e["round"] for e in folder.events() if e["event"] == "rollback"}
    drawn = is_drawn(round, meta["config"]["trainer"])
    return round if drawn and round not in back else None
