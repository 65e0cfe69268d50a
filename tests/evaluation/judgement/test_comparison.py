"""Candidates of one campaign side by side."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.energy.evidence import EvidenceClass
from evaluation.energy.reading import Reading
from evaluation.judgement.comparison import PARTLY_CALIBRATED, CandidateResult, Comparison, compare, energy_words
from evaluation.judgement.statistics import Interval
from evaluation.metrics import accuracy, macro_f1
from evaluation.run import Run, RunStatus
from tests.records import (
    make_calibration,
    make_campaign,
    make_component,
    make_counting_machine,
    make_predictions,
    make_reading,
    make_rounds,
    make_run,
)

# Two-sided 95 % of Student's t with 1 degree of freedom.
T_1 = 12.706
# 1 Wh in 10 seconds.
IDLE = make_reading("idle", cpu_wh=0.5, ram_wh=0.5, duration_s=10.0, samples=0)


def only_result(*runs: Run, **changes: Any) -> CandidateResult:
    (found,) = compare(make_campaign(*runs, **changes), [accuracy]).results
    return found


def test_the_baseline_comes_first_and_the_others_keep_their_order() -> None:
    campaign = make_campaign(
        make_run("z", rounds=make_rounds(1.0)),
        make_run("a", rounds=make_rounds(1.0)),
        make_run("rules", baseline=True, rounds=make_rounds(1.0)),
    )
    comparison = compare(campaign, [accuracy])
    assert [result.name for result in comparison.results] == ["rules", "z", "a"]
    assert comparison.baseline is comparison.results[0]


def test_energy_is_quoted_for_the_functional_unit() -> None:
    # 2 Wh for 500 samples in one round and 8 Wh in the next are 4 and 16 Wh a thousand. Their logarithms have the mean ln 8 and the
    # standard error ln 2.
    result = only_result(make_run(rounds=make_rounds(2.0, 8.0, samples=500)), unit_size=1000)
    assert result.energy_wh == pytest.approx((8, 8 / 2**T_1, 8 * 2**T_1), rel=1e-3)


def test_one_round_has_an_energy_without_an_interval() -> None:
    assert only_result(make_run(rounds=make_rounds(2.0))).energy_wh == pytest.approx((2, None, None))


def test_energy_is_compared_with_the_baselines_round_by_round() -> None:
    # The machine needs ten times more in the second round. Twice the baseline's it is in each.
    campaign = make_campaign(
        make_run("rules", baseline=True, rounds=make_rounds(1.0, 10.0, 3.0)),
        make_run("linear", rounds=make_rounds(2.0, 20.0, 6.0)),
    )
    rules, linear = compare(campaign, [accuracy]).results
    assert linear.ratio == pytest.approx((2, 2, 2))
    assert rules.ratio is None


def test_ratio_does_not_depend_on_how_many_samples_fit_into_a_window() -> None:
    campaign = make_campaign(
        make_run("rules", baseline=True, rounds=make_rounds(1.0, 1.0, samples=9000)),
        make_run("linear", rounds=make_rounds(1.0, 1.0, samples=3000)),
    )
    assert compare(campaign, [accuracy]).results[1].ratio == pytest.approx((3, 3, 3))


def test_without_a_baseline_there_is_no_ratio() -> None:
    comparison = compare(make_campaign(make_run(rounds=make_rounds(1.0, 2.0))), [accuracy])
    assert comparison.baseline is None
    assert comparison.results[0].ratio is None


def test_rounds_that_do_not_pair_up_have_no_ratio() -> None:
    campaign = make_campaign(
        make_run("rules", baseline=True, rounds=make_rounds(1.0, 1.0, 1.0)), make_run("linear", rounds=make_rounds(1.0, 1.0))
    )
    linear = compare(campaign, [accuracy]).results[1]
    assert linear.ratio is None
    assert linear.energy_wh is not None


def test_a_baseline_that_failed_leaves_the_others_without_a_ratio() -> None:
    campaign = make_campaign(
        make_run("rules", baseline=True, status="failed", reason="ValueError", rounds=make_rounds(1.0)),
        make_run("linear", rounds=make_rounds(1.0)),
    )
    comparison = compare(campaign, [accuracy])
    assert comparison.baseline is None
    assert comparison.results[1].ratio is None


@pytest.mark.parametrize("status", ["unavailable", "failed", "interrupted"])
def test_a_candidate_that_did_not_finish_says_why_and_has_no_numbers(status: RunStatus) -> None:
    run = make_run("hub", status=status, reason="no network", remedy="connect", rounds=make_rounds(1.0, 2.0))
    assert only_result(run) == CandidateResult("hub", baseline=False, status=status, seeds=0, reason="no network", remedy="connect")


def test_seeds_are_averaged_in_each_round() -> None:
    # Round 1 took 1 and 3 Wh, round 2 took 4 and 12: 2 and 8 on average, whose logarithms have the mean ln 4, standard error ln 2.
    result = only_result(make_run(seed=0, rounds=make_rounds(1.0, 4.0)), make_run(seed=1, rounds=make_rounds(3.0, 12.0)))
    assert result.energy_wh == pytest.approx((4, 4 / 2**T_1, 4 * 2**T_1), rel=1e-3)
    assert result.seeds == 2


def test_scores_are_averaged_over_the_seeds() -> None:
    right, half = make_predictions("abab", "abab"), make_predictions("abab", "abba")
    result = only_result(
        make_run(seed=0, predictions=right, rounds=make_rounds(1.0)), make_run(seed=1, predictions=half, rounds=make_rounds(1.0))
    )
    assert result.scores["accuracy"].value == 0.75


def test_a_seed_that_failed_counts_for_nothing() -> None:
    result = only_result(
        make_run(seed=0, rounds=make_rounds(1.0, 1.0)),
        make_run(seed=1, rounds=make_rounds(9.0), status="failed", reason="ValueError", predictions=()),
    )
    assert (result.status, result.seeds, result.energy_wh) == ("finished", 1, Interval(1, 1, 1))


def test_energy_to_fit_is_the_mean_over_the_seeds() -> None:
    fits = [make_reading("fit", cpu_wh=energy, ram_wh=1.0, duration_s=seconds) for energy, seconds in ((1.0, 2.0), (4.0, 5.0))]
    result = only_result(*(make_run(seed=seed, readings=(fit, *make_rounds(1.0))) for seed, fit in enumerate(fits)))
    assert result.fit_energy_wh == pytest.approx(3.5)
    assert result.fit_duration_s == pytest.approx(3.5)


@pytest.mark.parametrize(("duration_s", "energy_wh"), [(0.49, None), (0.5, 1.0)])
def test_a_fit_too_short_to_be_measured_has_a_duration_but_no_energy(duration_s: float, energy_wh: float | None) -> None:
    result = only_result(make_run(readings=(make_reading("fit", duration_s=duration_s), *make_rounds(1.0))))
    assert result.fit_energy_wh == energy_wh
    assert result.fit_duration_s == duration_s


def test_time_is_quoted_for_a_sample() -> None:
    # 2.5 ms in one round and 5 ms in the other.
    rounds = [make_reading(duration_s=10.0, samples=4000), make_reading(duration_s=10.0, samples=2000)]
    assert only_result(make_run(rounds=rounds)).ms_per_sample == pytest.approx(3.75)


def test_the_mix_is_the_mean_share_of_each_component() -> None:
    # A quarter and a half are the CPU's: their mean, whatever energy the rounds had.
    rounds = [make_reading(cpu_wh=1.0, ram_wh=3.0), make_reading(cpu_wh=5.0, ram_wh=5.0)]
    assert only_result(make_run(rounds=rounds)).mix == pytest.approx({"cpu": 0.375, "ram": 0.625})


def test_a_component_that_a_window_lacks_has_no_share_of_it() -> None:
    parts = (make_component("cpu", 1.0), make_component("gpu", 2.0, "B"), make_component("ram", 1.0))
    rounds = [make_reading(components=parts), make_reading(cpu_wh=1.0, ram_wh=3.0)]
    assert only_result(make_run(rounds=rounds)).mix == pytest.approx({"cpu": 0.25, "gpu": 0.25, "ram": 0.5})


def test_the_true_energy_lies_between_the_bounds_of_its_components() -> None:
    # 2 Wh and 4 Wh for 500 samples are 4 and 8 Wh a thousand, geometric mean √32; modelled: half to six times that.
    rounds = [make_reading(cpu_wh=1.0, ram_wh=1.0, samples=500), make_reading(cpu_wh=3.0, ram_wh=1.0, samples=500)]
    assert only_result(make_run(rounds=rounds)).true_wh == pytest.approx((0.5 * 32**0.5, 6 * 32**0.5))


def test_a_counter_narrows_the_bounds_of_its_own_component_alone() -> None:
    # 0.9 to 3 times the CPU's 2 Wh, and 0.5 to 6 times the memory's 1 Wh.
    rounds = [make_reading(cpu_wh=2.0, ram_wh=1.0, measured=True)]
    assert only_result(make_run(rounds=rounds)).true_wh == pytest.approx((2.3, 12))


@pytest.mark.parametrize(("ram_wh", "evidence"), [(0.5, "C"), (0.04, "B")])
def test_evidence_is_that_of_the_worst_part_that_matters(ram_wh: float, evidence: str) -> None:
    rounds = [make_reading(cpu_wh=1.0, ram_wh=ram_wh, measured=True)]
    assert only_result(make_run(rounds=rounds)).evidence == evidence


def test_evidence_is_that_of_the_worst_round() -> None:
    rounds = [make_reading(cpu_wh=1.0, ram_wh=ram_wh, measured=True) for ram_wh in (0.04, 0.5, 0.04)]
    assert only_result(make_run(rounds=rounds)).evidence == "C"


def test_a_calibrated_machines_evidence_is_the_best() -> None:
    parts = (make_component("cpu", 1.0, "A"), make_component("ram", 3.0, "A"))
    result = only_result(make_run(rounds=[make_reading(components=parts)]))
    assert result.evidence == "A"
    assert result.true_wh == pytest.approx((3.8, 4.2))


def test_energy_above_idle_leaves_out_what_the_machine_uses_anyhow() -> None:
    # Idle takes 0.1 Wh a second. 3 Wh in 10 s are 2 above it, 3.5 Wh in 5 s are 3: for 500 samples, so 4 and 6 Wh a thousand.
    # Mean 5, standard error 1.
    rounds = [
        make_reading(cpu_wh=1.0, ram_wh=2.0, duration_s=10.0, samples=500, cpu_seconds=5.0),
        make_reading(cpu_wh=1.5, ram_wh=2.0, duration_s=5.0, samples=500, cpu_seconds=2.0),
    ]
    result = only_result(make_run(rounds=rounds), readings=[IDLE])
    assert result.above_idle_wh == pytest.approx((5, 5 - T_1, 5 + T_1), abs=1e-3)
    # Of one answer: 4 and 6 mWh; 10 and 4 ms of a core.
    assert result.per_sample is not None
    assert result.per_sample.energy_above_idle_wh == pytest.approx(0.005)
    assert result.per_sample.cpu_seconds == pytest.approx(0.007)


def test_idle_is_the_last_reading_of_it_that_counts() -> None:
    # 100 Wh of a window that was disturbed and repeated, and 100 Wh of one that cannot be read, stand beside the 1 Wh that counts.
    loud = [make_reading("idle", cpu_wh=100.0, outcome=outcome) for outcome in ("repeated", "unreadable")]
    result = only_result(make_run(rounds=make_rounds(3.0)), readings=[loud[0], IDLE, loud[1]])
    assert result.above_idle_wh == Interval(2)


@pytest.mark.parametrize("readings", [[], [make_reading("idle", outcome="cut short")]])
def test_where_the_idle_machine_was_not_measured_nothing_is_above_it(readings: list[Reading]) -> None:
    result = only_result(make_run(rounds=make_rounds(3.0), peak_memory_mib=100.0), readings=readings)
    assert (result.above_idle_wh, result.per_sample) == (None, None)


def test_a_second_estimate_puts_cpu_seconds_in_place_of_the_model() -> None:
    # 1 Wh of the memory in both, and of the CPU 1 against 3 by the model, 1 against 5 by its seconds: ratios 4 / 2 and 6 / 2.
    campaign = make_campaign(
        make_run("rules", baseline=True, rounds=[make_reading(cpu_wh=1.0, ram_wh=1.0, cpu_estimate_wh=1.0)]),
        make_run("linear", rounds=[make_reading(cpu_wh=3.0, ram_wh=1.0, cpu_estimate_wh=5.0)]),
    )
    rules, linear = compare(campaign, [accuracy]).results
    assert linear.ratio == pytest.approx((2, None, None))
    assert linear.second_ratio == pytest.approx((3, None, None))
    assert rules.second_ratio is None


def test_where_a_counter_is_read_there_is_no_second_estimate() -> None:
    runs = (
        make_run("rules", baseline=True, rounds=make_rounds(1.0, measured=True)),
        make_run(rounds=make_rounds(2.0, measured=True)),
    )
    linear = compare(make_campaign(*runs, machine=make_counting_machine()), [accuracy]).results[1]
    assert linear.ratio == pytest.approx((2, None, None))
    assert linear.second_ratio is None


def test_a_calibration_that_covers_some_windows_only_is_left_out_of_the_comparison() -> None:
    # 360 and 720 W over 10 s, of which the first was compared with the meter: 1.4 Wh were recorded of 1 Wh.
    machine = make_counting_machine(calibration=make_calibration(), declared={"ram_w": 180.0})

    def rounds(cpu_wh: float, *, calibrated: bool) -> list[Reading]:
        factor = 1.4 if calibrated else 1.0
        evidence: EvidenceClass = "A" if calibrated else "B"
        parts = (make_component("cpu", cpu_wh * factor, evidence), make_component("ram", 0.5 * factor, evidence))
        return [make_reading(components=parts, calibrated_by=factor, cpu_estimate_wh=0.1)] * 2

    def compared(*, covers_both: bool) -> Comparison:
        runs = (
            make_run("rules", baseline=True, readings=rounds(0.5, calibrated=True)),
            make_run("linear", readings=rounds(1.5, calibrated=covers_both)),
        )
        return compare(make_campaign(*runs, machine=machine), [accuracy])

    both, one = compared(covers_both=True), compared(covers_both=False)
    assert both.results[0].energy_wh == pytest.approx((1.4, 1.4, 1.4))
    assert both.results[1].ratio == pytest.approx((2, 2, 2))
    assert (both.results[0].evidence, both.campaign.machine.flags) == ("A", ())
    # Without its factor the ratio is the same, and not 2 / 1.4.
    assert one.results[0].energy_wh == pytest.approx((1, 1, 1))
    assert one.results[1].ratio == pytest.approx((2, 2, 2))
    assert one.results[0].evidence == "C"
    assert one.campaign.machine.flags == (PARTLY_CALIBRATED,)


def test_an_idle_machine_that_is_calibrated_otherwise_than_the_windows_counts_too() -> None:
    machine = make_counting_machine(calibration=make_calibration())
    idle = make_reading("idle", cpu_wh=0.7, ram_wh=0.7, calibrated_by=1.4, duration_s=10.0)
    campaign = make_campaign(make_run(rounds=make_rounds(3.0)), readings=[idle], machine=machine)
    (result,) = compare(campaign, [accuracy]).results
    # 1 Wh of an idle machine, and not 1.4.
    assert result.above_idle_wh == pytest.approx((2, None, None))


def test_a_metric_that_the_task_has_no_more_is_shown_as_it_was_recorded() -> None:
    runs = (
        make_run(seed=seed, rounds=make_rounds(1.0), scores={"old": old, "accuracy": 1.0}) for seed, old in enumerate((0.5, 0.75))
    )
    scores = only_result(*runs, metrics=("old", "accuracy", "never"))
    assert scores.scores["old"] == Interval(0.625)
    assert scores.scores["accuracy"].value == 1.0
    assert "never" not in scores.scores


def test_rounds_kept_although_others_used_the_machine_count_and_are_counted() -> None:
    rounds = [*make_rounds(1.0), *make_rounds(1.0, 1.0, outcome="disturbed")]
    result = only_result(make_run(rounds=rounds), make_run(seed=1, rounds=rounds))
    assert result.disturbed == 4
    assert result.energy_wh == pytest.approx((1, 1, 1))


def test_readings_that_do_not_count_change_no_number() -> None:
    odd: list[Any] = ["repeated", "cut short", "unreadable"]
    sound = [make_reading("fit", duration_s=2.0), *make_rounds(1.0, 1.0)]
    loud = [make_reading(kind, cpu_wh=1000.0, outcome=outcome) for kind in ("fit", "inference") for outcome in odd]
    nothing = make_reading(components=(), samples=0, outcome="unreadable")
    assert only_result(make_run(readings=(*loud, *sound, nothing, *loud))) == only_result(make_run(readings=sound))


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (Interval(2, 1.001, 4), "more"),
        (Interval(0.5, 0.25, 0.999), "less"),
        (Interval(2, 0.9, 5), "not distinguishable"),
        (Interval(1, 1, 1), "not distinguishable"),
        (Interval(2, 1, 4), "not distinguishable"),
        (Interval(5), "not distinguishable"),
    ],
)
def test_energy_is_called_more_or_less_only_where_the_interval_leaves_out_one(ratio: Interval, words: str) -> None:
    assert energy_words(ratio) == words


def test_latency_is_the_median_over_the_seeds_that_have_one() -> None:
    times = [(9.0, 90.0), (1.0, 30.0), (None, None), (2.0, 20.0)]
    runs = (
        make_run(seed=seed, rounds=make_rounds(1.0), latency_p50_ms=p50, latency_p95_ms=p95)
        for seed, (p50, p95) in enumerate(times)
    )
    result = only_result(*runs)
    assert (result.latency_p50_ms, result.latency_p95_ms) == (2.0, 30.0)


def test_latency_that_no_seed_has_is_unknown() -> None:
    result = only_result(make_run(rounds=make_rounds(1.0)))
    assert (result.latency_p50_ms, result.latency_p95_ms) == (None, None)


@pytest.mark.parametrize(("memories", "peak"), [([100.0, None, 300.0, 200.0], 300.0), ([None, None], None)])
def test_peak_memory_is_the_largest_that_any_seed_needed(memories: list[float | None], peak: float | None) -> None:
    runs = (make_run(seed=seed, rounds=make_rounds(1.0), peak_memory_mib=memory) for seed, memory in enumerate(memories))
    result = only_result(*runs, readings=[IDLE])
    assert result.per_sample is not None
    assert result.per_sample.peak_memory_mib == peak


def test_a_seed_that_failed_is_told_beside_those_that_finished() -> None:
    sound = make_run("one", seed=0, rounds=make_rounds(1.0, 1.1))
    failed = make_run("one", seed=1).model_copy(update={"status": "failed", "reason": "ValueError in fit.py, line 3"})
    (result,) = compare(make_campaign(sound, failed), [macro_f1]).results
    assert (result.status, result.seeds) == ("finished", 1)
    assert result.reason == "1 of 2 seeds: failed. ValueError in fit.py, line 3"
