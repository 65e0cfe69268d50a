"""The record: what a campaign leaves behind, in one schema that everything else reads. No text of a sample is in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from evaluation.energy.machine import Machine
from evaluation.energy.reading import Kind, Reading
from evaluation.environment import Environment
from evaluation.html_table import Cell, Energy, HtmlTable, Lines
from evaluation.messages import Decimals, Message, Recorded, Setting, say

RunStatus = Literal["finished", "unavailable", "failed", "interrupted"]
CampaignStatus = Literal["running", "finished", "interrupted"]
STATUS: Mapping[RunStatus | CampaignStatus, Message] = {
    "running": say("running"),
    "finished": say("finished"),
    "unavailable": say("unavailable"),
    "failed": say("failed"),
    "interrupted": say("interrupted"),
}
# So many metrics of a campaign have room beside the rest.
METRICS_SHOWN = 2


class Record(BaseModel):
    """Frozen, and strict about its fields, so that what is read back is what was written."""

    # A score that is no number stays one: as JSON's null it could not be read back.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


class Protocol(Record):
    """How a campaign measures; the same for all its candidates.

    Attributes:
        seeds: each candidate is fitted once with each of the seeds 0, 1, ...
        rounds: how often each fitted candidate is measured.
        window_s: how long each of these windows lasts at least.
        threads: of the numeric libraries, for every candidate alike.
        quick: fewer rounds or shorter windows than these, for trying things out; comparisons say so.
    """

    seeds: int = 1
    rounds: int = 5
    window_s: float = 10.0
    threads: int = 1
    quick: bool = False


class DataRecord(Record):
    """Which data a campaign used: enough to find and check it again.

    Attributes:
        source: the file, or `hf:NAME`.
        test_source: the test file where there was a second one.
        sha256: of the first file's bytes; of the samples where it is a hub's data set.
        encoding: as which the files were read.
        target: the column of the expected answers.
        further_targets: columns of other answers that are right as well.
        target_files: of texts that are a line each, the files of the answers with their SHA-256; the columns are then these files.
        marks: columns that only the metrics read, as far as the file has them.
        classes: of the training samples' labels; 0 where answers are texts.
        card: where its card is.
        card_text: what that said.
        expires: the day after which it may not be used any more, the earlier one where a test file has a card of its own.
        overlap: test samples whose text is among the training samples, where that was allowed.
        relabelled: samples of both sides whose text came before under another label.
        near_duplicates: test samples that say the same as a training sample but for a few letters; no overlap is among them.
        near_duplicate_ids: of the first ten, `training id = test id`.
        near_duplicates_looked_at: test samples that were compared; none in a record of before they were.
    """

    source: str
    test_source: str | None
    sha256: str
    test_sha256: str | None
    encoding: str
    input: str
    target: str
    id: str
    card: str
    card_text: str = ""
    licence: str
    contains_personal_data: str
    train_samples: int
    test_samples: int
    classes: int
    notices: tuple[str, ...] = ()
    expires: dt.date | None = None
    further_targets: tuple[str, ...] = ()
    target_files: dict[str, str] = {}
    marks: tuple[str, ...] = ()
    overlap: int = 0
    relabelled: int = 0
    near_duplicates: int = 0
    near_duplicate_ids: tuple[str, ...] = ()
    near_duplicates_looked_at: int = 0

    @property
    def name(self) -> str:
        """The name of the file or hub data set, without its folder."""
        return self.source if self.source.startswith("hf:") else Path(self.source).name


class Prediction(Record):
    """One answer. The text stays in its file; the id stands for it.

    Where answers are texts, they are not recorded either: hashes stand for them, by which a repetition tells whether they are the
    same, and what each metric measured on them.

    Attributes:
        expected: the right label; or the beginning of the SHA-256 of the right texts and of what else metrics go by.
        predicted: the label given; or the beginning of the text's SHA-256.
        score: how sure the candidate was, on a scale of its own; none where it does not say.
        parts: by metric of texts, what this answer adds to it: an amount, and out of how much.
        flags: what is odd about the text.
        share_read: of the input, how much the candidate could read: below 1 where it had to cut it.
    """

    id: str
    expected: str
    predicted: str
    score: float | None
    parts: dict[str, tuple[float, float]] = {}
    flags: tuple[str, ...] = ()
    share_read: float = 1.0


class Run(Record):
    """One candidate with one seed, in a campaign.

    Attributes:
        reason: why there is no result, where there is none.
        remedy: what would give one.
        scores: metric name to value on the whole test.
        latency_p50_ms: time to answer one input alone, the median.
        latency_p95_ms: and the time that one in twenty exceeds.
        peak_memory_mib: of a fresh process that loads the fitted model and answers the test.
        peak_memory_unknown: why there is none, in words, where it was looked for.
    """

    candidate: str
    baseline: bool
    params: dict[str, Any]
    seed: int
    status: RunStatus
    reason: str | None = None
    remedy: str | None = None
    scores: dict[str, float] = {}
    latency_p50_ms: float | None = None
    latency_p95_ms: float | None = None
    peak_memory_mib: float | None = None
    peak_memory_unknown: str | None = None
    readings: tuple[Reading, ...] = ()
    predictions: tuple[Prediction, ...] = ()

    @property
    def name(self) -> str:
        """As the run is called in MLflow."""
        return f"{self.candidate} seed {self.seed}"

    @property
    def span(self) -> tuple[dt.datetime, dt.datetime] | None:
        """From the beginning of its first reading to the end of its last; none without readings."""
        if not self.readings:
            return None
        last = self.readings[-1]
        return self.readings[0].started, last.started + dt.timedelta(seconds=last.duration_s)

    def readings_of(self, kind: Kind) -> list[Reading]:
        """The readings of one kind that count, in the order in which they were taken."""
        return [reading for reading in self.readings if reading.kind == kind and reading.counts]

    @property
    def energy_wh(self) -> float:
        """Everything that was used for it, what did not count included."""
        return sum(reading.energy_wh for reading in self.readings)

    @property
    def shown_status(self) -> Lines:
        """How it ended; where there is no result, why, and what would give one."""
        return Lines([STATUS[self.status], self.reason and Recorded(self.reason), self.remedy and Recorded(self.remedy)])

    def _repr_html_(self) -> str:
        """In a notebook: what was tried and what came out, as a list."""
        windows_wh = [reading.energy_wh for reading in self.readings_of("inference")]
        scores: list[Sequence[Cell]] = [[name, Decimals(value, 3)] for name, value in self.scores.items()]
        rows: list[Sequence[Cell]] = [
            [say("status"), self.shown_status],
            [say("parameters"), ", ".join(f"{name} = {value}" for name, value in self.params.items()) or None],
            *scores,
            [say("windows that count"), len(windows_wh)],
            [say("energy of these"), Energy(sum(windows_wh))],
            [say("energy used in all, failures included"), Energy(self.energy_wh)],
            [say("time for one answer in ms, median"), self.latency_p50_ms],
            [say("time that one answer in twenty exceeds, in ms"), self.latency_p95_ms],
            [say("peak memory in MiB"), self.peak_memory_mib or (self.peak_memory_unknown and Recorded(self.peak_memory_unknown))],
        ]
        return HtmlTable(say("Run of {candidate}, seed {seed}", candidate=self.candidate, seed=self.seed), rows).html


class Campaign(Record):
    """One `preuve run`: all candidates of a task, measured in rotation on one machine.

    Attributes:
        goals: the text of the goals that it was measured under.
        conditions: what was asked of every candidate alike.
        answers_are_texts: whether answers are texts, of which only hashes and scores are recorded.
        slices: the test samples' values of each column along which results are split, in the order of the test set, which is that
            of every run's predictions; an empty value where a user's file has none.
        reason: why it was interrupted, where that is known.
        over_budget: the reason given for going on beyond the POC's development budget.
        development_wh: what the POC had used before this campaign, failures included.
        readings: of the idle machine.
        operator_role: who measured, by their role.
        ledger_head: what the ledger's record of its end is known by; none before that.
    """

    id: str
    task: str
    task_version: str
    unit_name: str
    unit_size: int
    metrics: tuple[str, ...]
    protocol: Protocol
    data: DataRecord
    goals_sha256: str
    goals: str = ""
    conditions: dict[str, Any] = {}
    answers_are_texts: bool = False
    slices: dict[str, tuple[str, ...]] = {}
    environment: Environment
    machine: Machine
    started: dt.datetime
    ended: dt.datetime | None = None
    status: CampaignStatus = "running"
    reason: str | None = None
    over_budget: str | None = None
    development_wh: float = 0.0
    operator_role: str = "undeclared"
    ledger_head: str | None = None
    readings: tuple[Reading, ...] = ()
    runs: tuple[Run, ...] = ()

    @property
    def energy_wh(self) -> float:
        """Everything that was used in it, what did not count included."""
        return sum(reading.energy_wh for reading in self.readings) + sum(run.energy_wh for run in self.runs)

    @property
    def all_readings(self) -> list[Reading]:
        """Of the idle machine and of all runs, what did not count included."""
        return [*self.readings, *(reading for run in self.runs for reading in run.readings)]

    @property
    def idle(self) -> Reading | None:
        """The idle machine, by the last reading that counts; none where the campaign ended before it."""
        return next((reading for reading in reversed(self.readings) if reading.counts), None)

    def runs_of(self, candidate: str) -> list[Run]:
        """The runs of one candidate, by seed."""
        return sorted((run for run in self.runs if run.candidate == candidate), key=lambda run: run.seed)

    def finished_runs_of(self, candidate: str) -> list[Run]:
        """Those of them that came to their end, by seed: results are computed from these alone."""
        return [run for run in self.runs_of(candidate) if run.status == "finished"]

    @property
    def measured_windows(self) -> list[Reading]:
        """The windows in the rounds, of all runs that came to their end."""
        return [reading for run in self.runs if run.status == "finished" for reading in run.readings_of("inference")]

    @property
    def candidates(self) -> Sequence[str]:
        """Names in the order in which they were run."""
        return list(dict.fromkeys(run.candidate for run in self.runs))

    def _repr_html_(self) -> str:
        """In a notebook: what was measured, how and where, and its runs one by one."""
        rows: list[Sequence[Cell]] = [
            [say("status"), Lines([STATUS[self.status], self.reason and Recorded(self.reason)])],
            [say("data"), self._data_line],
            [say("how it was measured"), self._protocol_line],
            [say("measured on"), self._machine_line],
            [say("energy used in all, failures included"), Energy(self.energy_wh)],
        ]
        caption = say("Campaign {campaign} of {task}", campaign=self.id, task=self.task)
        return HtmlTable(caption, rows).html + self._runs.html

    @property
    def _data_line(self) -> Message:
        data = self.data
        return say(
            "{name}: {learnt} samples to learn from, {tested} for the test",
            name=data.name,
            learnt=data.train_samples,
            tested=data.test_samples,
        )

    @property
    def _protocol_line(self) -> Lines:
        plan = self.protocol
        line = say(
            "seeds: {seeds}, rounds: {rounds}, each window at least {window} s",
            seeds=plan.seeds,
            rounds=plan.rounds,
            window=Setting(plan.window_s),
        )
        return Lines([line, say("a quick trial: no decision rests on it") if plan.quick else None])

    @property
    def _machine_line(self) -> Lines:
        hardware = self.machine.hardware
        line = say(
            "{cpu}, cores: {cores}, memory: {memory} GiB", cpu=hardware.cpu, cores=hardware.cores, memory=Setting(hardware.ram_gib)
        )
        return Lines([line, ", ".join(hardware.gpus)])

    @property
    def _runs(self) -> HtmlTable:
        metrics = self.metrics[:METRICS_SHOWN]
        headings: list[Cell] = [say("candidate"), say("seed"), say("status"), *metrics, say("energy used")]
        rows: list[Sequence[Cell]] = [
            [
                run.candidate,
                run.seed,
                run.shown_status,
                *(Decimals(run.scores[name], 3) if name in run.scores else None for name in metrics),
                Energy(run.energy_wh),
            ]
            for run in self.runs
        ]
        figures = frozenset({1, *range(3, 4 + len(metrics))})
        return HtmlTable(say("Runs of campaign {campaign}", campaign=self.id), rows, headings, figures)
