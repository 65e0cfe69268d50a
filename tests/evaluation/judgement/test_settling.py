"""What would settle a goal: each number is tried out by measuring that much more of the same."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluation.judgement.comparison import CandidateResult, compare
from evaluation.judgement.margin import Extra, parts_of, per_correct, true_factors, widened
from evaluation.judgement.quality import worst_served
from evaluation.judgement.settling import (
    MOST_SAMPLES,
    better_energy,
    better_margin,
    certainly_above,
    more_samples,
    more_samples_of_groups,
    plain,
    rounded_up,
    rounds_needed,
    samples_if_all_right,
    samples_to_clear,
    samples_to_decide,
    ways_to_know,
)
from evaluation.judgement.statistics import Interval, interval_of_mean_share, mean_interval, positive_interval, share_interval
from evaluation.messages import Message
from evaluation.metrics import accuracy
from evaluation.run import Run
from tests.records import (
    make_calibration,
    make_campaign,
    make_component,
    make_contest,
    make_counting_machine,
    make_hardware,
    make_machine,
    make_reading,
    make_rounds,
    make_run,
)

ROUNDS = "{rounds} rounds of {window} s"
COUNTER = "an energy counter that can be read (`preuve doctor` says how)"
METER = "a calibration against a wall meter (`preuve doctor --calibrate`)"


def share(right: int, samples: int) -> Interval:
    """Wilson's interval of a share, as the score of a metric has it."""
    value = right / samples
    return share_interval(value, (value * (1 - value) / samples) ** 0.5, samples)


def holds(interval: Interval, bound: float) -> bool:
    assert interval.low is not None
    assert interval.high is not None
    return interval.low < bound <= interval.high


def between(interval: Interval, place: float) -> float:
    """A bound in the interval: 0 is its lower end, 1 its upper one."""
    assert interval.low is not None
    assert interval.high is not None
    return interval.low + place * (interval.high - interval.low)


def figure(message: Message, name: str) -> float:
    value = message.figures[name]
    assert isinstance(value, int | float)
    return value


def only(messages: Sequence[Message]) -> Message:
    (message,) = messages
    return message


# Samples


@settings(deadline=None)
@given(st.integers(20, 2000), st.floats(0.02, 0.98), st.floats(0.0, 1.0))
def test_a_score_clears_its_bound_with_so_many_more_samples_and_not_with_half_of_them(
    samples: int, value: float, place: float
) -> None:
    found = share(round(samples * value), samples)
    bound = between(found, place)
    assume(holds(found, bound))
    messages = list(more_samples(found, bound, samples, share=True))
    assume(messages)
    more = figure(only(messages), "samples")

    def with_more(number: float) -> Interval:
        total = samples + number
        return share_interval(found.value, (found.value * (1 - found.value) / total) ** 0.5, round(total))

    assert not holds(with_more(1.3 * more + 1), bound)
    assert more <= 20 or holds(with_more(more / 2), bound)


def test_the_samples_of_a_difference_worked_out_by_hand() -> None:
    # Half a width of 0.06 must become 0.03: four times the samples, 1 600 of them and 1 200 more; Student's t is hardly less then.
    found = only(list(more_samples(Interval(0.06, 0.0, 0.12), 0.03, 400)))
    assert str(found) == "about 1 200 more test samples"
    assert samples_to_clear(Interval(0.06, 0.0, 0.12), 0.03, 400) == pytest.approx(1600, rel=0.02)


def test_towards_a_miss_it_is_the_upper_half_that_must_be_narrower() -> None:
    # From 0.02 up to 0.04 it is 0.02, and must be 0.01 at most: four times 400.
    assert samples_to_clear(Interval(0.02, -0.4, 0.04), 0.03, 400) == pytest.approx(1600, rel=0.02)


def test_a_value_at_the_bound_takes_no_number_of_samples() -> None:
    assert samples_to_clear(Interval(0.03, 0.0, 0.06), 0.03, 400) == float("inf")
    assert list(more_samples(Interval(0.03, 0.0, 0.06), 0.03, 400)) == []


def test_more_samples_than_anybody_would_collect_are_not_proposed() -> None:
    assert samples_to_clear(Interval(0.0301, 0.0, 0.06), 0.03, 400) > MOST_SAMPLES
    assert list(more_samples(Interval(0.0301, 0.0, 0.06), 0.03, 400)) == []


def test_an_interval_without_ends_tells_no_number() -> None:
    assert list(more_samples(Interval(0.5), 0.6, 1)) == []


def test_what_takes_more_samples_for_another_reason_takes_these() -> None:
    found = only(list(more_samples(Interval(0.06, 0.04, 0.08), 0.03, 400, at_least=900)))
    assert figure(found, "samples") == 500


def test_a_difference_is_decisive_once_its_statistic_is_large_enough() -> None:
    # p = 0.0455 is 2 standard errors; corrected for ten tests it must be 0.005, 2.807 of them: (2.807 / 2)² = 1.97 times as many.
    assert samples_to_decide(0.0455, 0.455, 10, 100) == pytest.approx(197, rel=0.01)


def test_where_the_correction_came_to_one_all_tests_are_corrected_for() -> None:
    assert samples_to_decide(0.2, 1.0, 10, 100) == pytest.approx(100 * (2.807 / 1.2816) ** 2, rel=0.01)


def test_what_is_decisive_takes_no_more_samples_and_what_shows_no_difference_takes_no_number() -> None:
    assert samples_to_decide(0.001, 0.01, 10, 100) == 0
    assert samples_to_decide(1.0, 1.0, 10, 100) == float("inf")


# Samples of groups


def of_groups(**rights: tuple[int, int]) -> tuple[np.ndarray[Any, np.dtype[np.float64]], list[str]]:
    """Answers, and their groups: by group how many of how many are right."""
    right = [float(place < count) for count, samples in rights.values() for place in range(samples)]
    return np.asarray(right), [name for name, (_, samples) in rights.items() for _ in range(samples)]


def groups_settled(rights: dict[str, tuple[int, int]], more: dict[str, float], floor: float) -> bool:
    """Whether the worst served group is clearly on one side, with so many more samples of each that are right as often."""
    many = {
        name: (count * (1 + more.get(name, 0) / samples), samples + more.get(name, 0)) for name, (count, samples) in rights.items()
    }
    right, groups = of_groups(**{name: (round(count), round(samples)) for name, (count, samples) in many.items()})
    worst = worst_served(right, groups)
    assert worst is not None
    return not holds(worst.interval, floor)


@pytest.mark.parametrize(
    "rights", [{"a": (18, 25), "b": (90, 100)}, {"a": (14, 20)}, {"a": (26, 40), "b": (27, 40), "c": (39, 40)}]
)
def test_so_many_more_samples_of_the_groups_that_are_open_show_that_all_are_served(rights: dict[str, tuple[int, int]]) -> None:
    floor = 0.6
    right, groups = of_groups(**rights)
    assert not groups_settled(rights, {}, floor)
    message = only(list(more_samples_of_groups(right, groups, floor)))
    open_groups = [name for name, (count, samples) in rights.items() if (share(count, samples).low or 0) < floor]
    assert message.figures.get("groups", 1) == len(open_groups)
    total = figure(message, "samples")
    most = figure(message, "most") if "most" in message.figures else total
    assert groups_settled(rights, dict.fromkeys(open_groups, 1.3 * most), floor)
    assert not groups_settled(rights, {str(message.figures["group"]): most / 2}, floor)


def test_one_group_that_is_certainly_below_settles_it_so_the_one_that_takes_least_is_named() -> None:
    rights = {"far": (10, 20), "near": (58, 100), "well": (99, 100), "open": (7, 10)}
    right, groups = of_groups(**rights)
    message = only(list(more_samples_of_groups(right, groups, 0.6)))
    assert message.figures["group"] == "far"
    more = figure(message, "samples")
    assert groups_settled(rights, {"far": 1.2 * more}, 0.6)
    assert not groups_settled(rights, {"far": more / 2}, 0.6)


def test_a_group_at_the_floor_itself_takes_no_number_even_where_others_would() -> None:
    right, groups = of_groups(a=(6, 10), b=(7, 10))
    assert list(more_samples_of_groups(right, groups, 0.6)) == []


def test_a_mean_over_seeds_takes_fewer_samples_than_a_share_for_it_varies_less() -> None:
    def settled(pairs: int) -> bool:
        return not holds(interval_of_mean_share(np.tile([0.5, 1.0], pairs)), 0.6)

    # Each second sample is right with one seed of two.
    assert not settled(5)
    more = figure(only(list(more_samples_of_groups(np.tile([0.5, 1.0], 5), ["a"] * 10, 0.6))), "samples")
    assert settled(5 + round(1.3 * more / 2))
    assert not settled(5 + int(more / 4))
    # A share of three quarters takes some fifty.
    assert more < samples_to_clear(share(750, 1000), 0.6, 1000) < 60


def test_a_group_without_samples_takes_so_many_if_all_are_answered_rightly() -> None:
    number = samples_if_all_right(0.6)
    assert number is not None
    assert (share_interval(1.0, 0.0, number).low or 0) >= 0.6 > (share_interval(1.0, 0.0, number - 1).low or 0)


def test_no_number_of_samples_shows_that_all_are_right() -> None:
    assert samples_if_all_right(1.0) is None


# Energy


def measured(*runs: Run, **changes: Any) -> CandidateResult:
    (found,) = compare(make_campaign(*runs, **changes), [accuracy]).results
    return found


def in_rounds(*energies_wh: float, **changes: Any) -> CandidateResult:
    return measured(make_run(rounds=make_rounds(*energies_wh)), **changes)


def value_of(result: CandidateResult) -> Interval:
    assert result.energy_wh is not None
    return widened(result.energy_wh, true_factors(result))


def energies(message: Sequence[Message], template: str) -> list[Message]:
    return [each for each in message if each.template == template]


@settings(deadline=None)
@given(st.lists(st.floats(0.5, 2.0), min_size=2, max_size=8), st.floats(0.001, 0.999))
def test_so_many_rounds_leave_the_bound_outside_and_one_fewer_does_not(rounds_wh: list[float], place: float) -> None:
    assume(max(rounds_wh) / min(rounds_wh) > 1.01)
    factors = (0.5, 6.0)
    found = widened(positive_interval(rounds_wh), factors)
    # Near the ends there are rounds that do; in the middle the evidence leaves it open.
    bound = between(found, place * 0.1 if place < 0.5 else 1 - (1 - place) * 0.5)
    assume(holds(found, bound))
    rounds = rounds_needed(rounds_wh, factors, bound)
    assume(rounds is not None)
    assert rounds is not None
    assert rounds > len(rounds_wh)
    logarithms = mean_interval([log(each) for each in rounds_wh])
    spread = float(np.std([log(each) for each in rounds_wh], ddof=1))

    def with_rounds(number: int) -> Interval:
        # The same mean and the same standard deviation.
        half = spread * ((number - 1) / number) ** 0.5
        again = [logarithms.value + half * (-1) ** place for place in range(number - number % 2)] + [logarithms.value] * (
            number % 2
        )
        scale = spread / float(np.std(again, ddof=1))
        return widened(positive_interval([exp(logarithms.value + scale * (each - logarithms.value)) for each in again]), factors)

    assert not holds(with_rounds(rounds), bound * (1 + 1e-9)) or not holds(with_rounds(rounds), bound * (1 - 1e-9))
    if rounds - 1 > len(rounds_wh):
        assert holds(with_rounds(rounds - 1), bound)


def test_rounds_are_no_help_where_the_evidence_alone_leaves_it_open() -> None:
    assert rounds_needed([1.0, 1.1], (0.5, 6.0), 2.0) is None


def test_one_round_far_from_the_bound_takes_those_of_a_whole_campaign() -> None:
    assert [str(each) for each in better_energy(in_rounds(1.0), 100.0)] == ["5 rounds of 10 s"]


def test_one_round_near_the_bound_takes_rounds_and_better_evidence_together() -> None:
    assert [str(each) for each in better_energy(in_rounds(1.0), 2.0)] == [f"{METER}, and 5 rounds of 10 s"]


def test_noisy_rounds_are_settled_by_more_of_them() -> None:
    # Twice and half: geometric mean 1, and with two rounds no bound near it is certain.
    found = list(better_energy(in_rounds(0.5, 2.0), 12.0))
    rounds = figure(only(energies(found, ROUNDS)), "rounds")
    assert str(found[0]) == f"{rounds} rounds of 10 s"
    again = positive_interval([0.5, 2.0] * (int(rounds) // 2))
    assert again.high is not None
    assert again.high * 6 == pytest.approx(12, rel=0.2)


def test_a_window_of_parts_of_a_second_is_written_with_them() -> None:
    campaign = make_campaign(make_run(rounds=make_rounds(1.0)))
    short = campaign.model_copy(update={"protocol": campaign.protocol.model_copy(update={"window_s": 0.5})})
    (found,) = compare(short, [accuracy]).results
    assert "of 0.500 s" in str(only(list(better_energy(found, 100.0))))


@pytest.mark.parametrize(
    ("bound", "offered"),
    [
        # 1 Wh of which a tenth is the memory's constant: 0.5 to 6 Wh. By a counter 0.86 to 3.3, by a wall meter 0.95 to 1.05.
        (0.8, {COUNTER, METER}),
        (3.5, {COUNTER, METER}),
        (3.2, {METER}),
        (0.9, {METER}),
        (1.1, {METER}),
        (1.0, set()),
    ],
)
def test_counter_and_wall_meter_are_offered_only_where_they_would_do(bound: float, offered: set[str]) -> None:
    rounds = [make_reading(cpu_wh=0.9, ram_wh=0.1, round_number=number) for number in (1, 2, 3)]
    declared = make_machine(declared={"host_tdp_w": 8.0, "ram_w": 20.0})
    found = {str(each) for each in better_energy(measured(make_run(rounds=rounds), machine=declared), bound)}
    assert found == offered


def test_a_counter_does_not_help_where_the_memorys_constant_is_most_of_it() -> None:
    rounds = [make_reading(cpu_wh=0.1, ram_wh=0.9, round_number=number) for number in (1, 2, 3)]
    declared = make_machine(declared={"host_tdp_w": 8.0, "ram_w": 20.0})
    # By a counter of the CPU the memory would still leave 0.54 to 5.7 Wh open.
    assert [str(each) for each in better_energy(measured(make_run(rounds=rounds), machine=declared), 3.5)] == [METER]


def test_where_a_counter_is_read_none_is_offered_and_after_a_calibration_nothing() -> None:
    rounds = make_rounds(1.0, 1.0, 1.0, measured=True)
    machine = make_counting_machine(declared={"ram_w": 20.0})
    counted = measured(make_run(rounds=rounds), machine=machine)
    assert [str(each) for each in better_energy(counted, 2.0)] == [METER]
    assert [str(way) for way, _ in ways_to_know(parts_of(counted), counted)] == [METER]
    parts = (make_component("cpu", 0.5, "A"), make_component("ram", 0.5, "A"))
    known = [make_reading(components=parts, calibrated_by=1.4, round_number=number) for number in (1, 2)]
    calibrated = measured(make_run(readings=known), machine=make_machine(calibration=make_calibration()))
    assert list(better_energy(calibrated, 1.0)) == []


def test_a_wall_meter_leaves_the_gpus_part_as_it_is() -> None:
    parts = (make_component("cpu", 0.5), make_component("gpu", 1.0, "B"), make_component("ram", 0.5))
    gpu = measured(make_run(rounds=[make_reading(components=parts, round_number=number) for number in (1, 2)]))
    ((_, counter), (_, meter)) = ways_to_know(parts_of(gpu), gpu)
    assert (counter["gpu"].low, counter["gpu"].high) == pytest.approx((0.9, 1.6))
    assert (meter["gpu"].low, meter["gpu"].high) == pytest.approx((0.9, 1.6))
    assert (meter["cpu"].low, meter["cpu"].high, meter["ram"].low, meter["ram"].high) == (0.95, 1.05, 0.95, 1.05)
    assert (counter["ram"].low, counter["ram"].high) == pytest.approx((0.5, 6))


def test_what_a_hosted_service_uses_no_meter_and_no_declaration_of_ones_own_settles() -> None:
    hosted = [make_reading(components=(make_component("cpu", each, "D"),)) for each in (1.0, 1.01, 0.99)]
    assert list(better_energy(measured(make_run(rounds=hosted)), 2.0)) == []


# Declared powers


def at_tdp(tdp_w: float, cpu_wh: float, ram_wh: float) -> CandidateResult:
    """The same rounds on the same machine, had somebody declared this power of its CPU: what is modelled is proportional to it."""
    hardware = make_hardware()
    assumed = make_machine(hardware).declared.host_tdp_w.value
    rounds = [make_reading(cpu_wh=cpu_wh * wobble * tdp_w / assumed, ram_wh=ram_wh * wobble) for wobble in (0.98, 1.0, 1.02)]
    machine = make_machine(hardware, declared={"host_tdp_w": tdp_w, "ram_w": 20.0})
    return measured(make_run(rounds=rounds), machine=machine)


def undeclared(cpu_wh: float, ram_wh: float) -> CandidateResult:
    rounds = [make_reading(cpu_wh=cpu_wh * wobble, ram_wh=ram_wh * wobble) for wobble in (0.98, 1.0, 1.02)]
    return measured(make_run(rounds=rounds), machine=make_machine(declared={"ram_w": 20.0}))


def test_a_declared_tdp_at_most_as_large_settles_it_and_one_a_tenth_larger_does_not() -> None:
    result = undeclared(0.9, 0.1)
    (message,) = (each for each in better_energy(result, 4.0) if "TDP" in each.template)
    assert message.template == "a declared TDP, if it is at most {most} W or more than {least} W (machine.toml)"
    most, least = figure(message, "most"), figure(message, "least")
    assert not holds(value_of(at_tdp(most, 0.9, 0.1)), 4.0)
    assert holds(value_of(at_tdp(most * 1.1, 0.9, 0.1)), 4.0)
    assert not holds(value_of(at_tdp(least * 1.01, 0.9, 0.1)), 4.0)
    assert holds(value_of(at_tdp(least / 1.1, 0.9, 0.1)), 4.0)


def test_the_declared_tdp_worked_out_by_hand() -> None:
    # 1 Wh of a CPU alone at an assumed 8 W, exactly in each round: 6 times it is 4 Wh or less from 5.33 W down; half of it is
    # more than 4 Wh from 64 W on.
    rounds = [make_reading(cpu_wh=1.0, ram_wh=0.0)] * 3
    result = measured(make_run(rounds=rounds), machine=make_machine(declared={"ram_w": 20.0}))
    assumed = result.campaign.machine.declared.host_tdp_w.value
    (message,) = (each for each in better_energy(result, 4.0) if "TDP" in each.template)
    assert figure(message, "most") == pytest.approx(assumed * 4 / 6, rel=0.01)
    assert figure(message, "most") <= assumed * 4 / 6
    assert figure(message, "least") == pytest.approx(assumed * 8, rel=0.01)
    assert figure(message, "least") >= assumed * 8


def test_a_tdp_is_not_asked_for_where_the_memory_alone_leaves_it_open() -> None:
    # 0.45 to 5.4 Wh are the memory's: no power of the CPU gets below 2 Wh, and only an absurd one above it for sure.
    result = undeclared(0.01, 0.9)
    assert not any("TDP" in each.template for each in better_energy(result, 2.0))


def test_a_declared_power_of_the_memory_settles_it_where_that_is_most_of_it() -> None:
    rounds = [make_reading(cpu_wh=0.1, ram_wh=0.9)] * 3
    result = measured(make_run(rounds=rounds), machine=make_machine(declared={"host_tdp_w": 8.0}))
    assumed = result.campaign.machine.declared.ram_w.value
    (message,) = (each for each in better_energy(result, 4.0) if "memory" in each.template)
    # 6 x (0.1 + 0.9 x) is 4 at x = 0.63, and 0.5 x (0.1 + 0.9 x) at x = 8.8.
    assert figure(message, "most") == pytest.approx(assumed * 0.6296, rel=0.01)
    assert figure(message, "least") == pytest.approx(assumed * 8.778, rel=0.01)


def test_what_is_declared_already_is_not_asked_for_again() -> None:
    rounds = [make_reading(cpu_wh=0.9, ram_wh=0.1)] * 3
    result = measured(make_run(rounds=rounds), machine=make_machine(declared={"host_tdp_w": 8.0, "ram_w": 20.0}))
    assert not any("declared" in each.template for each in better_energy(result, 4.0))


def test_what_a_counter_reads_no_declaration_changes() -> None:
    counted = measured(
        make_run(rounds=make_rounds(1.0, 1.0, 1.0, measured=True)), machine=make_counting_machine(declared={"ram_w": 20.0})
    )
    assert not any("declared" in each.template for each in better_energy(counted, 2.0))


# Additional energy per additional correct outcome


def margin_case(
    right: int, rounds_wh: Sequence[float], samples: int = 400, rules_wh: Sequence[float] = (1.0, 1.0, 1.0, 1.0, 1.0)
) -> tuple[Extra, Interval, CandidateResult]:
    """Against a baseline with half of the answers right."""
    campaign = make_contest(
        {"rules": samples // 2, "linear": right}, samples=samples, rounds_wh={"rules": rules_wh, "linear": rounds_wh}
    )
    comparison = compare(campaign, [accuracy])
    rules, linear = comparison.results
    gain = comparison.between("linear", "rules").quality
    assert gain is not None
    return Extra.of(linear, rules), Interval(*(1000 * end for end in gain if end is not None)), linear


def margin_settled(extra: Interval, correct: Interval, ceiling: float) -> bool:
    found = per_correct(extra, correct)
    return bool(found and found.high is not None and found.high <= ceiling) or certainly_above(extra, correct, ceiling)


def test_a_margin_is_settled_by_the_samples_that_are_named() -> None:
    extra, correct, result = margin_case(210, [2.0, 2.0, 2.0, 2.0, 2.0])
    ceiling = 0.4
    assert not margin_settled(extra.interval(), correct, ceiling)
    message = next(each for each in better_margin(extra, correct, ceiling, 400, result) if "samples" in each.template)
    more = figure(message, "samples")

    def with_more(number: float) -> Interval:
        total = 400 + 2 * round(number / 2)
        return margin_case(round(210 / 400 * total), [2.0] * 5, total)[1]

    assert margin_settled(extra.interval(), with_more(1.3 * more), ceiling)
    assert not margin_settled(extra.interval(), with_more(more / 2), ceiling)


def test_a_margin_is_settled_by_better_evidence_where_the_energy_leaves_it_open() -> None:
    # 1 Wh more, half to six times that, for 100 more of a thousand: 0.005 to 0.06 Wh each, about.
    extra, correct, result = margin_case(240, [2.0] * 5)
    assert not margin_settled(extra.interval(), correct, 0.02)
    found = [str(each) for each in better_margin(extra, correct, 0.02, 400, result)]
    assert found == [METER]


def test_a_margin_is_settled_by_more_rounds_where_these_vary() -> None:
    extra, correct, result = margin_case(300, [2.0, 6.0, 2.0, 5.0, 1.5])
    ceiling = 0.1
    assert not margin_settled(extra.interval(), correct, ceiling)
    rounds = figure(only(energies(list(better_margin(extra, correct, ceiling, 400, result)), ROUNDS)), "rounds")
    assert margin_settled(extra.interval(rounds=int(rounds)), correct, ceiling)
    assert not margin_settled(extra.interval(rounds=int(rounds) - 1), correct, ceiling)


def test_a_margin_that_neither_settles_alone_is_settled_by_both() -> None:
    extra, correct, result = margin_case(205, [2.0] * 5)
    found = [str(each) for each in better_margin(extra, correct, 0.1, 400, result)]
    assert found
    assert all(", and about " in each for each in found)


def test_an_energy_below_the_baselines_takes_only_a_certain_gain() -> None:
    extra, correct, result = margin_case(202, [0.5] * 5)
    assert extra.interval().high is not None
    found = only(list(better_margin(extra, correct, 0.1, 400, result)))
    assert found.template == "about {samples} more test samples"


def test_a_gain_below_zero_with_energy_below_the_baselines_is_settled_by_nothing() -> None:
    # Less energy for fewer correct outcomes: there is no energy per additional one, however many samples there are.
    extra, correct, result = margin_case(198, [0.5] * 5)
    assert holds(correct, 0.0)
    assert list(better_margin(extra, correct, 0.1, 400, result)) == []


# Figures


@pytest.mark.parametrize(
    ("number", "rounded"), [(0.2, 1), (7, 7), (7.1, 8), (9.9, 10), (10, 10), (11, 11), (391.2, 400), (101, 110), (99_999, 100_000)]
)
def test_numbers_of_samples_are_rounded_up_to_two_digits(number: float, rounded: int) -> None:
    assert rounded_up(number) == rounded


def test_a_whole_number_is_written_as_one() -> None:
    assert (repr(plain(10.0)), repr(plain(0.5))) == ("10", "0.5")
