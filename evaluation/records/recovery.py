"""Closing campaigns whose process was killed, from the journal that they leave: no reading is lost, nor more than a last second.

To be called while holding the energy lock: then no campaign of this machine is under way.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from evaluation.energy.components import WindowLabel, components_of, make_reading
from evaluation.energy.journal import Entry, journal_folder, no_writer, read_journal
from evaluation.energy.load import CpuUse
from evaluation.energy.machine import Machine, machine_id
from evaluation.energy.meter import EnergyLog
from evaluation.energy.reading import PowerSample, Reading
from evaluation.energy.self_test import PHASES
from evaluation.energy.tracker import RawEnergy
from evaluation.goals import Goals, recorded_goals
from evaluation.home import scratch_folder
from evaluation.messages import words
from evaluation.process import is_running
from evaluation.records.ledger import Ledger
from evaluation.records.recorder import SELF_TEST, Recorder, record_self_test
from evaluation.records.store import Store
from evaluation.records.tracking import named_uri
from evaluation.run import Campaign, Run


class JournalError(Exception):
    """A journal that cannot be understood; its message says why."""


KILLED = words("its process was killed")
UNRECORDED = words("it could not be recorded when it ended")


@dataclass
class Remains:
    """What a journal tells of a campaign.

    Attributes:
        reason: why it was not closed.
        over_budget: the reason given for going on beyond the budget, where it was needed under way.
        runs: by name, with what was known of each.
        logs: readings and power samples by the run's name; the campaign's own under none.
        windows: all of them with the run's name, in the order in which they were measured.
    """

    mlflow_run: str
    campaign: Campaign
    goals: Goals
    reason: str = KILLED
    over_budget: str | None = None
    runs: dict[str, Run] = field(default_factory=dict)
    logs: dict[str | None, EnergyLog] = field(default_factory=dict)
    windows: list[tuple[str | None, Reading, list[PowerSample]]] = field(default_factory=list)

    def add(self, run: str | None, reading: Reading, samples: list[PowerSample]) -> None:
        """Add a window."""
        log = self.logs.setdefault(run, EnergyLog(run))
        log.readings.append(reading)
        log.power_samples.extend(samples)
        self.windows.append((run, reading, samples))


def close_killed(store: Store, tell: Callable[[str], None]) -> list[str]:
    """Record what killed campaigns of the store's task leave, close them as interrupted, and return their ids.

    A journal that cannot be understood stays where it is: nothing else waits for it.

    Args:
        store: of the task.
        tell: given what somebody should read.
    """
    closed, alive = [], set()
    for path in sorted(journal_folder().glob("*.jsonl")):
        try:
            with no_writer(path) as ended:
                if ended:
                    closed += _close_from(path, store, tell)
                else:
                    alive.add(path.stem)
        except JournalError as error:
            tell(f"{path} cannot be read ({error}): a command of the version that wrote it will record its campaign.")
        except PermissionError:
            # Its process may live: what it has put aside is left alone.
            alive.add(path.stem)
            tell(f"{path} belongs to another user: a command of theirs will record its campaign.")
    if not alive:
        shutil.rmtree(scratch_folder(), ignore_errors=True)
    closed += store.close_orphans(alive)
    for campaign_id in closed:
        tell(f"Closed as interrupted: campaign {campaign_id}, whose process had ended without closing it.")
    return closed


def unrecorded_wh(task: str) -> dict[str, float]:
    """What campaigns of the task used whose journals are still there, in Wh by their ids: of another store, or of another lock."""
    found = {}
    for path in journal_folder().glob("*.jsonl"):
        try:
            entries = _entries(path)
            remains = _read(entries) if entries and entries[0]["what"] != SELF_TEST else None
        except (JournalError, OSError):
            # One that cannot be read is told of elsewhere; one that another process has just closed is recorded.
            continue
        if remains and remains.campaign.task == task:
            readings = [reading for log in remains.logs.values() for reading in log.readings]
            found[remains.campaign.id] = sum(reading.energy_wh for reading in readings)
    return found


def _close_from(path: Path, store: Store, tell: Callable[[str], None]) -> list[str]:
    entries = _entries(path)
    if not entries:
        # It was killed before it could tell anything.
        path.unlink()
        return []
    if entries[0]["what"] == SELF_TEST:
        _close_self_test(path, entries, tell)
        return []
    try:
        task, campaign_id, address = entries[0]["campaign"]["task"], entries[0]["campaign"]["id"], entries[0]["tracking"]
        process, machine = entries[0]["process"], entries[0]["campaign"]["machine"]["machine_id"]
    except (KeyError, TypeError) as error:
        raise JournalError(f"no campaign in its first line: {error}") from error
    # Whether a process of another machine lives nobody knows here; locks do not always reach so far.
    if task != store.task or machine != machine_id() or is_running(process):
        return []
    if address != named_uri():
        how = f"with MLFLOW_TRACKING_URI={address}" if address else "without MLFLOW_TRACKING_URI"
        tell(f"Campaign {campaign_id} was killed; the next command {how} closes it there.")
        return []
    remains = _read(entries)
    # Killed between its last words in MLflow and the end of its journal, it is closed already.
    recorded = store.is_closed(remains.mlflow_run)
    if not recorded:
        _record(store, Ledger(), remains)
    path.unlink()
    return [] if recorded else [campaign_id]


def _close_self_test(path: Path, entries: Sequence[Entry], tell: Callable[[str], None]) -> None:
    """Record the windows of a self-test whose process was killed, but for those that it recorded itself."""
    try:
        process, machine = entries[0]["process"], Machine.model_validate(entries[0]["machine"])
        if machine.machine_id != machine_id() or is_running(process):
            return
        windows = list(_windows(machine, entries))
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"{type(error).__name__}: {error}") from error
    ledger, log = Ledger(), EnergyLog()
    recorded = {record["content"]["reading"]["started"] for record in islice(ledger.of_kind("reading"), len(PHASES))}
    for _, reading, samples in windows:
        log.readings.append(reading)
        log.power_samples.extend(samples)
        if reading.model_dump(mode="json")["started"] not in recorded:
            record_self_test(ledger, machine, log)
    path.unlink()
    tell("Recorded what a self-test used whose process had ended before it.")


def _entries(path: Path) -> list[Entry]:
    entries = list(read_journal(path))
    strange = next((entry for entry in entries if not isinstance(entry, dict) or "what" not in entry), None)
    if strange is not None:
        raise JournalError(f"an entry that is none: {str(strange)[:40]}")
    return entries


def _read(entries: Sequence[Entry]) -> Remains:
    """What a journal tells.

    Raises:
        JournalError: another version of preuve wrote it.
    """
    first = entries[0]
    try:
        goals = recorded_goals(first["goals"])
        remains = Remains(first["mlflow_run"], Campaign.model_validate(first["campaign"]), goals)
        _add_runs(remains, entries)
        for run, reading, samples in _windows(remains.campaign.machine, entries):
            remains.add(run, reading, samples)
    except ValidationError as error:
        fault = error.errors()[0]
        raise JournalError(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"{type(error).__name__}: {error}") from error
    return remains


def _add_runs(remains: Remains, entries: Iterable[Entry]) -> None:
    for entry in entries:
        what = entry["what"]
        if what == "run":
            remains.runs[entry["name"]] = Run.model_validate(entry["run"])
        elif what == "over-budget":
            remains.over_budget = entry["reason"]
        elif what == "end":
            remains.reason = entry["reason"] or UNRECORDED


def _windows(machine: Machine, entries: Iterable[Entry]) -> Iterator[tuple[str | None, Reading, list[PowerSample]]]:
    """The windows with their readings and samples; the last one, where a kill cut it short, as far as its samples go."""
    window: Entry | None = None
    samples: list[PowerSample] = []
    for entry in entries:
        what = entry["what"]
        if what == "window":
            window, samples = entry, []
        elif what == "sample":
            samples.append(PowerSample(*entry["values"]))
        elif what == "reading" and window:
            yield window["run"], Reading.model_validate(entry["reading"]), samples
            window = None
    if window and samples:
        label = WindowLabel(window["kind"], window["round"], window["attempt"], dt.datetime.fromisoformat(window["started"]))
        yield window["run"], _cut_short(machine, label, samples), samples


def _cut_short(machine: Machine, label: WindowLabel, samples: Sequence[PowerSample]) -> Reading:
    last = samples[-1]
    raw = RawEnergy(last.cpu_wh, last.gpu_wh if machine.hardware.gpus else None)
    used = CpuUse(last.cpu_seconds, last.busy_seconds, last.stolen_seconds)
    return make_reading(
        machine,
        label,
        components_of(machine, raw, last.elapsed_s),
        last.elapsed_s,
        used,
        outcome="cut short",
        reason=KILLED,
        samples=0,
        elapsed_s=[sample.elapsed_s for sample in samples],
    )


def _record(store: Store, ledger: Ledger, remains: Remains) -> None:
    runs = tuple(_closed_run(run, remains.logs.get(name), remains.reason) for name, run in remains.runs.items())
    own = remains.logs.get(None, EnergyLog())
    readings = [reading for log in remains.logs.values() for reading in log.readings]
    ended = max((reading.started + dt.timedelta(seconds=reading.duration_s) for reading in readings), default=None)
    campaign = remains.campaign.model_copy(
        update={
            "runs": runs,
            "readings": tuple(own.readings),
            "status": "interrupted",
            "reason": remains.reason,
            "over_budget": remains.over_budget or remains.campaign.over_budget,
            "ended": ended or remains.campaign.started,
        }
    )
    recorder = Recorder(store, ledger, remains.campaign, list(remains.runs.values()))
    recorder.resume(remains.goals)
    for run_name, reading, samples in remains.windows:
        recorder.add(run_name, reading, samples)
    campaign = recorder.as_closed(campaign)
    for run in runs:
        recorder.end_run(campaign, run, None, remains.logs.get(run.name, EnergyLog()).power_samples)
    recorder.close(campaign, own.power_samples)


def _closed_run(run: Run, log: EnergyLog | None, reason: str) -> Run:
    """The run with its readings. What it answered is lost with the process, so a finished one is interrupted all the same."""
    changes: dict[str, object] = {"readings": tuple(log.readings) if log else (), "scores": {}}
    if run.status in {"finished", "interrupted"}:
        changes |= {"status": "interrupted", "reason": reason}
    return run.model_copy(update=changes)
