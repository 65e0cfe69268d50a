"""What a development has used is known in its home, whatever MLflow and earlier kills have left of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.energy.journal import Journal, journal_folder
from evaluation.exceptions import RecordError
from evaluation.home import carbon_folder
from evaluation.records.development import DEVELOPMENT_FILE, development_wh, note_energy
from evaluation.records.recovery import unrecorded_wh
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
    return development_wh(Recorded(recorded or {}), unrecorded or {})  # type: ignore[arg-type]


def noted() -> Path:
    return carbon_folder() / DEVELOPMENT_FILE


def test_what_mlflow_does_not_have_is_charged_all_the_same() -> None:
    assert used_wh() == 0.0
    note_energy(CAMPAIGN)
    note_energy(CAMPAIGN.model_copy(update={"id": "20261123-200000-aaaa"}))
    assert used_wh() == 4.0
    assert used_wh({"other": 3.0}) == 7.0


def test_a_campaign_is_charged_once_by_whoever_knows_of_more() -> None:
    note_energy(CAMPAIGN)
    note_energy(CAMPAIGN)
    assert used_wh({CAMPAIGN.id: 2.0}) == 2.0
    assert used_wh({CAMPAIGN.id: 0.5}) == 2.0
    assert used_wh({CAMPAIGN.id: 5.0}) == 5.0
    assert used_wh(unrecorded={CAMPAIGN.id: 2.5}) == 2.5


def test_another_pocs_energy_is_another_budget() -> None:
    note_energy(CAMPAIGN.model_copy(update={"task": "document-summarisation"}))
    assert used_wh() == 0.0


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 200), st.binary(max_size=20))
def test_a_line_that_was_cut_off_costs_no_other_line(kept: int, rubbish: bytes) -> None:
    noted().unlink(missing_ok=True)
    note_energy(CAMPAIGN)
    whole = noted().read_bytes()
    noted().write_bytes(whole + whole[:kept] + rubbish.replace(b"\n", b""))
    note_energy(CAMPAIGN.model_copy(update={"id": "20261123-200000-aaaa"}))
    assert used_wh() == 4.0


def test_where_it_cannot_be_noted_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    noted().mkdir(parents=True)
    for act in (lambda: note_energy(CAMPAIGN), used_wh):
        with pytest.raises(RecordError) as refused:
            act()
        assert (refused.value.found, refused.value.where) == ("Is a directory", str(noted()))


def test_a_journal_that_is_still_there_is_charged_by_its_readings_and_a_strange_one_by_nothing() -> None:
    journal = Journal(journal_folder() / f"{CAMPAIGN.id}.jsonl")
    opened = CAMPAIGN.model_dump(mode="json", exclude={"runs", "readings"})
    journal.write("campaign", process="1@0@another-boot", tracking="elsewhere", mlflow_run="a", campaign=opened)
    for _ in range(2):
        reading = make_reading("idle")
        journal.write("window", run=None, kind="idle", round=None, attempt=1, started=reading.started.isoformat())
        journal.write("reading", run=None, reading=reading.model_dump(mode="json"))
    journal.close()
    (journal_folder() / "20261123-200000-bbbb.jsonl").write_text("[]\n", encoding="utf-8")
    (journal_folder() / "20261123-200000-cccc.jsonl").write_text("", encoding="utf-8")
    assert unrecorded_wh(TASK) == {CAMPAIGN.id: 2.0}
    assert unrecorded_wh("document-summarisation") == {}
