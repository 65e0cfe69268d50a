"""Energies that nothing has counted."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation import notes
from evaluation.energy.evidence import EvidenceClass
from evaluation.energy.machine import Machine
from evaluation.judgement.checks import p009_not_counted
from evaluation.run import Campaign
from tests.evaluation.judgement.checks.sound import advice_on, codes, each_reading, sound_campaign
from tests.records import make_calibration, make_component, make_counting_machine, make_machine

SOUND = sound_campaign()


def mixed(ram_share: float, cpu: EvidenceClass = "B", ram: EvidenceClass = "C", machine: Machine | None = None) -> Campaign:
    """The same energies, with so large a part for the memory."""

    def change(reading: Any) -> dict[str, Any]:
        total_wh = reading.energy_wh
        parts = (
            make_component("cpu", total_wh * (1 - ram_share), cpu, "as it is known"),
            make_component("ram", total_wh * ram_share, ram, "a constant"),
        )
        return {"components": parts}

    changes = {"machine": machine} if machine else {}
    return each_reading(SOUND, change).model_copy(update=changes)


@pytest.mark.parametrize(("share", "expected"), [(0.4999, []), (0.51, ["P009"])])
def test_half_of_the_energy_may_be_declared(share: float, expected: list[str]) -> None:
    assert codes(advice_on(mixed(share))) == expected


def test_what_is_declared_is_told_with_its_share() -> None:
    (advice,) = advice_on(mixed(0.72))
    assert str(advice.found) == "72.0 % of the energy is modelled or declared, and not counted"
    assert str(advice.remedy) == "preuve doctor says how to read a counter; with a wall meter: preuve doctor --calibrate METER.CSV"


def test_what_is_only_assumed_is_named_with_the_file_that_mends_it() -> None:
    (advice,) = advice_on(mixed(0.7, machine=make_counting_machine()))
    assert str(advice.found).startswith("70.0 % of the energy is modelled or declared, and not counted")
    assert str(advice.found).endswith("assumed, and declared by nobody: ram_w = 10 W")
    assert str(advice.remedy).startswith("put what they are into machine.toml (ram_w), with the source")


def test_a_model_of_the_cpu_rests_on_its_power_and_the_larger_part_comes_first() -> None:
    modelled = {"cpu": "C", "machine": make_machine()}
    (less,), (more,) = advice_on(mixed(0.3, **modelled)), advice_on(mixed(0.7, **modelled))  # type: ignore[arg-type]
    assert str(less.found).startswith("100 % of the energy")
    assert str(less.found).endswith("host_tdp_w = 8 W, ram_w = 10 W")
    assert str(more.found).endswith("ram_w = 10 W, host_tdp_w = 8 W")
    assert "(host_tdp_w, ram_w)" in str(less.remedy)


def test_only_what_is_assumed_is_named() -> None:
    declared = make_machine(declared={"ram_w": 15.0})
    (advice,) = advice_on(mixed(0.7, cpu="C", machine=declared))
    assert str(advice.found).endswith("declared by nobody: host_tdp_w = 8 W")


def test_a_counter_is_never_called_assumed() -> None:
    (advice,) = advice_on(mixed(0.7, machine=make_counting_machine(declared={"ram_w": 20.0})))
    assert "assumed" not in str(advice.found)


def test_what_a_wall_meter_confirmed_is_no_mere_declaration() -> None:
    assert codes(advice_on(mixed(0.9, cpu="A", ram="A", machine=make_machine(calibration=make_calibration())))) == []


def test_the_notes_beside_a_comparison_draw_the_same_line() -> None:
    assert p009_not_counted.MOSTLY == notes.MOSTLY
