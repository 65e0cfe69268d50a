"""What a development has used is known in its home, whatever MLflow and earlier kills have left of it."""

from __future__ import annotations

import pytest

from evaluation.energy.factors import find_factor
from evaluation.energy.journal import Journal, journal_folder
from evaluation.exceptions import RecordError
from evaluation.records.development import development_wh, energy_by_campaign, ledger_energies
from evaluation.records.entries import closed_entry
from evaluation.records.ledger import Ledger, ledger_path
from evaluation.records.recovery import unrecorded_wh
from evaluation.run import Campaign
from tests.records import make_campaign, make_reading, make_run

TASK = "request-classification"
# 2 Wh: one of the idle machine, one of a fit.
CAMPAIGN = make_campaign(make_run(), readings=[make_reading("idle")])


class Recorded:
    """A store in which MLflow has these campaigns."""

    task = TASK

    def __init__(self, energies_wh: dict[str, float]) -> None:
        self.energies_wh = energies_wh

    def energy_by_campaign(self) -> dict[str, float]:
        return self.energies_wh


def used_wh(recorded: dict[str, float] | None = None, unrecorded: dict[str, float] | None = None) -> float:
    return development_wh(Recorded(recorded or {}), Ledger(), unrecorded or {})  # type: ignore[arg-type]


def record(campaign: Campaign) -> None:
    Ledger().append(closed_entry(campaign, "0" * 32, find_factor(), files={}, metrics={}, params={}, tags={}))


def test_what_mlflow_does_not_have_is_charged_all_the_same() -> None:
    assert used_wh() == 0.0
    record(CAMPAIGN)
    record(CAMPAIGN.model_copy(update={"id": "20261123-200000-aaaa"}))
    assert used_wh() == 4.0
    assert used_wh({"other": 3.0}) == 7.0


def test_a_campaign_is_charged_once_by_whoever_knows_of_more() -> None:
    record(CAMPAIGN)
    record(CAMPAIGN)
    assert used_wh({CAMPAIGN.id: 2.0}) == 2.0
    assert used_wh({CAMPAIGN.id: 0.5}) == 2.0
    assert used_wh({CAMPAIGN.id: 5.0}) == 5.0
    assert used_wh(unrecorded={CAMPAIGN.id: 2.5}) == 2.5


def test_another_pocs_energy_is_another_budget() -> None:
    record(CAMPAIGN.model_copy(update={"task": "document-summarisation"}))
    assert used_wh() == 0.0


def test_where_the_ledger_cannot_be_read_it_is_said_what_to_do() -> None:
    ledger_path().mkdir(parents=True)
    with pytest.raises(RecordError) as refused:
        used_wh()
    assert (refused.value.found, refused.value.where) == ("Is a directory", str(ledger_path()))


def test_a_journal_that_is_still_there_is_charged_by_its_readings_and_a_strange_one_by_nothing() -> None:
    journal = Journal(journal_folder() / f"{CAMPAIGN.id}.jsonl")
    opened = CAMPAIGN.model_dump(mode="json", exclude={"runs", "readings"})
    journal.write("campaign", process="1@0@another-boot", tracking="elsewhere", mlflow_run="a", goals="", campaign=opened)
    for _ in range(2):
        reading = make_reading("idle")
        journal.write("window", run=None, kind="idle", round=None, attempt=1, started=reading.started.isoformat())
        journal.write("reading", run=None, reading=reading.model_dump(mode="json"))
    journal.close()
    (journal_folder() / "20261123-200000-bbbb.jsonl").write_text("[]\n", encoding="utf-8")
    (journal_folder() / "20261123-200000-cccc.jsonl").write_text("", encoding="utf-8")
    assert unrecorded_wh(TASK) == {CAMPAIGN.id: 2.0}
    assert unrecorded_wh("document-summarisation") == {}


def test_each_campaign_has_the_most_that_anybody_knows_of_it() -> None:
    # The first by MLflow, the second, whose run was deleted, by the ledger, the third, which was killed, by its journal.
    store = Recorded({"first": 3.0, "second": 0.5})
    found = energy_by_campaign(store, {"first": 2.0, "second": 2.5}, {"second": 1.0, "third": 0.25})  # type: ignore[arg-type]
    assert found == {"first": 3.0, "second": 2.5, "third": 0.25}


def test_the_ledger_tells_the_energies_of_all_tasks_at_once() -> None:
    record(CAMPAIGN)
    record(CAMPAIGN.model_copy(update={"task": "document-summarisation", "id": "20261123-200000-aaaa"}))
    record(CAMPAIGN.model_copy(update={"id": "20261123-210000-bbbb"}))
    assert ledger_energies(Ledger()) == {
        TASK: {CAMPAIGN.id: 2.0, "20261123-210000-bbbb": 2.0},
        "document-summarisation": {"20261123-200000-aaaa": 2.0},
    }


def test_an_empty_ledger_tells_no_energy() -> None:
    assert ledger_energies(Ledger()) == {}
