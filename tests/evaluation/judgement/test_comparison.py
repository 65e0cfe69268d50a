"""Candidates side by side: of one campaign, and of several as far as they may be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import Any

import numpy as np
import pytest

from evaluation.energy.evidence import EvidenceClass
from evaluation.energy.reading import Reading
from evaluation.exceptions import PreuveError
from evaluation.judgement.comparison import (
    HOSTED,
    NO_ENERGY,
    NOT_MEASURED,
    ONE_SAMPLE,
    PARTLY_CALIBRATED,
    CandidateResult,
    Comparison,
    Difference,
    by_second_estimate,
    compare,
    energy_words,
    round_energies,
)
from evaluation.judgement.statistics import Interval
from evaluation.messages import recorded, say
from evaluation.metrics import NOTHING_SAID, Answers, Metric, Part, Tally, accuracy, macro_f1, tally_means, text_metric
from evaluation.run import Campaign, Protocol, Run, RunStatus
from tests.records import (
    make_answers,
    make_calibration,
    make_campaign,
    make_component,
    make_contest,
    make_counting_machine,
    make_data,
    make_machine,
    make_predictions,
    make_reading,
    make_rounds,
    make_run,
    make_text_answers,
    make_text_contest,
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
    campaign = make_campaign(make_run("hub", status=status, reason="no network", remedy="connect", rounds=make_rounds(1.0, 2.0)))
    assert compare(campaign, [accuracy]).results == [
        CandidateResult("hub", False, status, 0, campaign, "hub", reason=recorded("no network"), remedy=recorded("connect"))
    ]


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
    noisy, quiet = (only_result(make_run(readings=readings)) for readings in ((*loud, *sound, nothing, *loud), sound))
    assert noisy == replace(quiet, campaign=noisy.campaign)


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
    assert str(result.reason) == "1 of 2 seeds: failed. ValueError in fit.py, line 3."


# Differences


def between(comparison: Comparison, one: str = "linear", other: str = "rules") -> Difference:
    return comparison.between(one, other)


def contest(right: int = 300, rounds_wh: Sequence[float] = (2.0, 2.02, 1.99, 2.0, 2.01), **changes: Any) -> Comparison:
    """A baseline that answers 200 of 400 rightly for 1 Wh a thousand, and a candidate."""
    return compare(make_contest({"rules": 200, "linear": right}, rounds_wh={"linear": rounds_wh}, **changes), [accuracy])


def test_a_difference_in_quality_is_that_of_the_same_samples() -> None:
    found = between(contest(300))
    assert found.quality is not None
    assert found.quality.value == pytest.approx(0.25)
    assert found.better == "linear"
    # A hundred samples that only one of them answers rightly: 2 / 2^100, and doubled for the two tests.
    assert found.quality_p == pytest.approx(4 / 2**100)


def test_what_is_not_decisive_is_better_for_nobody() -> None:
    # Five samples that only one of them answers rightly: 2 / 2^5 is above 0.05.
    found = between(contest(205))
    assert (found.better, found.quality_p) == (None, 0.0625)


def test_a_decisive_p_value_whose_interval_holds_zero_is_not_decisive() -> None:
    assert Difference("a", "b", quality=Interval(0.1, -0.01, 0.2), quality_p=0.001).better is None
    assert Difference("a", "b", ratio=Interval(2, 0.9, 3), ratio_p=0.001).leaner is None
    # Nor is one whose p value is too large after correction, whatever its own interval is.
    assert Difference("a", "b", ratio=Interval(2, 1.5, 3), ratio_p=0.06).leaner is None


@pytest.mark.parametrize(
    ("quality", "p", "better"),
    [
        (Interval(0.1, 0.05, 0.2), 0.01, "a"),
        (Interval(-0.1, -0.2, -0.05), 0.01, "b"),
        (Interval(0.1, 0.05, 0.2), 0.0501, None),
        (Interval(0.1), 0.01, None),
        (None, 0.01, None),
    ],
)
def test_the_better_one_is_so_after_correction_and_by_its_interval(quality: Interval | None, p: float, better: str | None) -> None:
    found = Difference("a", "b", quality=quality, quality_p=p)
    assert found.better == better
    assert found.turned.better == better


@pytest.mark.parametrize(
    ("ratio", "second", "leaner"),
    [
        (Interval(2, 1.5, 3), None, "b"),
        (Interval(0.5, 0.3, 0.7), None, "a"),
        (Interval(2, 1.5, 3), Interval(3, 2, 4), "b"),
        # The second estimate says the same, though not for sure.
        (Interval(2, 1.5, 3), Interval(1.1, 0.9, 1.3), "b"),
        # It ranks them the other way round: nobody knows.
        (Interval(2, 1.5, 3), Interval(0.5, 0.3, 0.7), None),
        (Interval(2, 1.5, 3), Interval(0.9, 0.7, 1.1), None),
        (Interval(1.0, 1.0, 1.0), None, None),
        (Interval(2), None, None),
    ],
)
def test_the_leaner_one_is_so_by_both_estimates(ratio: Interval, second: Interval | None, leaner: str | None) -> None:
    found = Difference("a", "b", ratio=ratio, ratio_p=0.001, second_ratio=second)
    assert found.leaner == leaner
    assert found.turned.leaner == leaner


def test_two_estimates_that_are_both_unsure_do_not_rank_otherwise() -> None:
    unsure = Difference("a", "b", ratio=Interval(1.1, 0.9, 1.3), second_ratio=Interval(0.9, 0.7, 1.1))
    assert not unsure.ranked_otherwise
    assert not Difference("a", "b", ratio=Interval(2, 1.5, 3)).ranked_otherwise
    assert replace(unsure, ratio=Interval(2, 1.5, 3)).ranked_otherwise


def test_a_difference_turned_is_that_of_the_other_one() -> None:
    found = Difference("a", "b", Interval(0.25, 0.125, 0.5), 0.01, Interval(2, 1.6, 4), 0.02, Interval(4, 2, 5), no_ratio=say("x"))
    assert found.turned == Difference(
        "b", "a", Interval(-0.25, -0.5, -0.125), 0.01, Interval(0.5, 0.25, 0.625), 0.02, Interval(0.25, 0.2, 0.5), no_ratio=say("x")
    )
    assert found.turned.turned == found


def test_between_two_there_is_one_difference_whichever_comes_first() -> None:
    comparison = contest()
    assert comparison.between("rules", "linear") is comparison.differences[0]
    assert between(comparison) == comparison.differences[0].turned


def test_between_candidates_that_were_not_measured_there_is_none() -> None:
    campaign = make_contest({"rules": 200, "linear": 300})
    failed = make_run("hub", status="failed", predictions=())
    comparison = compare(campaign.model_copy(update={"runs": (*campaign.runs, failed)}), [accuracy])
    found = between(comparison, "hub", "rules")
    assert (found.quality, found.ratio, found.no_quality, found.no_ratio) == (None, None, NOT_MEASURED, NOT_MEASURED)


def test_p_values_of_scores_and_energies_of_all_pairs_are_corrected_together() -> None:
    # Three pairs, two tests each: Holm multiplies the smallest with 6, the next with 5, and so on.
    right = {"rules": 200, "one": 206, "other": 206}
    comparison = compare(make_contest(right, rounds_wh={name: [1.0, 1.2, 0.8] for name in right}), [accuracy])
    # Six samples that only one of them answers rightly: 2 / 2^6; energies that are exactly alike: 1.
    raw = 2 / 2**6
    assert between(comparison, "one").quality_p == pytest.approx(6 * raw)
    assert between(comparison, "other").quality_p == pytest.approx(6 * raw)
    assert between(comparison, "one").better is None
    assert between(
        compare(make_contest({"rules": 200, "one": 206}, rounds_wh={"rules": [1.0], "one": [1.0]}), [accuracy]), "one"
    ).quality_p == (pytest.approx(2 * raw))


def test_of_a_metric_of_which_less_is_better_the_difference_is_turned_to_what_is_good() -> None:
    errors = Metric("errors", lambda answers: tally_means(answers.expected != answers.predicted), higher_is_better=False)
    comparison = compare(make_contest({"rules": 200, "linear": 300}), [errors])
    found = between(comparison)
    assert found.quality is not None
    assert found.quality.value == pytest.approx(0.25)
    assert found.better == "linear"
    assert comparison.best is comparison.result("linear")


def test_the_metric_that_decides_is_the_one_named() -> None:
    campaign = make_contest({"rules": 200, "linear": 300})
    assert compare(campaign, [macro_f1, accuracy]).metric is macro_f1
    comparison = compare(campaign, [macro_f1, accuracy], metric="accuracy")
    assert comparison.metric is accuracy
    assert set(comparison.result("linear").scores) == {"accuracy", "macro_f1"}


def test_the_interval_of_a_score_of_one_fit_is_wilsons() -> None:
    # 300 of 400 with Student's t of 399 degrees of freedom, 1.966: from 0.705 to 0.790.
    found = contest().result("linear").scores["accuracy"]
    assert found == pytest.approx((0.75, 0.705, 0.790), abs=2e-3)


# Energy and the front


def test_the_candidates_that_no_other_one_dominates_are_on_the_front() -> None:
    right = {"rules": 200, "good": 300, "best": 380, "bad": 100}
    rounds = {"rules": [1.0, 1.02, 0.99], "good": [2.0, 2.01, 1.99], "best": [4.0, 3.99, 4.02], "bad": [3.0, 3.02, 3.01]}
    comparison = compare(make_contest(right, rounds_wh=rounds), [accuracy])
    assert comparison.front == ["rules", "good", "best"]
    assert comparison.dominates("rules", "bad")
    assert not comparison.dominates("best", "bad")
    assert comparison.best is comparison.result("best")


def test_a_candidate_that_is_better_and_not_decisively_leaner_dominates_nothing() -> None:
    comparison = contest(300, [1.0, 1.02, 0.98, 1.0, 1.01])
    assert not comparison.dominates("linear", "rules")
    assert comparison.front == ["rules", "linear"]


def test_of_one_round_nothing_dominates_anything() -> None:
    comparison = compare(make_contest({"rules": 200, "linear": 300}, rounds_wh={"rules": [1.0], "linear": [0.1]}), [accuracy])
    assert between(comparison).leaner is None
    assert comparison.front == ["rules", "linear"]


def test_a_second_estimate_that_ranks_otherwise_leaves_nobody_leaner_and_both_on_the_front() -> None:
    def rounds(cpu_wh: float, estimate_wh: float) -> list[Reading]:
        return [make_reading(cpu_wh=cpu_wh * each, cpu_estimate_wh=estimate_wh * each) for each in (1.0, 1.01, 0.99, 1.0)]

    runs = [
        make_run("rules", baseline=True, rounds=rounds(2.0, 1.0), predictions=make_answers(200, 400)),
        make_run(rounds=rounds(1.0, 2.0), predictions=make_answers(300, 400)),
    ]
    comparison = compare(make_campaign(*runs), [accuracy])
    found = between(comparison)
    assert (found.ranked_otherwise, found.leaner, found.better) == (True, None, "linear")
    assert comparison.front == ["rules", "linear"]
    assert comparison.not_distinguishable == ["linear"]
    # With a counter there is no second estimate.
    assert between(compare(make_campaign(*runs, machine=make_counting_machine()), [accuracy])).leaner == "linear"


def test_energies_that_are_exactly_the_same_are_not_distinguishable() -> None:
    assert contest(300, [1.0, 1.01, 0.99, 1.0, 1.0]).not_distinguishable == ["linear"]
    assert contest(300).not_distinguishable == []


def hosted(right: int = 390, energy_wh: float = 0.001) -> Run:
    rounds = [make_reading(components=(make_component("cpu", energy_wh * each, "D"),)) for each in (1.0, 1.01, 0.99)]
    return make_run("hosted", rounds=rounds, predictions=make_answers(right, 400))


def test_a_hosted_service_is_compared_in_quality_and_ranked_in_nothing() -> None:
    campaign = make_contest({"rules": 200, "linear": 300})
    comparison = compare(campaign.model_copy(update={"runs": (*campaign.runs, hosted())}), [accuracy])
    found = between(comparison, "hosted", "rules")
    assert (found.better, found.ratio, found.leaner, found.no_ratio) == ("hosted", None, None, HOSTED)
    assert comparison.result("hosted").evidence == "D"
    assert "hosted" not in comparison.front
    assert not comparison.dominates("hosted", "rules")
    assert comparison.best is comparison.result("linear")
    assert comparison.result("hosted").ratio is None


def test_hosted_services_are_not_ranked_among_themselves_either() -> None:
    comparison = compare(make_campaign(hosted(390), hosted(300).model_copy(update={"candidate": "other"})), [accuracy])
    assert comparison.front == []
    assert comparison.best is comparison.result("hosted")


# What cannot be computed with


def test_a_campaign_that_ended_before_its_first_run_is_nothing_to_compare() -> None:
    with pytest.raises(PreuveError) as caught:
        compare(make_campaign(), [accuracy])
    assert caught.value.found == "none: the campaign ended before the first one"
    assert caught.value.remedy == "preuve run request-classification"


def test_one_run_is_shown_without_a_difference() -> None:
    comparison = compare(make_contest({"linear": 300}), [accuracy])
    assert (comparison.differences, comparison.baseline, comparison.front) == ([], None, ["linear"])


def test_runs_that_all_failed_are_shown_with_their_reasons_and_nothing_else() -> None:
    runs = [
        make_run(name, baseline=name == "rules", status="failed", reason="ValueError", predictions=())
        for name in ("linear", "rules")
    ]
    comparison = compare(make_campaign(*runs), [accuracy])
    assert [(result.name, str(result.reason)) for result in comparison.results] == [
        ("rules", "ValueError"),
        ("linear", "ValueError"),
    ]
    assert (comparison.measured, comparison.differences, comparison.front, comparison.best) == ([], [], [], None)


undefined = Metric("undefined", lambda answers: tally_means(np.full(len(answers.expected), np.nan)))


def test_a_score_that_is_no_number_is_neither_best_nor_on_the_front_nor_compared() -> None:
    comparison = compare(make_contest({"rules": 200, "linear": 300}), [undefined, accuracy])
    assert isnan(comparison.result("linear").scores["undefined"].value)
    assert (comparison.best, comparison.front) == (None, [])
    found = between(comparison)
    assert (found.quality, found.better, str(found.no_quality)) == (None, None, "undefined is not a number")
    assert found.ratio is not None


def only_for_one(answers: Answers) -> Tally:
    """A metric that is undefined for whoever answers nothing but the first class."""
    truth, answer = answers.expected, answers.predicted
    return tally_means(np.full(len(truth), np.nan) if not np.any(answer) else truth == answer)


def test_a_score_that_is_no_number_for_one_candidate_is_one_for_the_others() -> None:
    expected = ["a", "b"] * 20
    partly = Metric("partly", only_for_one)
    runs = [
        make_run(name, baseline=name == "rules", rounds=make_rounds(1.0, 1.1), predictions=make_predictions(expected, answers))
        for name, answers in (("rules", ["a"] * 40), ("good", expected), ("bad", ["b", "a"] * 20))
    ]
    comparison = compare(make_campaign(*runs, data=make_data(test_samples=40)), [partly])
    assert comparison.best is comparison.result("good")
    assert comparison.front == ["good", "bad"]
    assert str(between(comparison, "good").no_quality) == "partly is not a number"
    assert between(comparison, "good", "bad").better == "good"


def test_one_test_sample_shows_no_difference() -> None:
    comparison = compare(make_contest({"rules": 0, "linear": 1}, samples=1), [accuracy])
    assert (between(comparison).no_quality, between(comparison).better) == (ONE_SAMPLE, None)


@pytest.mark.parametrize(
    "readings", [[], [make_reading(cpu_wh=0.0, ram_wh=0.0)], [*make_rounds(1.0), make_reading(cpu_wh=0.0, ram_wh=0.0)]]
)
def test_a_round_without_energy_is_no_measurement(readings: list[Reading]) -> None:
    campaign = make_contest({"rules": 200})
    empty = make_run(readings=readings, predictions=make_answers(390, 400))
    comparison = compare(campaign.model_copy(update={"runs": (*campaign.runs, empty)}), [accuracy])
    assert comparison.measured == [comparison.result("rules")]
    assert comparison.result("linear").reason == NO_ENERGY


# Several campaigns

SECOND = "20261124-100000-bbbb"
ELSEWHERE = make_machine(machine_id="fedcba9876543210")


def two(one: Campaign, other: Campaign, metrics: Sequence[Metric] = (accuracy,)) -> Comparison:
    return compare(one, metrics, others=[other])


def test_a_name_that_two_campaigns_have_is_shown_with_its_campaigns() -> None:
    comparison = two(make_contest({"rules": 200, "linear": 300}), make_contest({"rules": 200, "svc": 300}, id=SECOND))
    assert [result.name for result in comparison.results] == ["rules (3f2a)", "rules (bbbb)", "linear", "svc"]
    assert [result.candidate for result in comparison.results] == ["rules", "rules", "linear", "svc"]


def test_campaigns_whose_ids_end_alike_are_shown_with_all_of_them() -> None:
    comparison = two(make_contest({"rules": 200}), make_contest({"rules": 200}, id="20261124-100000-3f2a"))
    assert [result.name for result in comparison.results] == ["rules (20261123-190559-3f2a)", "rules (20261124-100000-3f2a)"]


def test_a_campaign_that_is_named_twice_is_one() -> None:
    campaign, other = make_contest({"rules": 200, "linear": 300}), make_contest({"rules": 200, "svc": 300}, id=SECOND)
    once, twice = compare(campaign, [accuracy], others=[other]), compare(campaign, [accuracy], others=[campaign, other, other])
    assert [result.name for result in twice.results] == [result.name for result in once.results]
    assert twice.differences == once.differences


def test_on_the_same_machine_energies_of_two_campaigns_are_compared_as_measured_at_different_times() -> None:
    one = make_contest({"rules": 200}, rounds_wh={"rules": [1.0, 2.0]})
    other = make_contest({"linear": 300}, id=SECOND, rounds_wh={"linear": [2.0, 4.0]})
    comparison = two(one, other)
    ratio = comparison.result("linear").ratio
    # Paired it would be exactly 2. Logarithms differ by ln 2, each with a standard deviation of ln 2 / √2, so the standard error is
    # ln 2 / √2 and, with two degrees of freedom, t = 4.303.
    assert ratio == pytest.approx((2, 2 * 2 ** (-4.3027 / 2**0.5), 2 * 2 ** (4.3027 / 2**0.5)), rel=1e-3)
    assert between(comparison).better == "linear"


@pytest.mark.parametrize(
    ("changes", "quality", "energy"),
    [
        ({}, True, True),
        ({"machine": ELSEWHERE}, True, False),
        ({"protocol": Protocol(rounds=3)}, True, False),
        ({"unit_size": 100}, True, False),
        ({"task_version": "2"}, False, False),
        ({"data": make_data(test_samples=400, sha256="f" * 64)}, False, False),
    ],
)
def test_what_may_be_compared_is_and_what_may_not_says_why(changes: dict[str, Any], *, quality: bool, energy: bool) -> None:
    other = make_contest({"linear": 300}, id=SECOND, rounds_wh={"linear": [2.0, 2.1]}, **changes)
    comparison = two(make_contest({"rules": 200}), other)
    found = between(comparison)
    assert (found.quality is not None, found.ratio is not None) == (quality, energy)
    assert (found.no_quality is None, found.no_ratio is None) == (quality, energy)
    assert (SECOND in comparison.apart) == (not quality)


def test_quality_is_compared_across_machines_and_energy_is_not_ranked() -> None:
    comparison = two(make_contest({"rules": 200, "linear": 250}), make_contest({"svc": 390}, id=SECOND, machine=ELSEWHERE))
    assert between(comparison, "svc", "linear").better == "svc"
    assert comparison.best is comparison.result("svc")
    assert comparison.front == ["rules", "linear"]
    assert comparison.result("svc").ratio is None


def test_candidates_on_another_test_are_compared_among_themselves_and_with_nobody_else() -> None:
    other = make_contest({"rules": 100, "svc": 390}, id=SECOND, data=make_data(test_samples=400, sha256="f" * 64))
    comparison = two(make_contest({"rules": 200, "linear": 250}), other)
    assert between(comparison, "svc", "rules (bbbb)").better == "svc"
    assert between(comparison, "svc", "linear").quality is None
    assert "test data" in str(between(comparison, "svc", "linear").no_quality)
    assert comparison.result("svc").scores["accuracy"].value == pytest.approx(0.975)
    assert comparison.best is comparison.result("linear")
    assert "svc" not in comparison.front


def test_two_further_campaigns_that_are_alike_are_both_kept_apart_from_the_first() -> None:
    data = make_data(test_samples=400, sha256="f" * 64)
    others = [
        make_contest({name: right}, id=f"20261124-10000{right % 10}-bbb{right % 10}", data=data)
        for name, right in (("x", 301), ("y", 302))
    ]
    comparison = compare(make_contest({"rules": 200}), [accuracy], others=others)
    assert between(comparison, "x", "y").quality is None
    assert "test data" in str(between(comparison, "x", "y").no_quality)


def test_each_candidate_has_its_ratio_to_the_baseline_beside_it() -> None:
    one = make_contest({"rules": 200, "linear": 300}, rounds_wh={"rules": [1.0, 1.1], "linear": [2.0, 2.2]})
    other = make_contest(
        {"rules": 200, "svc": 300}, id=SECOND, rounds_wh={"rules": [3.0, 3.3], "svc": [12.0, 13.2]}, machine=ELSEWHERE
    )
    comparison = two(one, other)
    assert comparison.result("linear").ratio == pytest.approx((2, 2, 2))
    assert comparison.result("svc").ratio == pytest.approx((4, 4, 4))
    assert comparison.result("rules (bbbb)").ratio is None
    assert comparison.baseline is comparison.result("rules (3f2a)")


def test_the_baseline_is_the_first_one_on_the_test_that_decides() -> None:
    apart = make_contest({"rules": 200}, id=SECOND, data=make_data(test_samples=400, sha256="f" * 64))
    assert two(make_contest({"linear": 300}), apart).baseline is None
    assert compare(
        make_contest({"linear": 300}), [accuracy], others=[apart, make_contest({"rules": 200}, id="20261125-1-cccc")]
    ).baseline


def test_a_campaign_in_which_all_failed_keeps_nothing_from_being_compared() -> None:
    failed = make_campaign(
        make_run("hub", status="failed", reason="ValueError", predictions=()), id=SECOND, data=make_data(test_samples=400)
    )
    comparison = two(failed, make_contest({"rules": 200, "linear": 300}))
    assert comparison.apart == {}
    assert between(comparison).better == "linear"
    assert comparison.best is comparison.result("linear")


# The second estimate in place of the model


def test_by_the_second_estimate_energies_are_others_and_scores_the_same() -> None:
    campaign = make_contest({"rules": 200, "linear": 300})
    before = compare(campaign, [accuracy])
    after = by_second_estimate(before)
    # 9 CPU seconds at 4 W are 0.01 Wh, beside half of 1 Wh for the memory.
    energy = after.result("linear").energy_wh
    assert energy is not None
    assert energy.value == pytest.approx(0.51, rel=0.01)
    assert after.result("linear").true_wh == pytest.approx((energy.value / 2, energy.value * 6))
    assert after.result("linear").scores == before.result("linear").scores
    assert between(after).quality == between(before).quality


def test_the_second_estimate_replaces_no_counter() -> None:
    counted = make_contest({"rules": 200, "linear": 300}, machine=make_counting_machine())
    before = compare(counted, [accuracy])
    assert by_second_estimate(before).result("linear").energy_wh == before.result("linear").energy_wh


def test_how_right_answers_are_is_the_mean_over_the_seeds_that_finished() -> None:
    runs = [
        make_run(seed=0, rounds=make_rounds(1.0), predictions=make_predictions("abab", "abab")),
        make_run(seed=1, rounds=make_rounds(1.0), predictions=make_predictions("abab", "abba")),
        make_run(seed=2, status="failed", predictions=make_predictions("abab", "baba")),
    ]
    assert list(only_result(*runs).right) == [1, 1, 0.5, 0.5]


def test_round_energies_are_those_of_the_functional_unit() -> None:
    campaign = make_campaign(make_run(rounds=make_rounds(2.0, 8.0, samples=500)))
    assert round_energies(campaign, "linear") == pytest.approx([4, 16])


# Answers that are texts


def never_measured_here(*_: object) -> Part:
    """What an answer adds is in its record: no text is there to be measured again."""
    raise AssertionError


KEPT = text_metric("kept", never_measured_here)
FACTS = text_metric("facts", never_measured_here, needs="facts", counts_correct=True)
TOLD: list[tuple[float, float]] = [Part(1, 4), Part(3, 3), NOTHING_SAID, Part(0, 2)] * 10
MORE: list[tuple[float, float]] = [Part(2, 4), Part(3, 3), NOTHING_SAID, Part(2, 2)] * 10
HALF: list[tuple[float, float]] = [Part(0.5), Part(0.4)] * 20
WITH_FACTS = make_data(test_samples=40, classes=0, marks=("facts",))
TEXTS = make_text_contest({"lead": {"kept": HALF, "facts": TOLD}, "writer": {"kept": HALF, "facts": MORE}}, data=WITH_FACTS)


def test_scores_of_texts_are_computed_from_what_was_recorded_of_them() -> None:
    comparison = compare(TEXTS, [KEPT, FACTS])
    assert {name: interval.value for name, interval in comparison.result("lead").scores.items()} == {
        "kept": pytest.approx(0.45),
        "facts": pytest.approx(4 / 9),
    }
    decided = between(compare(TEXTS, [KEPT, FACTS], metric="facts"), "writer", "lead")
    assert decided.quality is not None
    assert decided.quality.value == pytest.approx(3 / 9)
    assert decided.better == "writer"


def test_a_metric_whose_column_the_data_lack_is_none_and_decides_nothing() -> None:
    without = make_text_contest({name: {"kept": HALF, "facts": [NOTHING_SAID] * 40} for name in ("lead", "writer")})
    comparison = compare(without, [FACTS, KEPT], metric="facts")
    assert comparison.metric is KEPT
    assert (set(comparison.result("writer").scores), comparison.counts_correct) == ({"kept"}, None)
    assert compare(TEXTS, [FACTS, KEPT]).metric is FACTS
    assert compare(TEXTS, [FACTS, KEPT]).counts_correct == "facts"


def test_how_right_a_text_is_is_the_share_that_the_metric_of_correct_outcomes_found() -> None:
    found = compare(TEXTS, [KEPT, FACTS]).result("lead")
    assert found.right[:4].tolist() == pytest.approx([0.25, 1.0, np.nan, 0.0], nan_ok=True)
    assert np.isnan(compare(TEXTS, [KEPT]).result("lead").right).all()


def test_how_right_a_text_is_is_the_mean_over_seeds() -> None:
    seeds = [
        TEXTS.finished_runs_of(name)[0].model_copy(update={"candidate": "writer", "seed": seed})
        for seed, name in enumerate(("lead", "writer"))
    ]
    (found,) = compare(TEXTS.model_copy(update={"runs": tuple(seeds)}), [FACTS]).results
    assert found.right[:4].tolist() == pytest.approx([0.375, 1.0, np.nan, 0.5], nan_ok=True)
    assert found.seed_scores["facts"] == pytest.approx((4 / 9, 7 / 9))


def test_odd_answers_and_what_was_read_are_those_of_all_seeds_that_finished() -> None:
    def answered(*answers: tuple[tuple[str, ...], float], **changes: Any) -> Run:
        predictions = make_text_answers({"kept": [Part(1)] * len(answers)})
        odd = [
            prediction.model_copy(update={"flags": flags, "share_read": share})
            for prediction, (flags, share) in zip(predictions, answers, strict=True)
        ]
        return make_run("writer", rounds=make_rounds(1.0, 1.1), predictions=odd, **changes)

    first = answered((("long", "empty"), 1.0), ((), 0.5))
    second = answered((("long",), 0.25), ((), 1.0), seed=1)
    lost = answered((("lost",), 0.1), (("lost",), 0.1), seed=2, status="interrupted", reason="it was killed")
    campaign = make_text_contest({"lead": {"kept": [Part(1)] * 2}}, data=make_data(classes=0))
    comparison = compare(campaign.model_copy(update={"runs": (*campaign.runs, first, second, lost)}), [KEPT])
    found = comparison.result("writer")
    assert found.odd_answers == {"long": 2, "empty": 1}
    assert found.shares_read == [1.0, 0.5, 0.25, 1.0]
    assert (comparison.result("lead").odd_answers, comparison.result("lead").shares_read) == ({}, [1.0, 1.0])


def test_without_a_finished_run_nothing_is_odd_and_nothing_was_read() -> None:
    campaign = make_campaign(make_run("hub", status="unavailable", reason="no network", predictions=(), readings=()))
    (found,) = compare(campaign, [accuracy]).results
    assert (found.odd_answers, found.shares_read) == ({}, [])


def test_texts_that_were_asked_for_otherwise_are_not_compared() -> None:
    asked = TEXTS.model_copy(update={"conditions": {"words": 150}})
    shorter = TEXTS.model_copy(update={"id": SECOND, "conditions": {"words": 50}})
    comparison = compare(asked, [KEPT, FACTS], others=[shorter])
    first, second = (each.name for each in comparison.results if each.candidate == "writer")
    found = between(comparison, second, first)
    assert (found.quality, found.ratio, str(found.no_quality)) == (None, None, "conditions: words = 150, and words = 50")
    same = compare(asked, [KEPT, FACTS], others=[shorter.model_copy(update={"conditions": {"words": 150}})])
    assert between(same, second, first).quality is not None
