"""Closing campaigns whose process was killed, from the journal that they leave: no reading is lost, nor more than a last second.

To be called while holding the energy lock: then no campaign of this machine is under way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from evaluation.energy.journal import Entry, journal_folder, read_journal
from evaluation.energy.load import CpuUse
from evaluation.energy.machine import Machine
from evaluation.energy.meter import NOTHING_MEASURED, EnergyLog, WindowLabel, components_of, make_reading
from evaluation.energy.reading import PowerSample, Reading
from evaluation.energy.tracker import RawEnergy
from evaluation.exceptions import MeterError, RecordError
from evaluation.process import is_running
from evaluation.records.store import Store
from evaluation.run import Campaign, Run

KILLED = "its process was killed"
UNRECORDED = "it could not be recorded when it ended"


@dataclass
class Remains:
    """What a journal tells of a campaign.

    Attributes:
        reason: why it was not closed.
        runs: by name, with what was known of each.
        logs: readings and power samples by the run's name; the campaign's own under none.
    """

    process: str
    mlflow_run: str
    campaign: Campaign
    reason: str = KILLED
    runs: dict[str, Run] = field(default_factory=dict)
    logs: dict[str | None, EnergyLog] = field(default_factory=dict)


def close_killed(store: Store) -> list[str]:
    """Record what killed campaigns of the store's task leave, close them as interrupted, and return their ids."""
    closed = []
    for path in sorted(journal_folder().glob("*.jsonl")):
        remains = _read(path)
        if remains is None:
            path.unlink()
        elif remains.campaign.task == store.task and not is_running(remains.process):
            # Killed between its last words in MLflow and the end of its journal, it is closed already.
            if not store.is_closed(remains.mlflow_run):
                _record(store, remains)
                closed.append(remains.campaign.id)
            path.unlink()
    return closed + store.close_orphans()


def _read(path: Path) -> Remains | None:
    """What a journal tells; none where its process was killed before it told anything.

    Raises:
        RecordError: another version of preuve wrote it.
    """
    entries = list(read_journal(path))
    if not entries or entries[0]["what"] != "campaign":
        return None
    first = entries[0]
    try:
        remains = Remains(first["process"], first["mlflow_run"], Campaign.model_validate(first["campaign"]))
        _add_runs_and_readings(remains, entries)
        _add_last_window(remains, entries)
    except (ValidationError, KeyError, TypeError) as error:
        raise RecordError(
            expected="a journal of this version of preuve",
            found=str(error).splitlines()[0],
            where=str(path),
            remedy="run a command of the version that wrote it, or move the file away: its readings are then not recorded",
        ) from error
    return remains


def _add_runs_and_readings(remains: Remains, entries: Iterable[Entry]) -> None:
    window: Entry = {}
    samples: list[PowerSample] = []
    for entry in entries:
        what = entry["what"]
        if what == "run":
            remains.runs[entry["name"]] = Run.model_validate(entry["run"])
        elif what == "end":
            remains.reason = entry["reason"] or UNRECORDED
        elif what == "window":
            window, samples = entry, []
        elif what == "sample":
            samples.append(PowerSample(*entry["values"]))
        elif what == "reading":
            log = remains.logs.setdefault(window.get("run"), EnergyLog(window.get("run")))
            log.readings.append(Reading.model_validate(entry["reading"]))
            log.power_samples.extend(samples)


def _add_last_window(remains: Remains, entries: Sequence[Entry]) -> None:
    """The window that the kill cut short, as far as its power samples go."""
    place = max((number for number, entry in enumerate(entries) if entry["what"] == "window"), default=None)
    if place is None or any(entry["what"] == "reading" for entry in entries[place:]):
        return
    samples = [PowerSample(*entry["values"]) for entry in entries[place:] if entry["what"] == "sample"]
    if not samples:
        return
    window = entries[place]
    label = WindowLabel(window["kind"], window["round"], window["attempt"], dt.datetime.fromisoformat(window["started"]))
    log = remains.logs.setdefault(window["run"], EnergyLog(window["run"]))
    log.readings.append(_cut_short(remains.campaign.machine, label, samples))
    log.power_samples.extend(samples)


def _cut_short(machine: Machine, label: WindowLabel, samples: Sequence[PowerSample]) -> Reading:
    last = samples[-1]
    raw = RawEnergy(last.cpu_wh, last.gpu_wh if machine.hardware.gpus else None)
    measured = NOTHING_MEASURED
    # A moment that a calibration makes nothing of must not keep the campaign from being closed.
    with suppress(MeterError):
        measured = components_of(machine, raw, last.elapsed_s)
    return make_reading(
        machine,
        label,
        measured,
        last.elapsed_s,
        CpuUse(last.cpu_seconds, last.busy_seconds, last.stolen_seconds),
        outcome="cut short",
        reason=KILLED,
        samples=0,
        elapsed_s=[sample.elapsed_s for sample in samples],
    )


def _record(store: Store, remains: Remains) -> None:
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
            "ended": ended or remains.campaign.started,
        }
    )
    store.resume_campaign(remains.mlflow_run, campaign)
    for run in runs:
        log = remains.logs.get(run.name, EnergyLog())
        store.add_run(campaign, run, None, log.power_samples)
    store.close_campaign(campaign, own.power_samples)


def _closed_run(run: Run, log: EnergyLog | None, reason: str) -> Run:
    """The run with its readings. What it answered is lost with the process, so a finished one is interrupted all the same."""
    changes: dict[str, object] = {"readings": tuple(log.readings) if log else (), "scores": {}}
    if run.status in {"finished", "interrupted"}:
        changes |= {"status": "interrupted", "reason": reason}
    return run.model_copy(update=changes)
