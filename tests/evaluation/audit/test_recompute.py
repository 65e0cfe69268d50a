"""Carbon under other factors is a record of its own; the difference is explained, and adds up."""

from __future__ import annotations

import json

import pytest

from evaluation.audit.live import check_place
from evaluation.audit.recompute import recompute
from evaluation.energy.factors import find_factor
from evaluation.energy.machine import Machine
from evaluation.exceptions import RecordError
from evaluation.records.entries import machine_entry, reading_entry
from evaluation.records.ledger import Entry, Head, Ledger, ledger_path
from tests.conftest import Preuve
from tests.records import make_machine, make_reading


def measured(machine: Machine, factor_id: str, window: int, energy_wh: float) -> list[Entry]:
    reading = make_reading("self-test", cpu_wh=energy_wh / 2, ram_wh=energy_wh / 2)
    return [
        machine_entry(machine, None),
        reading_entry(reading, machine, find_factor(factor_id), window=window, samples_sha256=None),
    ]


@pytest.fixture
def ledger() -> Ledger:
    """1 kWh under 46.1 g/kWh at a PUE of 1.5, and 2 kWh under 52 g/kWh at 1.2: 69.15 g and 124.8 g."""
    ledger = Ledger()
    ledger.append(*measured(make_machine(declared={"pue": 1.5}), "ademe-2025", 1, 1000.0))
    ledger.append(*measured(make_machine(declared={"pue": 1.2}), "ademe-2022", 2, 2000.0))
    return ledger


def test_the_same_energy_under_another_factor(ledger: Ledger) -> None:
    found, head = recompute(ledger, find_factor("rte-2024"), None)
    # 1.5 + 2.4 kWh with the room, times 21.7 g/kWh.
    assert found.before.carbon_g == pytest.approx(193.95)
    assert found.carbon_g == pytest.approx(84.63)
    assert found.by_factor_g == pytest.approx(84.63 - 193.95)
    assert found.by_pue_g == pytest.approx(0)
    assert head == ledger.head


def test_under_another_pue_and_both_at_once(ledger: Ledger) -> None:
    found, _ = recompute(ledger, find_factor("rte-2024"), 2.0)
    assert found.carbon_g == pytest.approx(3 * 2 * 21.7)
    assert found.by_factor_g == pytest.approx(84.63 - 193.95)
    assert found.by_pue_g == pytest.approx(3 * 2 * 21.7 - 84.63)


def test_it_is_a_record_that_holds_and_the_old_ones_stay(ledger: Ledger) -> None:
    before = ledger_path().read_bytes()
    recompute(ledger, find_factor("rte-2023"), 1.3)
    recompute(ledger, find_factor("ecologits"), None)
    assert ledger_path().read_bytes().startswith(before)
    assert [each for each in check_place(ledger_path(), []).found if "~" not in each[0]] == []


def test_what_another_process_adds_meanwhile_is_counted_too(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    append, added = ledger.append, [measured(make_machine(), "ademe-2025", 3, 1000.0)]

    def busy(*entries: Entry, only_after: Head | None = None) -> list[Head]:
        if added:
            append(*added.pop())
        return append(*entries, only_after=only_after)

    monkeypatch.setattr(ledger, "append", busy)
    found, _ = recompute(ledger, find_factor("rte-2024"), None)
    assert found.before.energy_wh == pytest.approx(4000)
    assert [each for each in check_place(ledger_path(), []).found if "~" not in each[0]] == []


def test_without_a_reading_there_is_nothing_to_recompute() -> None:
    with pytest.raises(RecordError, match="none yet"):
        recompute(Ledger(), find_factor(), None)


def test_the_command_explains_the_difference(ledger: Ledger, preuve: Preuve) -> None:
    told = preuve("audit", "recompute", "--factor", "rte-2024", "--pue", "2").out
    assert "Recorded: 194 g CO2e, by ademe-2025 (46.1 g/kWh), ademe-2022 (52 g/kWh), PUE 1.3." in told
    assert "Now:      130 g CO2e, by rte-2024 (21.7 g/kWh), PUE 2." in told
    assert "The factor makes −109 g of the difference, the PUE 45.6 g." in told
    assert "direct emissions only" in told
    told = json.loads(preuve("audit", "recompute", "--pue", "2", "--json").out)
    assert told["factor"]["id"] == "ademe-2025"
    assert told["carbon_g"] == pytest.approx(3 * 2 * 46.1)


@pytest.mark.parametrize(
    ("options", "found"),
    [([], "neither"), (["--factor", "rte"], "'rte'"), (["--pue", "0.9"], "--pue"), (["--pue", "nan"], "--pue")],
)
def test_options_that_make_no_sense_are_refused(ledger: Ledger, preuve: Preuve, options: list[str], found: str) -> None:
    before = ledger_path().read_bytes()
    outcome = preuve("audit", "recompute", *options)
    assert (outcome.status, ledger_path().read_bytes()) == (2, before)
    assert found in outcome.err
