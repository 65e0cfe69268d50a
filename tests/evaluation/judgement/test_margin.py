"""What a candidate adds to the baseline, and what that comes to at scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.energy.evidence import ComponentName, EvidenceClass
from evaluation.energy.factors import find_factor, read_factors
from evaluation.energy.reading import Reading
from evaluation.judgement.comparison import Comparison, compare
from evaluation.judgement.deployment import PerSample
from evaluation.judgement.margin import (
    Extra,
    Margin,
    Part,
    Payback,
    correct_gain,
    margin_of,
    parts_of,
    payback_of,
    per_correct,
    true_factors,
    unpaired_difference,
    widened,
    years_of_service,
)
from evaluation.judgement.scenario import Scenario
from evaluation.judgement.statistics import Interval
from evaluation.metrics import accuracy, macro_f1
from evaluation.run import Campaign
from tests.records import make_campaign, make_component, make_contest, make_deployment, make_reading, make_rounds, make_run

# Two-sided 95 % of Student's t with 1 degree of freedom.
T_1 = 12.706


def contest(right: int = 300, rounds_wh: Sequence[float] = (2.0, 2.0), **changes: Any) -> Comparison:
    """A baseline that answers 200 of 400 rightly for 1 Wh a thousand, and a candidate."""
    counts = {"rules": 200, "linear": right}
    return compare(make_contest(counts, rounds_wh={"rules": [1.0, 1.0], "linear": rounds_wh}, **changes), [accuracy])


def margin(comparison: Comparison, name: str = "linear") -> Margin:
    found = margin_of(comparison, name)
    assert found is not None
    return found


# Correct outcomes and energy


def test_correct_outcomes_are_counted_for_the_functional_unit() -> None:
    # A quarter more of 400 are right: 250 of a thousand.
    found = margin(contest(300)).correct_per_unit
    assert found.value == pytest.approx(250)
    assert found.low is not None
    assert found.high is not None
    assert 200 < found.low < 250 < found.high < 300


def test_the_gain_of_the_other_one_is_the_same_with_its_sign_turned() -> None:
    comparison = contest(300)
    ours, theirs = correct_gain(comparison, "linear", "rules"), correct_gain(comparison, "rules", "linear")
    assert ours is not None
    assert theirs is not None
    assert theirs == pytest.approx((-ours.value, -(ours.high or 0), -(ours.low or 0)))


def test_extra_energy_is_widened_by_how_well_it_is_known() -> None:
    # 1 Wh more in each round, modelled: half to six times that.
    assert margin(contest(rounds_wh=[2.0, 2.0])).extra_wh == pytest.approx((1.0, 0.5, 6.0))


def test_less_energy_is_widened_too() -> None:
    assert margin(contest(rounds_wh=[0.4, 0.4])).extra_wh == pytest.approx((-0.6, -3.6, -0.3))


def test_rounds_that_differ_widen_it_both_ways() -> None:
    # 0 and 2 Wh more: mean 1, standard error 1.
    found = margin(contest(rounds_wh=[1.0, 3.0])).extra_wh
    assert found == pytest.approx((1.0, 6 * (1 - T_1), 6 * (1 + T_1)), rel=1e-3)


def test_of_one_round_the_extra_energy_has_no_ends_and_nothing_follows_for_sure() -> None:
    comparison = compare(make_contest({"rules": 200, "linear": 300}, rounds_wh={"rules": [1.0], "linear": [2.0]}), [accuracy])
    found = margin(comparison)
    assert found.extra_wh == Interval(1.0)
    assert found.wh_per_correct == pytest.approx((0.004, None, None))
    assert not found.wasted


@pytest.mark.parametrize(
    ("extra", "correct", "expected"),
    [
        # More energy: the least of it for the most outcomes, and the other way round.
        (Interval(4, 2, 8), Interval(20, 10, 40), Interval(0.2, 0.05, 0.8)),
        # Less energy: the most saved with the fewest outcomes is the least for each.
        (Interval(-4, -8, -2), Interval(20, 10, 40), Interval(-0.2, -0.8, -0.05)),
        # More or less.
        (Interval(1, -2, 4), Interval(20, 10, 40), Interval(0.05, -0.2, 0.4)),
        # No more energy at all.
        (Interval(0, 0, 0), Interval(20, 10, 40), Interval(0, 0, 0)),
        (Interval(4), Interval(20, 10, 40), Interval(0.2)),
        # Additional outcomes that are not certain, none, and fewer.
        (Interval(4, 2, 8), Interval(20, -10, 40), None),
        (Interval(4, 2, 8), Interval(20, 0, 40), None),
        (Interval(-4, -8, -2), Interval(-20, -40, -10), None),
        (Interval(4, 2, 8), Interval(-20, -40, -10), None),
        (Interval(4, 2, 8), Interval(20), None),
    ],
)
def test_energy_per_additional_correct_outcome_by_hand(extra: Interval, correct: Interval, expected: Interval | None) -> None:
    found = per_correct(extra, correct)
    assert found == (expected and pytest.approx(expected))


ends = st.tuples(st.floats(-100, 100), st.floats(0, 100), st.floats(0, 100)).map(lambda x: Interval(x[0], x[0] - x[1], x[0] + x[2]))


@given(ends, ends, st.floats(0, 1), st.floats(0, 1))
def test_whatever_energy_and_gain_lie_in_their_intervals_the_quotient_lies_in_its_own(
    extra: Interval, correct: Interval, at: float, of: float
) -> None:
    found = per_correct(extra, correct)
    if found is None:
        return
    (_, low_wh, high_wh), (_, fewest, most) = extra, correct
    assert low_wh is not None
    assert high_wh is not None
    assert fewest is not None
    assert most is not None
    true = (low_wh + at * (high_wh - low_wh)) / (fewest + of * (most - fewest))
    assert found.low is not None
    assert found.high is not None
    assert found.low - 1e-9 * abs(found.low) <= true <= found.high + 1e-9 * abs(found.high)


@pytest.mark.parametrize(
    ("right", "rounds_wh", "wasted"),
    [
        (150, [2.0, 2.0], True),
        (300, [2.0, 2.0], False),
        (150, [0.5, 0.5], False),
        (201, [2.0, 2.0], False),
        (150, [1.0, 3.0], False),
    ],
)
def test_energy_is_wasted_where_there_is_certainly_more_of_it_and_certainly_no_further_correct_outcome(
    right: int, rounds_wh: list[float], *, wasted: bool
) -> None:
    assert margin(contest(right, rounds_wh)).wasted is wasted


def test_additional_outcomes_per_additional_watt_hour() -> None:
    assert margin(contest(300, [2.0, 2.0])).correct_per_wh == pytest.approx(250)
    assert margin(contest(300, [0.5, 0.5])).correct_per_wh is None


def test_outcomes_per_watt_hour_have_ends_where_more_energy_is_certain() -> None:
    # 100 more (50 to 200) for 4 Wh more (2 to 8).
    found = Margin(Interval(100, 50, 200), Interval(4, 2, 8), None, wasted=False)
    assert found.correct_per_certain_wh == pytest.approx(Interval(25, 6.25, 100))
    assert replace(found, extra_wh=Interval(4, -1, 8)).correct_per_certain_wh is None


# What differs by component


def test_what_a_component_is_off_by_it_is_off_by_for_both() -> None:
    # Of the CPU 1 Wh more, of the memory 1 Wh less: neither more nor less in all, but 0.5 to 6 times each.
    ours = [make_reading(cpu_wh=2.0, ram_wh=1.0)] * 2
    theirs = [make_reading(cpu_wh=1.0, ram_wh=2.0)] * 2
    found = _margin_of_rounds(ours, theirs).extra_wh
    assert found == pytest.approx((0, 0.5 - 6, 6 - 0.5))


def test_a_gpu_is_known_in_another_way_than_the_baselines_cpu() -> None:
    # A GPU's counter shows 3 Wh, 0.9 to 1.6 times that; 1 Wh more by a CPU's model, 0.5 to 6 times, saves none of it.
    ours = [make_reading(components=(make_component("cpu", 1.0), make_component("gpu", 3.0, "B")))] * 2
    theirs = [make_reading(components=(make_component("cpu", 2.0),))] * 2
    found = _margin_of_rounds(ours, theirs).extra_wh
    assert found == pytest.approx((2, 2.7 - 6, 4.8 - 0.5))


def test_the_wider_bounds_hold_where_a_component_is_known_better_for_one_of_them() -> None:
    def rounds(evidence: EvidenceClass) -> list[Reading]:
        return [make_reading(components=(make_component("cpu", 2.0 if evidence == "B" else 1.0, evidence),))] * 2

    assert _margin_of_rounds(rounds("B"), rounds("C")).extra_wh == pytest.approx((1, 0.5, 6))


def _margin_of_rounds(ours: Sequence[Reading], theirs: Sequence[Reading]) -> Margin:
    rules = make_run("rules", baseline=True, rounds=theirs)
    return margin(compare(make_campaign(rules, make_run(rounds=ours)), [accuracy]))


def test_a_component_has_its_share_and_its_factors() -> None:
    (result,) = compare(make_campaign(make_run(rounds=[make_reading(cpu_wh=1.0, ram_wh=3.0, measured=True)])), [accuracy]).results
    parts = parts_of(result)
    assert parts["cpu"] == pytest.approx((0.25, 0.9, 3.0))
    assert parts["ram"] == pytest.approx((0.75, 0.5, 6.0))
    assert true_factors(result) == pytest.approx((0.25 * 0.9 + 0.75 * 0.5, 0.25 * 3 + 0.75 * 6))


def test_a_component_that_used_nothing_is_no_part() -> None:
    components = (make_component("cpu", 1.0), make_component("gpu", 0.0, "B"))
    (result,) = compare(make_campaign(make_run(rounds=[make_reading(components=components)])), [accuracy]).results
    assert list(parts_of(result)) == ["cpu"]


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (Interval(2, 1, 3), Interval(2, 0.5, 18)),
        (Interval(-2, -3, -1), Interval(-2, -18, -0.5)),
        (Interval(1, -1, 3), Interval(1, -6, 18)),
        (Interval(1), Interval(1)),
        (Interval(0, 0, 0), Interval(0, 0, 0)),
    ],
)
def test_each_end_is_taken_farther_out(interval: Interval, expected: Interval) -> None:
    assert widened(interval, (0.5, 6.0)) == pytest.approx(expected)


# Two campaigns


def two(one: Campaign, other: Campaign) -> Comparison:
    return compare(one, [accuracy], others=[other.model_copy(update={"id": "20261124-100000-bbbb"})])


def test_rounds_of_two_campaigns_are_not_paired_though_they_are_as_many() -> None:
    # In one campaign 1 and 3 Wh, in the other 2 and 4 Wh: paired, exactly 1 Wh more; but they are not the same rounds.
    rules = make_contest({"rules": 200}, rounds_wh={"rules": [1.0, 3.0]})
    linear = make_contest({"linear": 300}, rounds_wh={"linear": [2.0, 4.0]})
    found = margin(two(rules, linear)).extra_wh
    assert found.value == pytest.approx(1)
    # Welch: standard errors 1 and 1, two degrees of freedom, t = 4.303, 1.414 of them.
    assert found.low == pytest.approx(6 * (1 - 4.3027 * 2**0.5), rel=1e-3)


def test_a_candidate_is_held_against_the_baseline_measured_beside_it() -> None:
    one = make_contest({"rules": 200, "linear": 300}, rounds_wh={"rules": [1.0, 1.1], "linear": [2.0, 2.1]})
    other = make_contest({"rules": 100, "svc": 300}, rounds_wh={"rules": [3.0, 3.2], "svc": [4.5, 4.7]})
    found = margin(two(one, other), "svc")
    assert found.extra_wh.value == pytest.approx(1.5)
    assert found.correct_per_unit.value == pytest.approx(500)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([3.0, 5.0], [1.0, 1.0], Interval(3, 3 - T_1, 3 + T_1)),
        ([2.0, 2.0, 2.0], [1.0, 1.0], Interval(1, 1, 1)),
    ],
)
def test_the_difference_of_unpaired_means_by_hand(ours: list[float], theirs: list[float], expected: Interval) -> None:
    assert unpaired_difference(ours, theirs) == pytest.approx(expected, rel=1e-3)


def test_one_measurement_against_others_has_a_difference_without_an_interval() -> None:
    assert unpaired_difference([2.0], [1.0, 1.0]) == Interval(1)


# Where there is no margin


def test_without_a_baseline_there_is_no_margin() -> None:
    assert margin_of(compare(make_contest({"linear": 300}), [accuracy]), "linear") is None


def test_the_baseline_has_no_margin_over_itself() -> None:
    assert margin_of(contest(), "rules") is None


def test_without_a_metric_that_counts_correct_outcomes_there_is_no_margin() -> None:
    campaign = make_contest({"rules": 200, "linear": 300})
    assert margin_of(compare(campaign, [macro_f1]), "linear") is None
    assert margin_of(compare(campaign, [macro_f1, accuracy]), "linear") is not None


def test_a_candidate_that_was_not_measured_has_no_margin() -> None:
    campaign = make_campaign(make_run("rules", baseline=True, rounds=make_rounds(1.0)), make_run("hub", status="failed"))
    assert margin_of(compare(campaign, [accuracy]), "hub") is None


def test_a_hosted_service_has_no_margin_over_what_was_measured() -> None:
    hosted = [make_reading(components=(make_component("cpu", 0.1, "D"),), round_number=number) for number in (1, 2)]
    rules = make_run("rules", baseline=True, rounds=make_rounds(1.0, 1.0))
    assert margin_of(compare(make_campaign(rules, make_run("hosted", rounds=hosted)), [accuracy]), "hosted") is None


# At scale

SCENARIO = Scenario(make_deployment(), find_factor("ademe-2025"), read_factors(), 1000)


def test_years_are_those_of_three_volumes_and_three_rebounds() -> None:
    result = contest().result("linear")
    found = years_of_service(result, SCENARIO)
    assert [(year.volume, year.rebound, year.service.requests) for year in found] == [
        ("low", 1, 15_000), ("low", 3, 45_000), ("low", 10, 150_000),
        ("central", 1, 60_000), ("central", 3, 180_000), ("central", 10, 600_000),
        ("high", 1, 145_000), ("high", 3, 435_000), ("high", 10, 1_450_000),
    ]  # fmt: skip


def test_a_rebound_multiplies_what_the_requests_take_and_not_what_is_reserved() -> None:
    result = replace(contest().result("linear"), per_sample=PerSample(0.001, 0.001, 1024))
    once, thrice, _ = (year.service for year in years_of_service(result, SCENARIO)[3:6])
    # 60 000 x 0.001 Wh x 1.5, and the 1/128 of a server that idles at 120 W all year.
    assert once.active_kwh == pytest.approx(0.09)
    assert thrice.active_kwh == pytest.approx(0.27)
    assert once.reserved_kwh == thrice.reserved_kwh == pytest.approx(12.31875)
    assert once.embodied_kg_co2e == thrice.embodied_kg_co2e == pytest.approx(900 / 4 / 128)


def test_there_is_no_year_of_service_without_a_deployment_or_an_idle_machine() -> None:
    result = contest().result("linear")
    assert years_of_service(result, replace(SCENARIO, deployment=None)) == []
    assert years_of_service(replace(result, per_sample=None), SCENARIO) == []


def test_training_is_paid_back_after_so_many_requests() -> None:
    # 250 more right of a thousand save 3.3 Wh each, less 1 Wh more energy: 0.824 Wh a request. Training took 1 Wh.
    found = payback_of(contest(300, [2.0, 2.0]), "linear", 3.3)
    assert found is not None
    assert found.training_wh == pytest.approx(1.0)
    assert found.saved_wh == pytest.approx(0.824)
    assert found.requests == pytest.approx(1 / 0.824)


def test_where_nothing_is_said_of_corrections_only_less_energy_pays_back() -> None:
    more, less = (payback_of(contest(300, rounds_wh), "linear", None) for rounds_wh in ([2.0, 2.0], [0.5, 0.5]))
    assert more is not None
    assert (more.correction_wh, more.requests) == (0, None)
    assert less is not None
    assert less.requests == pytest.approx(1 / 0.0005)


def test_what_answers_worse_and_takes_more_is_never_paid_back() -> None:
    found = payback_of(contest(150, [2.0, 2.0]), "linear", 3.3)
    assert found is not None
    assert found.saved_wh < 0
    assert found.requests is None


def test_training_that_was_too_short_to_measure_is_paid_back_nobody_knows_when() -> None:
    assert Payback(None, 0.8, 3.3).requests is None


def test_what_saves_nothing_pays_nothing_back() -> None:
    assert Payback(1.0, 0.0, 3.3).requests is None


def test_without_a_margin_there_is_nothing_to_pay_back() -> None:
    assert payback_of(compare(make_contest({"linear": 300}), [accuracy]), "linear", 3.3) is None


# The interval of the extra energy


rounds_of_both = st.lists(
    st.tuples(st.floats(0.1, 5), st.floats(0.1, 5), st.floats(0.1, 5), st.floats(0.1, 5)), min_size=2, max_size=5
)


@given(rounds_of_both, st.floats(0.5, 6), st.floats(0.5, 6))
def test_whatever_each_component_is_off_by_the_extra_energy_holds_that_of_the_rounds(
    rounds: list[tuple[float, float, float, float]], cpu_factor: float, ram_factor: float
) -> None:
    ours: dict[ComponentName, list[float]] = {"cpu": [each[0] for each in rounds], "ram": [each[1] for each in rounds]}
    theirs: dict[ComponentName, list[float]] = {"cpu": [each[2] for each in rounds], "ram": [each[3] for each in rounds]}
    extra = Extra(ours, theirs, {"cpu": Part(0.5, 0.5, 6.0), "ram": Part(0.5, 0.5, 6.0)}, paired=True)
    found = extra.interval()
    true = extra._with({"cpu": cpu_factor, "ram": ram_factor}, None)
    assert found.low is not None
    assert found.high is not None
    assert true.low is not None
    assert true.high is not None
    assert found.low - 1e-9 <= true.low <= true.high <= found.high + 1e-9


def test_more_rounds_of_the_same_kind_narrow_it_as_a_t_interval_narrows() -> None:
    rules, linear = contest(rounds_wh=[1.0, 3.0]).results
    extra = Extra.of(linear, rules)
    # Standard deviation √2; with eight rounds the standard error is 0.5 and t 2.3646.
    assert extra.interval(rounds=8).high == pytest.approx(6 * (1 + 2.3646 / 2), rel=1e-3)
