"""Candidates of one campaign side by side."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.judgement.comparison import CandidateResult, compare
from evaluation.judgement.statistics import Interval
from evaluation.metrics import accuracy, macro_f1
from evaluation.run import Run, RunStatus
from tests.records import make_campaign, make_predictions, make_reading, make_rounds, make_run

# Two-sided 95 % of Student's t with 1 degree of freedom.
T_1 = 12.706


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
    # 2 Wh for 500 samples in one round and 4 Wh in the next are 4 and 8 Wh a thousand: mean 6, standard error 2.
    result = only_result(make_run(rounds=make_rounds(2.0, 4.0, samples=500)), unit_size=1000)
    assert result.energy_wh == pytest.approx((6, 6 - 2 * T_1, 6 + 2 * T_1), abs=1e-2)


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
    # Round 1 took 1 and 3 Wh, round 2 took 3 and 5: 2 and 4 on average, so the mean is 3 and its standard error 1.
    result = only_result(make_run(seed=0, rounds=make_rounds(1.0, 3.0)), make_run(seed=1, rounds=make_rounds(3.0, 5.0)))
    assert result.energy_wh == pytest.approx((3, 3 - T_1, 3 + T_1), abs=1e-3)
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


def test_the_constant_of_the_memory_is_told_as_a_share() -> None:
    rounds = [make_reading(cpu_wh=1.0, ram_wh=3.0), make_reading(cpu_wh=3.0, ram_wh=1.0)]
    assert only_result(make_run(rounds=rounds)).constant_share == pytest.approx(0.5)


def test_a_seed_that_failed_is_told_beside_those_that_finished() -> None:
    sound = make_run("one", seed=0, rounds=make_rounds(1.0, 1.1))
    failed = make_run("one", seed=1).model_copy(update={"status": "failed", "reason": "ValueError in fit.py, line 3"})
    (result,) = compare(make_campaign(sound, failed), [macro_f1]).results
    assert (result.status, result.seeds) == ("finished", 1)
    assert result.reason == "1 of 2 seeds: failed. ValueError in fit.py, line 3"
