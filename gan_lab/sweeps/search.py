"""A search: Optuna says which job is played next, and learns what came of it."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig

from gan_lab.artifacts import RunFolder, scores_jsonl
from gan_lab.errors import UsageError
from gan_lab.evaluation.catalogue import higher_is_better
from gan_lab.registry import build
from gan_lab.sweeps import study
from gan_lab.sweeps.folder import SweepFolder
from gan_lab.sweeps.job import Job
from gan_lab.sweeps.job_status import KEPT, LASTING, JobStatus, State

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

FILE, STUDY = "search.db", "search"
WARM_UP = 0.25  # of the rounds: no job is hopeless before
UNENDED = (State.stopped, State.waiting, State.running)
COSTS = ("seconds", "memory")  # of a run; bytes at its peak


class Search:
    """Gives the jobs of a study, which its file keeps.

    A trial that an earlier call left unfinished is queued again: its job goes on where
    it was; so is one that failed. What a trial proposes depends on the seed, how many
    came before, and what they came to: so a search that was interrupted goes on as it
    would have.

    Args:
        asked: the configuration `hpo`.
        objectives: full names of scores, or `COSTS`.
        space: key -> Optuna's distribution.
        job: from values by key, as text, and the trial's number to the job.

    Raises:
        UsageError: an option has no meaning, or the study is one of something else.
    """

    def __init__(
        self,
        asked: DictConfig,
        objectives: list[str],
        space: "Mapping[str, BaseDistribution]",
        job: Callable[[dict[str, str], int], Job],
    ):
        self._asked, self._space, self._job = asked, space, job
        self.total = asked.trials
        self._names = objectives
        self.score = next((name for name in objectives if name not in COSTS), None)
        self._prunes = asked.prune and len(self._names) == 1
        check(asked)
        self._sampler(0)  # what is wrong with it is said before there is a file
        self._trials: dict[int | None, Trial] = {}  # by `Job.trial`
        self._reported: set[tuple[int, int]] = set()
        self._failed = 0

    def begin(self, folder: SweepFolder) -> None:
        """Open the study, and queue again what an earlier call left behind.

        Args:
            folder: of the sweep.

        Raises:
            UsageError: the study is one of something else.
        """
        import optuna

        self._folder = folder
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        ups = (name not in COSTS and higher_is_better(name) for name in self._names)
        self.study = optuna.create_study(
            storage=f"sqlite:///{study.mended(folder)}",
            study_name=STUDY,
            directions=["maximize" if up else "minimize" for up in ups],
            pruner=optuna.pruners.MedianPruner(n_warmup_steps=0),
            load_if_exists=True,
        )
        known = self.study.user_attrs.get("objectives", self._names)
        if known != self._names:
            raise UsageError(
                f"`hpo.objectives` of {self._folder.path} was {', '.join(known)}, and "
                f"cannot change. Received: {', '.join(self._names)}."
            )
        self.study.set_user_attr("objectives", self._names)
        state = optuna.trial.TrialState
        queued = self.study.user_attrs.get("queued", [])  # again, by any call
        for trial in self.study.get_trials(states=[state.RUNNING, state.FAIL]):
            if trial.number not in queued:
                self.study.enqueue_trial(trial.params)
                queued = [*queued, trial.number]
                self.study.set_user_attr("queued", queued)
            if trial.state == state.RUNNING:
                self.study.tell(trial.number, state=state.FAIL)

    def next(self) -> Job | None:
        """The job of one more trial; None where there were enough.

        Raises:
            UsageError: the study searched somewhere else before.
        """
        import optuna

        number = self._counted() + self._failed
        if number >= self.total:
            return None
        self.study.sampler = self._sampler(number)
        try:
            trial = self.study.ask(dict(self._space))
        except ValueError as error:
            raise UsageError(
                f"{self._folder.path} searched in another space before ({error}). Take "
                "another `sweep.name`."
            ) from None
        self._trials[trial.number] = trial
        values = {name: as_text(trial.params[name]) for name in self._space}
        try:
            return self._job(values, trial.number)
        except UsageError:
            self.study.tell(trial, state=optuna.trial.TrialState.FAIL)
            raise

    def is_hopeless(self, job: Job) -> bool:
        """Tell whether its best score so far is worse than the median before."""
        if not self._prunes:
            return False
        trial = self._report(job)
        rounds = [round for number, round in self._reported if number == job.trial]
        warm = max(rounds, default=0) >= WARM_UP * job.config.trainer.steps
        return bool(warm) and trial.should_prune()

    def done(self, job: Job, status: JobStatus) -> None:
        """Tell the study what a job came to."""
        from optuna.trial import TrialState

        if status.state in UNENDED or status.kind in KEPT:
            return  # the study takes it for running, and it goes on with the next call
        trial = self._trials[job.trial]
        if status.state is State.finished:
            values = [self._value(name, job, status) for name in self._names]
            self._report(job)
            if all(map(math.isfinite, values)):
                self.study.tell(trial, values=values)
                return
        hopeless = status.state is State.pruned or status.kind in LASTING
        if hopeless and len(self._names) == 1:  # Optuna prunes for one alone
            self._report(job)
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            self.study.tell(trial, state=TrialState.FAIL)
            self._failed += 1

    def tries_again(self, status: JobStatus) -> bool:
        """Tell whether a failed job may be played again: a bad result is a result."""
        return status.kind not in LASTING or len(self._names) > 1

    def conclusion(self) -> list[str]:
        """The outcome, where the leaderboard alone does not tell it."""
        trials = self.study.get_trials(deepcopy=False)
        states = Counter(trial.state.name.lower() for trial in trials)
        counts = ", ".join(f"{count} {state}" for state, count in states.items())
        lines = [f"The search has {len(trials)} trials: {counts}."] if trials else []
        if len(self._names) == 1:
            return lines
        for trial in self.study.best_trials:
            pairs = zip(self._names, trial.values, strict=True)
            values = ", ".join(f"{name} {value:.4g}" for name, value in pairs)
            chosen = " ".join(f"{k}={as_text(v)}" for k, v in trial.params.items())
            lines.append(f"Not beaten in everything: {values} with {chosen}")
        return lines

    def _sampler(self, number: int) -> "BaseSampler":
        """The sampler of trials: it is made anew for each, so nothing of it is lost."""
        seed = self._asked.seed + number
        sampler: BaseSampler = build("hpo", self._asked, seed)
        return sampler

    def _counted(self) -> int:
        """The trials that came to something, or are under way."""
        from optuna.trial import TrialState

        states = Counter(trial.state for trial in self.study.get_trials(deepcopy=False))
        kept = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
        return sum(states[state] for state in kept)

    def _report(self, job: Job) -> "Trial":
        """Tell the study the scores of a job so far; its trial."""
        trial = self._trials[job.trial]
        if len(self._names) == 1 and self._names[0] not in COSTS:
            for round, value in self._scores(job, self._names[0]):
                if (trial.number, round) not in self._reported:
                    trial.report(value, round)
                self._reported.add((trial.number, round))
        return trial

    def _scores(self, job: Job, name: str) -> list[tuple[int, float]]:
        """The rounds and values of a score that training measured of it."""
        found = scores_jsonl.read(self._run(job) / "scores.jsonl")
        whole = [s for s in found if s.name == name and s.value == s.value]
        return [
            (s.round, s.value)
            for s in whole
            if s.round is not None and s.protocol.get("checkpoint") == "round"
        ]

    def _run(self, job: Job) -> Path:
        """The run folder of a job, which may have had another name before."""
        return self._folder.run(self._folder.knows(job) or job.name)

    def _value(self, name: str, job: Job, status: JobStatus) -> float:
        """The results of a finished job.

        Raises:
            UsageError: that was not measured.
        """
        run = RunFolder(self._run(job))
        if name == "seconds":
            return status.row.get("seconds", math.nan)
        if name == "memory":
            return float(run.summary().get("peak_memory_bytes") or "nan")
        values = [value for _, value in self._scores(job, name)]
        if not values:
            measured = dict.fromkeys(
                score.name for score in scores_jsonl.read(run.scores)
            )
            raise UsageError(
                f"`hpo.objectives`: {run.path} measured no {name}. It measured: "
                f"{', '.join(measured) or 'nothing'}; see `trainer.metrics`."
            )
        return max(values) if higher_is_better(name) else min(values)


def objectives_of(folder: SweepFolder) -> list[str] | None:
    """The objectives of a folder's study, if it has one; None where it is damaged."""
    import optuna
    from sqlalchemy.exc import SQLAlchemyError

    if not (folder.path / FILE).is_file():
        return []
    storage = f"sqlite:///{folder.path / FILE}"
    try:
        study = optuna.load_study(study_name=STUDY, storage=storage)
    except (SQLAlchemyError, optuna.exceptions.OptunaError, KeyError):
        return None  # who holds the folder sets the file aside, and says so
    objectives: list[str] = study.user_attrs.get("objectives", [])
    return objectives


def check(asked: DictConfig) -> None:
    """Refuse what no search can be made of.

    Raises:
        UsageError: an option has no meaning.
    """
    if not 1 <= asked.trials < 2**31:
        raise UsageError(
            "`hpo.trials` must be at least 1 and below 2**31. "
            f"Received: {asked.trials}."
        )
    if not 0 <= asked.seed < 2**31:  # each trial has one of its own, from here on
        raise UsageError(
            f"`hpo.seed` must be at least 0 and below 2**31. Received: {asked.seed}."
        )
    if not asked.objectives:
        raise UsageError("`hpo.objectives` must have at least one. Received: none.")


def as_text(value: object) -> str:
    """A value as an override has it."""
    return f"{value:.5g}" if isinstance(value, float) else str(value)
