"""What a POC may use: when it is warned, when it is stopped, and what a given reason changes."""

from __future__ import annotations

import pytest

from evaluation.budget import Budget, planned_wh
from evaluation.energy.hardware import Rapl
from evaluation.exceptions import BudgetError
from evaluation.run import Protocol
from tests.records import make_hardware, make_machine, make_reading

WINDOW = make_reading(cpu_wh=40.0, ram_wh=60.0)


def begun(budget: Budget, spent_wh: float, planned: float = 0.0) -> list[str]:
    """What somebody is told when a campaign begins, and from then on."""
    told: list[str] = []
    budget.begin(spent_wh, planned, told.append)
    return told


def test_a_reason_is_used_once_the_ceiling_is_in_the_way() -> None:
    budget = Budget(100.0, reason="last check")
    begun(budget, 10.0)
    used = []
    for reading in (make_reading(cpu_wh=40.0, ram_wh=49.0), make_reading(cpu_wh=1.0, ram_wh=1.0)):
        budget.charge(reading)
        used.append(budget.reason_used)
    assert used == [None, "last check"]
    planned = Budget(100.0, reason="last check")
    begun(planned, 10.0, planned=91.0)
    assert planned.reason_used == "last check"


PROTOCOL = Protocol(rounds=5, window_s=7.2, threads=2)


def test_a_campaign_needs_its_windows_as_they_would_be_read_with_its_threads_busy() -> None:
    # What a wall meter shows of the idle machine is not what is charged: a tenth of 100 W and the memory are.
    machine = make_machine(make_hardware(cores=4), {"idle_w": 120.0, "host_tdp_w": 100.0, "ram_w": 10.0})
    # 3.6 s at 20 W; 2 trials x (5 rounds x 7.2 s + 1.8 s) at 20 W and nine tenths of 100 W times the third power of a half.
    assert planned_wh(PROTOCOL, 2, machine, idle_s=3.6, latency_s=1.8) == pytest.approx((3.6 * 20 + 2 * 37.8 * 31.25) / 3600)


def test_what_a_counter_will_show_the_declared_watts_of_a_core_say_about() -> None:
    counted = make_hardware(cores=4, rapl=Rapl(state="readable", domains=("package-0",)))
    machine = make_machine(counted, {"host_tdp_w": 100.0, "ram_w": 10.0, "watts_per_busy_core": 15.0})
    assert planned_wh(PROTOCOL, 2, machine, idle_s=3.6, latency_s=1.8) == pytest.approx((3.6 * 20 + 2 * 37.8 * 50) / 3600)


def test_more_threads_than_cores_keep_no_more_than_those_busy() -> None:
    machine = make_machine(make_hardware(cores=2), {"host_tdp_w": 100.0, "ram_w": 10.0})
    assert machine.expected_w(2) == machine.expected_w(8) == pytest.approx(110.0)


@pytest.mark.parametrize(
    ("spent_wh", "told"),
    [
        (0.0, []),
        (699.9, []),
        (700.0, ["This POC has used 0.700 kWh of the 1.00 kWh that its goals allow for its development (70 %)."]),
        (999.0, ["This POC has used 0.999 kWh of the 1.00 kWh that its goals allow for its development (> 99 %)."]),
    ],
)
def test_a_warning_comes_from_seven_tenths_on(spent_wh: float, told: list[str]) -> None:
    assert begun(Budget(1000.0), spent_wh) == told


def test_a_warning_comes_once_also_while_a_campaign_is_under_way() -> None:
    budget = Budget(1000.0)
    told = begun(budget, 550.0)
    seen = []
    for _ in range(3):
        budget.charge(WINDOW)
        seen.append(list(told))
    warning = "This POC has used 0.750 kWh of the 1.00 kWh that its goals allow for its development (75 %)."
    assert seen == [[], [warning], [warning]]


def test_a_window_that_was_charged_unheard_is_heard_of_later() -> None:
    budget = Budget(1000.0)
    begun(budget, 950.0)
    budget.check()
    budget.spent_wh += 100.0
    with pytest.raises(BudgetError, match=r"1\.05 kWh used"):
        budget.check()


def test_a_campaign_that_just_reaches_the_ceiling_begins() -> None:
    budget = Budget(1000.0)
    begun(budget, 600.0, planned=400.0)
    assert budget.spent_wh == 600.0


def test_a_campaign_that_would_pass_the_ceiling_does_not_begin() -> None:
    with pytest.raises(BudgetError) as refused:
        begun(Budget(1000.0), 600.0, planned=401.0)
    assert refused.value.as_dict() == {
        "expected": "at most 1.00 kWh for the POC's whole development (development_kwh)",
        "found": (
            "0.600 kWh used so far, and this campaign needs about 0.401 kWh, its fits not counted: fewer rounds, candidates or "
            "seeds need less"
        ),
        "where": "goals.toml, [goal.development_kwh]",
        "remedy": 'stop here, or go on and record why: preuve run ... --over-budget "reason"',
    }


def test_a_window_that_passes_the_ceiling_ends_the_campaign_and_is_counted() -> None:
    budget = Budget(1000.0)
    begun(budget, 800.0)
    budget.charge(WINDOW)
    budget.charge(WINDOW)  # exactly the ceiling
    with pytest.raises(BudgetError, match=r"1\.10 kWh used, this campaign included; it is closed after its last window"):
        budget.charge(WINDOW)
    assert budget.spent_wh == 1100.0


def test_with_a_reason_a_campaign_goes_on_and_is_warned_all_the_same() -> None:
    budget = Budget(1000.0, reason="the jury asked for it")
    assert begun(budget, 1500.0, planned=10.0) == [
        "This POC has used 1.50 kWh of the 1.00 kWh that its goals allow for its development (150 %)."
    ]
    budget.charge(WINDOW)
    assert budget.spent_wh == 1600.0


def test_without_a_ceiling_nothing_is_said_and_nothing_is_stopped() -> None:
    budget = Budget(None)
    assert begun(budget, 1e9, planned=1e9) == []
    budget.charge(WINDOW)


def test_a_ceiling_of_nothing_stops_everything_but_what_has_a_reason() -> None:
    with pytest.raises(BudgetError, match="0 kWh used so far"):
        begun(Budget(0.0), 0.0, planned=0.1)
    assert begun(Budget(0.0, reason="the jury asked for it"), 5.0, planned=0.1) == [
        "This POC has used 0.00500 kWh of the 0 kWh that its goals allow for its development."
    ]
