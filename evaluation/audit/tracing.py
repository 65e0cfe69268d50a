"""From a figure in a report down to what it rests on: the windows behind it in the ledger, and what was sampled in one of them."""

from __future__ import annotations

import json
from typing import NamedTuple

from evaluation.energy.reading import PowerSample, Reading
from evaluation.exceptions import NameNotFoundError, RecordError
from evaluation.records.entries import sha256_of
from evaluation.records.ledger import Ledger
from evaluation.records.recorder import samples_folder
from evaluation.run import Campaign


class TracedWindow(NamedTuple):
    """A window behind a candidate's energy per functional unit, as the ledger has it.

    Attributes:
        record: its number in the ledger.
        seed: of the fit that was measured.
        samples: answers that were given in it.
        wh_per_unit: its energy for as many answers as the functional unit has; the figure is the geometric mean over the rounds.
        samples_sha256: hash of its line of power samples; none without samples.
        window: its number in the campaign, from 1.
    """

    record: int
    seed: int
    round: int | None
    started: str
    duration_s: float
    samples: int
    energy_wh: float
    wh_per_unit: float
    evidence: str
    samples_sha256: str | None
    window: int


def windows_behind(campaign: Campaign, candidate: str, ledger: Ledger | None = None) -> list[TracedWindow]:
    """The windows that a candidate's energy was computed from, in the order in which they were recorded.

    Args:
        campaign: in which it was measured.
        candidate: whose energy it is.
        ledger: that has the campaign; this home's where none is given.

    Raises:
        NameNotFoundError: the campaign has no such candidate with a result.
        RecordError: the ledger has no window of it.
    """
    seeds = {run.name: run.seed for run in campaign.finished_runs_of(candidate)}
    if not seeds:
        raise NameNotFoundError(
            expected=f"a candidate with a result: {', '.join(campaign.candidates)}",
            found=repr(candidate),
            where=f"campaign {campaign.id}",
            remedy="name one that finished",
        )
    ledger, found = ledger or Ledger(), []
    for record in ledger.since("campaign-opened", lambda content: content["campaign"] == campaign.id):
        content = record["content"]
        if record["kind"] != "reading" or content["campaign"] != campaign.id or content["run"] not in seeds:
            continue
        reading = Reading.model_validate(content["reading"])
        if reading.kind == "inference" and reading.counts:
            found.append(
                TracedWindow(
                    record=record["number"],
                    seed=seeds[content["run"]],
                    round=reading.round,
                    started=reading.started.isoformat(timespec="seconds"),
                    duration_s=reading.duration_s,
                    samples=reading.samples,
                    energy_wh=content["energy_wh"],
                    wh_per_unit=reading.energy_wh_per(campaign.unit_size),
                    evidence=content["evidence"],
                    samples_sha256=content["samples_sha256"],
                    window=content["window"],
                )
            )
    if not found:
        raise RecordError(
            expected=f"windows of {candidate} in campaign {campaign.id}",
            found="none",
            where=str(ledger.path),
            remedy="ask the ledger of the home in which it was measured: PREUVE_HOME names it",
        )
    return found


def raw_samples(campaign: Campaign, window: TracedWindow) -> list[PowerSample]:
    """What was sampled in a window, each row counted from the window's beginning; found by the hash that the ledger quotes.

    Raises:
        RecordError: no line of samples has that hash.
    """
    path = samples_folder() / f"{campaign.id}.jsonl"
    for line in path.read_bytes().splitlines() if path.exists() else ():
        if sha256_of(line) == window.samples_sha256:
            return [PowerSample(window.window, *row) for row in json.loads(line)["samples"]]
    raise RecordError(
        expected=f"power samples with the hash that record {window.record} quotes",
        found="none: they are gone or were changed",
        where=str(path),
        remedy="preuve audit verify says what else does not hold",
    )
