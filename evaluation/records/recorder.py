"""Recording a campaign in the ledger and in MLflow, each naming the other. The ledger comes first: nothing there is undone."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from evaluation.candidate import Predictor
from evaluation.energy.factors import find_factor
from evaluation.energy.journal import Journal, journal_folder
from evaluation.energy.machine import Machine
from evaluation.energy.meter import EnergyLog
from evaluation.energy.reading import PowerSample, Reading
from evaluation.exceptions import RecordError
from evaluation.goals import Goals
from evaluation.home import carbon_folder
from evaluation.process import process_name
from evaluation.records import items
from evaluation.records.entries import (
    closed_entry,
    goals_entry,
    machine_entry,
    opened_entry,
    reading_entry,
    run_entry,
    samples_line,
    sha256_of,
)
from evaluation.records.ledger import Content, Entry, Head, Ledger, find_last
from evaluation.records.store import LedgerLink, Store
from evaluation.records.tracking import named_uri
from evaluation.run import Campaign, Run
from evaluation.signals import ending_held_back

SELF_TEST = "self-test"


def samples_folder() -> Path:
    """Where the power samples are whose hashes the ledger quotes: a file a campaign, a line a window."""
    return carbon_folder() / "samples"


class Recorder:
    """Records one campaign, from its opening to its end.

    Args:
        store: of the task, in MLflow.
        ledger: of this home.
        campaign: as it begins.
        runs: of which nothing is measured yet.
    """

    def __init__(self, store: Store, ledger: Ledger, campaign: Campaign, runs: Sequence[Run]) -> None:
        self.store, self.ledger, self.campaign, self.runs = store, ledger, campaign, runs
        self.factor = find_factor()
        # By the run's name; the campaign's own under none.
        self.ids: dict[str | None, str] = {}
        self.readings: dict[str | None, list[Head]] = {}
        self._resumed = False
        self._ended: dict[str, Content] = {}
        self._closed: Content | None = None
        self._recorded = self._measured = 0
        self._waiting: list[tuple[int, str | None, Reading, list[PowerSample]]] = []

    def open_in_store(self) -> str:
        """Record in MLflow that the campaign and its runs begin, and return its id of the campaign."""
        self.ids = self.store.open_campaign(self.campaign, self.runs)
        return self.ids[None]

    def open_in_ledger(self, goals: Goals) -> None:
        """Record in the ledger that it begins, on which machine and with which goals.

        Raises:
            RecordError: the ledger cannot be written to.
        """
        self.ledger.append(
            *machine_entries(self.ledger, self.campaign.machine),
            *_goals_entries(self.ledger, self.campaign.task, goals),
            opened_entry(self.campaign, self.ids, self.runs, named_uri(), self.factor),
        )

    def resume(self, goals: Goals) -> None:
        """Go on where another process was killed: what it recorded is not recorded again."""
        self._resumed = True
        self.ids = self.store.resume_campaign(self.campaign, self.runs)
        records = [
            record
            for record in self.ledger.since("campaign-opened", lambda content: content["campaign"] == self.campaign.id)
            if record["content"].get("campaign") == self.campaign.id
        ]
        if not records:
            self.open_in_ledger(goals)
            return
        opened = records[0]["content"]
        # Readings name these, also where MLflow has lost the runs and was given others.
        self.ids |= {run["name"]: run["mlflow_run"] for run in opened["runs"]} | {None: opened["mlflow_run"]}
        for record in records:
            head = Head(record["number"], record["sha256"])
            if record["kind"] == "reading":
                self.readings.setdefault(record["content"]["run"], []).append(head)
                self._recorded = max(self._recorded, record["content"]["window"])
            elif record["kind"] == "run-ended":
                self._ended[record["content"]["run"]] = record
            elif record["kind"] == "campaign-closed":
                self._closed = record

    def add(self, run: str | None, reading: Reading, samples: Sequence[PowerSample]) -> None:
        """Record a window, and those before it that could not be recorded.

        Raises:
            RecordError: the ledger cannot be written to; the window waits for the next time.
        """
        self._measured += 1
        if self._measured > self._recorded:
            self._waiting.append((self._measured, run, reading, list(samples)))
        self.catch_up()

    def add_last_of(self, log: EnergyLog) -> None:
        """Record the last window of a log."""
        self.add(log.run, log.readings[-1], log.last_samples)

    def catch_up(self) -> None:
        """Record the windows that could not be recorded when they closed."""
        while self._waiting:
            window, run, reading, samples = self._waiting[0]
            entry = reading_entry(
                reading,
                self.campaign.machine,
                self.factor,
                window=window,
                samples_sha256=keep_samples(self.campaign.id, window, samples),
                campaign=self.campaign.id,
                run=run,
                mlflow_run=self.ids[run],
            )
            # Ctrl-C between the ledger and this list would have the window recorded twice.
            with ending_held_back():
                self.readings.setdefault(run, []).extend(self.ledger.append(entry))
                self._waiting.pop(0)

    def end_run(self, campaign: Campaign, run: Run, predictor: Predictor | None, samples: Sequence[PowerSample]) -> None:
        """Record how a run ended, unless all of that is recorded already."""
        told = self._ended.get(run.name)
        if told and self.store.end_if_linked(run.name, f"{told['number']}:{told['sha256']}", told["content"]["status"]):
            return
        # What another process had written before it was killed is still there, and cannot be taken back.
        files_left, metrics_left = self.store.left(run.name) if self._resumed else ({}, {})
        entry = run_entry(
            campaign,
            run,
            self.ids[run.name],
            files=files_left | items.run_files(run),
            metrics=metrics_left | items.metric_rows(items.run_metrics(campaign, run)),
            params=items.run_params(campaign, run),
            tags=items.recorded_tags(items.common_tags(campaign) | items.run_tags(run)),
        )
        (head,) = self.ledger.append(entry)
        self.store.add_run(campaign, run, predictor, samples, self._link(head, run.name))

    def as_closed(self, campaign: Campaign) -> Campaign:
        """The campaign as the ledger says that it ended, where the process was killed between the ledger and MLflow."""
        if self._closed is None:
            return campaign
        names = ("status", "reason", "ended", "over_budget")
        told = {name: self._closed["content"][name] for name in names}
        return Campaign.model_validate(campaign.model_dump() | told)

    def close(self, campaign: Campaign, samples: Sequence[PowerSample]) -> Campaign:
        """Record how the campaign ended, and return it with the head of the ledger."""
        told = self._closed
        head = Head(told["number"], told["sha256"]) if told else self._close_in_ledger(campaign)
        self.store.close_campaign(campaign, samples, self._link(head, None))
        return campaign.model_copy(update={"ledger_head": str(head)})

    def _close_in_ledger(self, campaign: Campaign) -> Head:
        entry = closed_entry(
            campaign,
            self.ids[None],
            self.factor,
            files=items.campaign_files(campaign),
            metrics=items.metric_rows(items.campaign_metrics(campaign)),
            params=items.campaign_params(campaign),
            tags=items.recorded_tags(items.common_tags(campaign) | items.campaign_tags(campaign)),
        )
        return self.ledger.append(entry)[0]

    def _link(self, head: Head, run: str | None) -> LedgerLink:
        return LedgerLink(self.ledger.id or "", head, tuple(self.readings.get(run, ())))


def machine_entries(ledger: Ledger, machine: Machine) -> Iterable[Entry]:
    """What is to be recorded of the machine; nothing where the ledger has it so."""
    last = find_last(ledger, "machine", lambda content: content["machine_id"] == machine.machine_id)
    before = _hash(last, "machine_sha256")
    return () if before == machine.sha256 else (machine_entry(machine, before),)


def _goals_entries(ledger: Ledger, task: str, goals: Goals) -> Iterable[Entry]:
    before = _hash(find_last(ledger, "goals", lambda content: content["task"] == task), "goals_sha256")
    return () if before == goals.sha256 else (goals_entry(task, goals, before),)


def _hash(record: Content | None, name: str) -> str | None:
    return record["content"][name] if record else None


@contextmanager
def self_test_journal(machine: Machine) -> Iterator[Journal]:
    """A journal for a self-test on this machine: when it is killed, the next command records the window that was open."""
    journal = Journal(journal_folder() / f"{SELF_TEST}-{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}-{os.getpid()}.jsonl")
    try:
        journal.write(SELF_TEST, process=process_name(), machine=machine.model_dump(mode="json"))
        yield journal
        # An error leaves it, as the window may not be recorded; the next command sees to that.
        journal.path.unlink(missing_ok=True)
    finally:
        journal.close()


def record_self_test(ledger: Ledger, machine: Machine, log: EnergyLog) -> None:
    """Record the last window of a self-test: it used energy too.

    Raises:
        RecordError: the ledger cannot be written to.
    """
    window = len(log.readings)
    sha256 = keep_samples(SELF_TEST, window, log.last_samples)
    entry = reading_entry(log.readings[-1], machine, find_factor(), window=window, samples_sha256=sha256)
    ledger.append(*machine_entries(ledger, machine), entry)


def keep_samples(name: str, window: int, samples: Sequence[PowerSample]) -> str | None:
    """Append the power samples of a window to their file, on the disk, and return the hash of the line; none without samples.

    Raises:
        RecordError: the disk is full, or cannot be written to.
    """
    if not samples:
        return None
    line, path = samples_line(window, samples), samples_folder() / f"{name}.jsonl"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            # It begins a line of its own, also where an earlier one was cut off.
            file.write((b"" if file.tell() == 0 else b"\n") + line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RecordError(
            expected="room for the power samples of a window",
            found=error.strerror or str(error),
            where=str(path),
            remedy="free some space or make the folder writable; the next command then closes the campaign",
        ) from error
    return sha256_of(line)
