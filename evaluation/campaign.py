"""The experiment: fit each candidate, warm it up, measure all of them in rotation, record. It decides nothing."""

from __future__ import annotations

import datetime as dt
import logging
import os
import random
import secrets
import sys
import sysconfig
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Protocol as Interface

from evaluation.budget import Budget, planned_wh
from evaluation.candidate import Candidate
from evaluation.energy.journal import Journal, journal_folder
from evaluation.energy.lock import energy_lock
from evaluation.energy.machine import UNDECLARED, Machine
from evaluation.energy.meter import EnergyLog, Meter, Window
from evaluation.energy.reading import SHORTEST_WINDOW_S
from evaluation.energy.tracker import check_outside_settings
from evaluation.environment import describe_environment
from evaluation.exceptions import BusyError, CampaignInterrupted, CandidateUnavailableError, MeterError, PreuveError, RecordError
from evaluation.footprint import find_peak_memory
from evaluation.goals import Goals
from evaluation.latency import time_single_inputs
from evaluation.messages import Message, say, words
from evaluation.process import process_name
from evaluation.records.development import development_wh
from evaluation.records.ledger import Ledger
from evaluation.records.recorder import Recorder
from evaluation.records.recovery import close_killed, unrecorded_wh
from evaluation.records.store import Store
from evaluation.records.tracking import named_uri
from evaluation.run import Campaign, CampaignStatus, DataRecord, Protocol, RunStatus
from evaluation.samples import Samples, Split
from evaluation.scoring import predict_samples, score_answers
from evaluation.signals import ending_ignored
from evaluation.task import Task
from evaluation.threads import fixed_threads
from evaluation.trial import Trial

# The idle machine is measured for half a window, within these bounds; below half a second nothing can be measured.
IDLE_SHARE_OF_WINDOW, LONGEST_IDLE_S = 0.5, 5.0
REHEARSED_PER_CLASS = 2
# Single inputs are timed for as long as a window lasts, but no longer than this.
LONGEST_LATENCY_S = 2.0
# Where code lies that is nobody's candidate: the language's own, and what was installed.
STANDARD_LIBRARY, SITE = sysconfig.get_path("stdlib") + os.sep, f"{os.sep}site-packages{os.sep}"

logger = logging.getLogger(__name__)


class Progress(Interface):
    """Told before each step, so that whoever watches knows what takes so long."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """`done` of `total` steps are over; `step` begins."""
        ...


def new_campaign_id(now: dt.datetime) -> str:
    """Sorts by time and is unique: `20261123-190559-3f2a`."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def run_campaign(
    task: Task,
    candidates: Sequence[Candidate],
    split: Split,
    *,
    data: DataRecord,
    goals: Goals,
    protocol: Protocol,
    machine: Machine,
    budget: Budget,
    store: Store,
    progress: Progress,
    tell: Callable[[str], None],
    wait: bool = False,
    seeds: Sequence[int] | None = None,
    operator_role: str = UNDECLARED,
) -> Campaign:
    """Measure the candidates and record every run; an interrupt closes the campaign and marks it, then goes on upwards.

    Args:
        task: what is asked.
        candidates: who is asked.
        split: the samples.
        data: where they come from.
        goals: of the POC, fixed before.
        protocol: how it is measured.
        machine: on what.
        budget: what the POC may use; what it has used is looked up here.
        store: where runs are recorded.
        progress: told before each step.
        tell: given what somebody should read at once.
        wait: whether to wait while another campaign holds the machine.
        seeds: of the fits, where they are others than 0, 1, ... up to the protocol's number.
        operator_role: who measures, by their role.

    Raises:
        BusyError: another campaign holds the machine.
        BudgetError: the POC's development budget is spent, before the campaign or in it; in it, the campaign was closed.
        MeterError: energy cannot be measured as it must be.
        CampaignInterrupted: after the campaign was closed as interrupted.
        KeyboardInterrupt: before there was one.
    """
    check_outside_settings()
    waiting = (lambda holder: tell(f"Waiting: {holder}.")) if wait else None
    with energy_lock(f"a campaign of {task.name}", wait=waiting), fixed_threads(protocol.threads):
        close_killed(store, tell)
        asked = [candidate.with_params(task.conditions) for candidate in candidates]
        trials = [Trial(candidate, seed) for candidate in asked for seed in seeds or range(protocol.seeds)]
        ledger = Ledger()
        used_wh = development_wh(store, ledger, unrecorded_wh(task.name))
        planned = planned_wh(protocol, len(trials), machine, idle_s=_idle_s(protocol), latency_s=_latency_s(protocol))
        budget.begin(used_wh, planned, tell)
        started = dt.datetime.now(dt.UTC)
        campaign = Campaign(
            id=new_campaign_id(started),
            task=task.name,
            task_version=task.version,
            unit_name=task.unit.name,
            unit_size=task.unit.size,
            metrics=tuple(metric.name for metric in task.metrics),
            protocol=protocol,
            data=data,
            goals_sha256=goals.sha256,
            goals=goals.text,
            conditions=dict(task.conditions),
            answers_are_texts=task.answers_are_texts,
            slices={name: tuple(values) for name, values in split.test.slices.items()},
            environment=describe_environment(),
            machine=machine,
            started=started,
            over_budget=budget.reason_used,
            development_wh=used_wh,
            operator_role=operator_role,
        )
        recorder = Recorder(store, ledger, campaign, [trial.to_run() for trial in trials])
        return _Experiment(task, split, trials, goals, budget, recorder, progress).run()


def close_what_was_killed(store: Store, tell: Callable[[str], None]) -> list[str]:
    """Close as interrupted what killed processes left open, and return the campaigns' ids; nothing while a campaign is running."""
    with suppress(BusyError), energy_lock("closing what a killed campaign left open"):
        return close_killed(store, tell)
    return []


def _idle_s(protocol: Protocol) -> float:
    return min(LONGEST_IDLE_S, max(SHORTEST_WINDOW_S, protocol.window_s * IDLE_SHARE_OF_WINDOW))


def _latency_s(protocol: Protocol) -> float:
    return min(protocol.window_s, LONGEST_LATENCY_S)


class _Experiment:
    """One campaign under way: fit, warm up, measure in rotation, record."""

    def __init__(
        self,
        task: Task,
        split: Split,
        trials: Sequence[Trial],
        goals: Goals,
        budget: Budget,
        recorder: Recorder,
        progress: Progress,
    ) -> None:
        self.task, self.split, self.campaign, self.trials = task, split, recorder.campaign, trials
        self.protocol, self.budget, self.recorder, self.progress = self.campaign.protocol, budget, recorder, progress
        self.log = EnergyLog()
        parent_id = recorder.open_in_store()
        self.journal = Journal(journal_folder() / f"{self.campaign.id}.jsonl")
        self.journal.write(
            "campaign",
            process=process_name(),
            tracking=named_uri(),
            mlflow_run=parent_id,
            goals=goals.text,
            campaign=self.campaign.model_dump(mode="json", exclude={"runs"}),
        )
        for trial in trials:
            self._journal_run(trial)
        recorder.open_in_ledger(goals)
        self.meter = Meter(self.campaign.machine, self.journal, self._charge)

    def run(self) -> Campaign:
        """Measure everything and record it, whatever ends it."""
        try:
            return self._measure_and_record()
        finally:
            self.journal.close()

    def _measure_and_record(self) -> Campaign:
        try:
            self._measure()
            self.progress("write the records", 1, 1)
        except BaseException as error:
            reason = error.found if isinstance(error, PreuveError) else None
            with ending_ignored():
                self._record("interrupted", reason)
            if isinstance(error, KeyboardInterrupt):
                raise CampaignInterrupted from error
            raise
        with ending_ignored():
            return self._record("finished", None)

    def _measure(self) -> None:
        rounds = self.protocol.rounds
        steps = 1 + len(self.trials) * (1 + rounds)
        self.progress("idle machine", 0, steps)
        self.meter.warm_up()
        self.meter.measure("idle", self.log, lambda _: time.sleep(_idle_s(self.protocol)))
        for place, trial in enumerate(self.trials):
            self.progress(f"fit {trial.name}", 1 + place, steps)
            if trial.seed == 0:
                self._guarded(self._rehearse, trial)
            self._guarded(self._fit_and_warm_up, trial)
            self._guarded(self._look_at_single_inputs_and_memory, trial)
        for number in range(1, rounds + 1):
            order = [trial for trial in self.trials if trial.under_way]
            # Every round has an order of its own, the same in every campaign, so that no candidate always comes after the same one.
            random.Random(number).shuffle(order)
            for place, trial in enumerate(order):
                self.progress(f"round {number} of {rounds}: {trial.name}", 1 + len(self.trials) * number + place, steps)
                self._guarded(self._measure_round, trial, number)
                if trial.under_way:
                    trial.reason = str(_interrupted_after(number, rounds))
        for trial in self.trials:
            if trial.under_way:
                self._end(trial, "finished")

    def _charge(self, log: EnergyLog) -> None:
        """Record a window and charge the budget; that its reason is needed is journalled: a kill may come before the end."""
        self.recorder.add_last_of(log)
        used_before = self.budget.reason_used
        self.budget.charge(log.readings[-1])
        if self.budget.reason_used != used_before:
            self.journal.write("over-budget", reason=self.budget.reason_used)

    def _guarded(self, step: Callable[..., None], trial: Trial, *arguments: object) -> None:
        """Take one step of a trial that is not over; where its candidate cannot or fails, the others go on."""
        if trial.over:
            return
        try:
            step(trial, *arguments)
        except CandidateUnavailableError as error:
            self._end(trial, "unavailable", error.reason, error.remedy)
        except MeterError as error:
            reason = say("its energy could not be measured: {reason}", reason=error.found)
            self._end(trial, "failed", str(reason), error.remedy)
        except PreuveError:
            raise
        except (Exception, SystemExit) as error:
            # An error's message may quote a text: what is recorded and logged only says what kind of error, and where.
            template = words("mend the candidate; preuve run ... --candidate {candidate} --debug shows more")
            remedy = say(template, candidate=trial.candidate.name)
            self._end(trial, "failed", str(_what_failed(error)), str(remedy))
            logger.debug("%s failed", trial.name, exc_info=True)
        # A window that an error ended was charged; that it passed the ceiling is said now that the error was heard.
        self.budget.check()

    def _end(self, trial: Trial, status: RunStatus, reason: str | None = None, remedy: str | None = None) -> None:
        trial.end(status, reason, remedy)
        self._journal_run(trial)

    def _journal_run(self, trial: Trial) -> None:
        run = trial.to_run().model_dump(mode="json", exclude={"readings", "predictions"})
        self.journal.write("run", name=trial.name, run=run)

    def _rehearse(self, trial: Trial) -> None:
        """Fit a few samples of each class: the candidate's libraries are loaded, and not charged to the fit that counts."""
        few = first_of_each_class(self.split.train, REHEARSED_PER_CLASS, texts=self.task.answers_are_texts)
        # No result is computed from a rehearsal: that its energy cannot be read stops neither the candidate nor the others.
        with suppress(MeterError), self.meter.window("rehearsal", trial.log) as rehearsal, _printing_to_stderr():
            rehearsal.samples = len(few)
            # So few samples can be too few for a candidate; only its real fit says whether it works. An interrupt goes on.
            with suppress(Exception, SystemExit):
                trial.candidate.fit(few, seed=trial.seed, **trial.candidate.params)

    def _fit_and_warm_up(self, trial: Trial) -> None:
        train, test = self.split.train, self.split.test
        with _printing_to_stderr():
            # An hour's fit is not lost, nor taken again, because its energy cannot be read: what it fitted can still be measured.
            with suppress(MeterError), self.meter.window("fit", trial.log) as fitting:
                trial.predictor = trial.candidate.fit(train, seed=trial.seed, **trial.candidate.params)
                fitting.samples = len(train)
            with suppress(MeterError), self.meter.window("warm-up", trial.log) as warming:
                answers = predict_samples(trial.fitted, test)
                warming.samples = len(test)
        trial.predictions, trial.scores = score_answers(self.task, test, answers)

    def _look_at_single_inputs_and_memory(self, trial: Trial) -> None:
        predictor, inputs = trial.fitted, self.split.test.inputs
        longest_s = _latency_s(self.protocol)

        def answer_singly(window: Window) -> None:
            trial.latencies = time_single_inputs(predictor, inputs, longest_s)
            window.samples = trial.latencies.answered

        def load_and_answer(_: Window) -> None:
            trial.peak_memory = find_peak_memory(predictor, inputs)

        with _printing_to_stderr():
            self.meter.measure("latency", trial.log, answer_singly)
            self.meter.measure("memory", trial.log, load_and_answer)

    def _measure_round(self, trial: Trial, number: int) -> None:
        predictor, inputs, window_s = trial.fitted, self.split.test.inputs, self.protocol.window_s

        def answer_all(window: Window) -> None:
            window.samples = 0
            while window.samples == 0 or window.elapsed_s < window_s:
                predictor.predict(inputs)
                window.samples += len(inputs)

        with _printing_to_stderr():
            self.meter.measure("inference", trial.log, answer_all, round_number=number)

    def _record(self, status: CampaignStatus, reason: str | None) -> Campaign:
        runs = tuple(trial.to_run() for trial in self.trials)
        # The journal is for what cannot be recorded now; that its disk is full must not keep the rest from being recorded.
        with suppress(RecordError):
            self.journal.write("end", status=status, reason=reason)
        changes = {"ended": dt.datetime.now(dt.UTC), "status": status, "reason": reason, "over_budget": self.budget.reason_used}
        closed = self.campaign.model_copy(update={**changes, "readings": tuple(self.log.readings), "runs": runs})
        with _printing_to_stderr():
            self.recorder.catch_up()
            for run, trial in zip(runs, self.trials, strict=True):
                predictor = trial.predictor if run.status == "finished" else None
                self.recorder.end_run(closed, run, predictor, trial.log.power_samples)
            closed = self.recorder.close(closed, self.log.power_samples)
        # All of it is recorded now. Where recording fails, the journal stays, and the next command closes the campaign from it.
        self.journal.path.unlink(missing_ok=True)
        return closed


def _interrupted_after(number: int, rounds: int) -> Message:
    """Two sentences, for records are found again by their words, and a record says nothing of a number."""
    if rounds == 1:
        return say("the campaign was interrupted after {number} of its 1 round", number=number)
    return say("the campaign was interrupted after {number} of its {rounds} rounds", number=number, rounds=rounds)


def _what_failed(error: BaseException) -> Message:
    """What kind of error arose, and where: the last line of the candidate's own code, not of the libraries that it calls."""
    frames = traceback.extract_tb(error.__traceback__)
    here = [frame for frame in frames if not frame.filename.startswith(("<", STANDARD_LIBRARY)) and SITE not in frame.filename]
    frame = (here or frames)[-1]
    place = {"file": Path(frame.filename).name, "line": str(frame.lineno)}
    return say("{error} in {file}, line {line}", error=type(error).__name__, **place)


@contextmanager
def _printing_to_stderr() -> Iterator[None]:
    """What a candidate prints must not end up in the middle of `--json`."""
    with redirect_stdout(sys.stderr):
        yield


def first_of_each_class(samples: Samples, most: int, *, texts: bool = False) -> Samples:
    """The first samples of each class, in their order; texts are all of one class."""
    taken: Counter[str] = Counter()
    places = []
    for place, target in enumerate([""] * len(samples) if texts else samples.targets):
        taken[target] += 1
        if taken[target] <= most:
            places.append(place)
    return samples.subset(places)
