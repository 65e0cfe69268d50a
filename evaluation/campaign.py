"""The experiment: fit each candidate, warm it up, measure all of them in rotation, record. It decides nothing."""

from __future__ import annotations

import datetime as dt
import logging
import random
import secrets
import signal
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol as Interface

from evaluation.candidate import Candidate, Predictor
from evaluation.energy.lock import energy_lock
from evaluation.energy.meter import check_outside_settings, warm_up_meter, window
from evaluation.energy.reading import Reading
from evaluation.environment import describe_environment
from evaluation.exceptions import BusyError, CandidateUnavailableError, PreuveError
from evaluation.predictors import confidence
from evaluation.records.store import Store
from evaluation.run import Campaign, CampaignStatus, DataRecord, Prediction, Protocol, Run, RunStatus
from evaluation.samples import Samples, Split
from evaluation.task import Task
from evaluation.threads import fixed_threads

IDLE_S = 3.0
QUICK_IDLE_S = 1.0
REHEARSED_PER_CLASS = 2

logger = logging.getLogger(__name__)


class Progress(Interface):
    """Told before each step, so that whoever watches knows what takes so long."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """`done` of `total` steps are over; `step` begins."""
        ...


@dataclass
class Trial:
    """A run under way: one candidate with one seed. It becomes a `Run`, which does not change any more."""

    candidate: Candidate
    seed: int
    status: RunStatus = "interrupted"
    reason: str | None = "the campaign was interrupted before it was measured"
    remedy: str | None = None
    predictor: Predictor | None = None
    readings: list[Reading] = field(default_factory=list)
    predictions: list[Prediction] = field(default_factory=list)
    scores: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As the run is called."""
        return f"{self.candidate.name} seed {self.seed}"

    @property
    def under_way(self) -> bool:
        """Whether it is fitted and has not ended."""
        return self.predictor is not None and self.status == "interrupted"

    def end(self, status: RunStatus, reason: str | None = None, remedy: str | None = None) -> None:
        """Set how it ended."""
        self.status, self.reason, self.remedy = status, reason, remedy


def new_campaign_id(now: dt.datetime) -> str:
    """Sorts by time and is unique: `20261123-190559-3f2a`."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def run_campaign(
    task: Task,
    candidates: Sequence[Candidate],
    split: Split,
    *,
    data: DataRecord,
    goals_sha256: str,
    protocol: Protocol,
    store: Store,
    progress: Progress,
) -> Campaign:
    """Measure the candidates and record every run; an interrupt closes the campaign and marks it, then goes on upwards.

    Raises:
        BusyError: another campaign holds the machine.
        MeterError: energy cannot be measured as it must be.
        KeyboardInterrupt: after the campaign was closed as interrupted.
    """
    check_outside_settings()
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
        goals_sha256=goals_sha256,
        environment=describe_environment(),
        started=started,
    )
    with energy_lock(f"campaign {campaign.id} of {task.name}"), fixed_threads(protocol.threads):
        store.close_orphans()
        store.open_campaign(campaign)
        trials = [Trial(candidate, seed) for candidate in candidates for seed in range(protocol.seeds)]
        idle: list[Reading] = []
        try:
            _measure(trials, idle, task, split, protocol, progress)
        except BaseException:
            with _uninterrupted():
                _record(campaign, "interrupted", trials, idle, store)
            raise
        progress("write the records", 1, 1)
        with _uninterrupted():
            return _record(campaign, "finished", trials, idle, store)


def close_what_was_killed(store: Store) -> None:
    """Close as interrupted what killed processes left open; nothing is done while a campaign is running."""
    with suppress(BusyError), energy_lock("closing what a killed campaign left open"):
        store.close_orphans()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Recording takes seconds and must be whole: signals that ask to stop have no effect while it lasts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _measure(
    trials: Sequence[Trial], idle: list[Reading], task: Task, split: Split, protocol: Protocol, progress: Progress
) -> None:
    steps = 1 + len(trials) * (1 + protocol.rounds)
    progress("idle machine", 0, steps)
    warm_up_meter()
    with window("idle", idle):
        time.sleep(QUICK_IDLE_S if protocol.quick else IDLE_S)
    for place, trial in enumerate(trials):
        progress(f"fit {trial.name}", 1 + place, steps)
        if trial.seed == 0:
            _rehearse(trial, split.train)
        _guarded(_fit_and_warm_up, trial, task, split)
    for round_number in range(1, protocol.rounds + 1):
        order = [trial for trial in trials if trial.under_way]
        # Every round has an order of its own, the same in every campaign, so that no candidate always comes after the same one.
        random.Random(round_number).shuffle(order)
        for place, trial in enumerate(order):
            progress(f"round {round_number} of {protocol.rounds}: {trial.name}", 1 + len(trials) * round_number + place, steps)
            _guarded(_measure_round, trial, split.test, protocol.window_s, round_number)
    for trial in trials:
        if trial.under_way:
            trial.end("finished")


def _guarded(step: Callable[..., None], trial: Trial, *arguments: object) -> None:
    """Take one step of a trial; where its candidate cannot or fails, the others go on."""
    try:
        step(trial, *arguments)
    except CandidateUnavailableError as error:
        trial.end("unavailable", error.reason, error.remedy)
    except PreuveError:
        raise
    except Exception as error:
        # An error's message may quote a text: what is recorded and logged only says what kind of error, and where.
        place = traceback.extract_tb(error.__traceback__)[-1]
        trial.end("failed", f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}", "mend the candidate")
        logger.debug("%s failed", trial.name, exc_info=True)


def _rehearse(trial: Trial, train: Samples) -> None:
    """Fit a few samples of each class: the candidate's libraries are loaded, and not charged to the fit that counts."""
    taken: Counter[str] = Counter()
    places = []
    for place, target in enumerate(train.targets):
        taken[target] += 1
        if taken[target] <= REHEARSED_PER_CLASS:
            places.append(place)
    # So few samples can be too few for a candidate; only its real fit says whether it works. An interrupt is not suppressed.
    with suppress(Exception), window("rehearsal", trial.readings) as rehearsal:
        rehearsal.samples = len(places)
        trial.candidate.fit(train.subset(places), seed=trial.seed, **trial.candidate.params)


def _fit_and_warm_up(trial: Trial, task: Task, split: Split) -> None:
    with window("fit", trial.readings) as fitting:
        trial.predictor = trial.candidate.fit(split.train, seed=trial.seed, **trial.candidate.params)
        fitting.samples = len(split.train)
    with window("warm-up", trial.readings) as warming:
        trial.predictions = predict_samples(trial.predictor, split.test)
        warming.samples = len(split.test)
    predicted = [prediction.predicted for prediction in trial.predictions]
    trial.scores = {metric.name: metric.compute(split.test.targets, predicted) for metric in task.metrics}


def _measure_round(trial: Trial, test: Samples, window_s: float, round_number: int) -> None:
    predictor = trial.predictor
    if predictor is None:
        message = f"{trial.name} was not fitted"
        raise RuntimeError(message)
    with window("inference", trial.readings, round_number=round_number) as measured:
        while measured.samples == 0 or measured.elapsed_s < window_s:
            predictor.predict(test.inputs)
            measured.samples += len(test)


def predict_samples(predictor: Predictor, samples: Samples) -> list[Prediction]:
    """The predictor's answers and how sure it is of each.

    Raises:
        ValueError: it does not give one text per input.
    """
    answers = [str(answer) for answer in predictor.predict(samples.inputs)]
    if len(answers) != len(samples):
        message = f"expected {len(samples)} answers, one per input, got {len(answers)}"
        raise ValueError(message)
    scores: Sequence[float | None] = confidence(predictor, samples.inputs) or [None] * len(samples)
    return [
        Prediction(id=sample_id, expected=expected, predicted=answer, score=score)
        for sample_id, expected, answer, score in zip(samples.ids, samples.targets, answers, scores, strict=True)
    ]


def _record(campaign: Campaign, status: CampaignStatus, trials: Sequence[Trial], idle: Sequence[Reading], store: Store) -> Campaign:
    runs = tuple(_to_run(trial) for trial in trials)
    closed = campaign.model_copy(update={"ended": dt.datetime.now(dt.UTC), "status": status, "readings": tuple(idle), "runs": runs})
    for run, trial in zip(runs, trials, strict=True):
        store.add_run(closed, run, trial.predictor if run.status == "finished" else None)
    store.close_campaign(closed)
    return closed


def _to_run(trial: Trial) -> Run:
    return Run(
        candidate=trial.candidate.name,
        baseline=trial.candidate.baseline,
        params=trial.candidate.settings,
        seed=trial.seed,
        status=trial.status,
        reason=trial.reason,
        remedy=trial.remedy,
        scores=trial.scores,
        readings=tuple(trial.readings),
        predictions=tuple(trial.predictions),
    )
