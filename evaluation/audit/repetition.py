"""Repeating a recorded run exactly, and saying whether its quality is the same and its energy within tolerance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from evaluation.candidate import Candidate
from evaluation.data.loading import DataRequest, load_data
from evaluation.energy.reading import Reading
from evaluation.exceptions import DataError, NameNotFoundError, PreuveError, RecordError
from evaluation.home import PROJECT, place_of
from evaluation.judgement.statistics import CONFIDENCE, Interval
from evaluation.pocs import Poc, find_poc
from evaluation.records.entries import repetition_entry, sha256_of
from evaluation.records.items import run_files
from evaluation.records.ledger import Content, Entry, Ledger, find_last
from evaluation.records.store import open_store
from evaluation.run import Campaign, DataRecord, Protocol, Run
from evaluation.samples import Split
from evaluation.task import Task

# Side by side in one campaign the same work comes out within 5 % (MEASUREMENT.md's goal for A against A); days apart, on a machine
# that others may have been given a part of, twice that is granted.
TOLERANCE = 0.10
# So much of an id tells runs apart.
SHORTEST_ID = 8

Within = Literal["within", "outside", "undetermined", "not comparable"]


@dataclass(frozen=True)
class Plan:
    """A run that is to be repeated, and all that it takes to do so.

    Attributes:
        record: the ledger's, of how the run ended.
    """

    record: Content
    campaign: Campaign
    run: Run
    poc: Poc
    candidate: Candidate
    split: Split
    data: DataRecord
    protocol: Protocol


@dataclass(frozen=True)
class Repetition:
    """What a repetition shows.

    Attributes:
        answers: how many answers there are to compare.
        differing: how many of them are not the same, or not given with the same confidence.
        scores: by metric, then and now.
        ratio: inference energy now over then, with its interval.
        within: whether that is within the tolerance, by the whole interval.
        changes: what is not as it was then, in words.
    """

    answers: int
    differing: int
    scores: dict[str, tuple[float, float | None]]
    ratio: Interval | None
    within: Within
    changes: tuple[str, ...]
    tolerance: float = TOLERANCE

    @property
    def identical(self) -> bool:
        """Whether quality is the same, bit by bit."""
        return not self.differing and all(then == now for then, now in self.scores.values())


def plan_repetition(ledger: Ledger, run_id: str) -> Plan:
    """Find a recorded run and what it was made of.

    Args:
        ledger: that it is recorded in.
        run_id: MLflow's, or the beginning of it.

    Raises:
        NameNotFoundError: the ledger has no finished run of this id.
        RecordError: MLflow does not have it any more as it was recorded.
        DataError: its data, task or candidate are not what they were.
    """
    record = _find(ledger, run_id)
    content = record["content"]
    opened = next(ledger.since("campaign-opened", lambda other: other["campaign"] == content["campaign"]))["content"]
    campaign = open_store(opened["task"]).read_campaign(content["campaign"])
    run = next((run for run in campaign.runs if run.name == content["run"]), None)
    if run is None or {name: sha256_of(file) for name, file in run_files(run).items()} != content["files"]:
        raise RecordError(
            expected="the run as it was recorded",
            found="MLflow has it changed or not at all",
            where=f"MLflow run {content['mlflow_run']}",
            remedy="preuve audit verify says what was changed",
        )
    poc = find_poc(campaign.task)
    _check_task(campaign, poc.task)
    poc = replace(poc, task=replace(poc.task, conditions=campaign.conditions))
    candidate = next((each for each in poc.candidates if each.name == run.candidate), None)
    if candidate is None:
        raise _changed(f"a candidate {run.candidate}", "it is gone", str(poc.folder), campaign)
    split, data = load_data(poc.task, _request(campaign.data, poc.task), dt.datetime.now().astimezone().date())
    if _hashes(data) != _hashes(campaign.data):
        found = f"it has changed ({data.sha256[:12]})"
        raise _changed(f"the data that it used (SHA-256 {campaign.data.sha256[:12]})", found, campaign.data.source, campaign)
    protocol = campaign.protocol.model_copy(update={"seeds": 1})
    return Plan(record, campaign, run, poc, candidate.with_params(run.params), split, data, protocol)


def _hashes(data: DataRecord) -> tuple[object, ...]:
    return data.sha256, data.test_sha256, data.target_files


def _find(ledger: Ledger, run_id: str) -> Content:
    wanted = run_id.strip().lower()
    fits = len(wanted) >= SHORTEST_ID
    record = find_last(ledger, "run-ended", lambda content: fits and content["mlflow_run"].startswith(wanted))
    if record is None or record["content"]["status"] != "finished":
        raise NameNotFoundError(
            expected="a finished run, by MLflow's id of it",
            found=f"{record['content']['run']}, {record['content']['status']}" if record else f"none called {run_id!r}",
            where=str(ledger.path),
            remedy="preuve audit sample draws some; preuve ui shows all",
        )
    return record


def _check_task(campaign: Campaign, task: Task) -> None:
    if task.version != campaign.task_version:
        found, where = f"version {task.version}", f"POC {task.name}"
        raise _changed(f"version {campaign.task_version} of the task", found, where, campaign)


def _changed(expected: str, found: str, where: str, campaign: Campaign) -> PreuveError:
    commit = campaign.environment.code_commit
    return DataError(
        expected=expected,
        found=found,
        where=where,
        remedy=f"put it back as it was{f': git checkout {commit[:12]}' if commit else ''}",
    )


def _request(data: DataRecord, task: Task) -> DataRequest:
    if data.source == place_of(PROJECT / task.data):
        return DataRequest()
    test = Path(data.test_source) if data.test_source else None
    # An overlap was accepted then, or there was none.
    targets = (data.target, *data.further_targets)
    return DataRequest(data.source, test, data.input, targets, data.encoding, allow_overlap=True)


def judge_repetition(plan: Plan, campaign: Campaign) -> Repetition:
    """Compare a run with what it was repeated as, in this campaign."""
    (again,) = campaign.runs
    before = {prediction.id: prediction for prediction in plan.run.predictions}
    after = {prediction.id: prediction for prediction in again.predictions}
    differing = sum(before.get(name) != after.get(name) for name in before | after)
    scores = {name: (then, again.scores.get(name)) for name, then in plan.run.scores.items()}
    ratio = energy_ratio(plan.run.readings_of("inference"), again.readings_of("inference"))
    same_machine = plan.campaign.machine.sha256 == campaign.machine.sha256
    within = _within(ratio) if same_machine else "not comparable"
    return Repetition(len(before), differing, scores, ratio, within, tuple(_changes(plan.campaign, campaign)))


def energy_ratio(before: Sequence[Reading], after: Sequence[Reading]) -> Interval | None:
    """Inference energy per sample now over then: geometric means, Welch's t interval on the logarithms of the rounds."""
    import numpy as np
    from scipy.stats import ttest_ind

    then, now = ([np.log(reading.energy_wh_per(1)) for reading in of if reading.samples] for of in (before, after))
    if not then or not now:
        return None
    ratio = float(np.exp(np.mean(now) - np.mean(then)))
    if min(len(then), len(now)) < 2:
        return Interval(ratio)
    low, high = ttest_ind(now, then, equal_var=False).confidence_interval(CONFIDENCE)
    return Interval(ratio, float(np.exp(low)), float(np.exp(high)))


def _within(ratio: Interval | None) -> Within:
    if ratio is None or ratio.low is None or ratio.high is None:
        return "undetermined"
    if ratio.low >= 1 - TOLERANCE and ratio.high <= 1 + TOLERANCE:
        return "within"
    return "outside" if ratio.high < 1 - TOLERANCE or ratio.low > 1 + TOLERANCE else "undetermined"


def _changes(then: Campaign, now: Campaign) -> list[str]:
    before, after = then.environment, now.environment
    pairs = {
        "code": (_commit(before.code_commit, dirty=before.code_dirty), _commit(after.code_commit, dirty=after.code_dirty)),
        "packages": (before.packages_sha256[:12], after.packages_sha256[:12]),
        "Python": (before.python, after.python),
        "machine": (then.machine.machine_id, now.machine.machine_id),
        "what is declared of the machine": (then.machine.sha256[:12], now.machine.sha256[:12]),
        "goals": (then.goals_sha256[:12], now.goals_sha256[:12]),
    }
    return [f"{name}: {first} then, {second} now" for name, (first, second) in pairs.items() if first != second]


def _commit(commit: str | None, *, dirty: bool | None) -> str:
    return f"{(commit or 'unknown')[:12]}{', changed' if dirty else ''}"


def entry_of(plan: Plan, campaign: Campaign, found: Repetition, ledger: Ledger) -> Entry:
    """The repetition as the ledger records it."""
    opened = next(ledger.since("campaign-opened", lambda content: content["campaign"] == campaign.id))["content"]
    ratio = found.ratio or Interval(float("nan"))
    return repetition_entry(
        repeats={"campaign": plan.campaign.id, "mlflow_run": plan.record["content"]["mlflow_run"], "record": plan.record["number"]},
        repeated={"campaign": campaign.id, "mlflow_run": opened["runs"][0]["mlflow_run"]},
        quality={"answers": found.answers, "differing": found.differing, "identical": found.identical},
        energy={"high": ratio.high, "low": ratio.low, "ratio": ratio.value, "tolerance": found.tolerance, "within": found.within},
    )
