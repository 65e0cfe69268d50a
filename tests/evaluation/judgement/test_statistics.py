"""Intervals and tests: their laws, small cases worked out by hand, and how often they hold the truth."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from evaluation.judgement.statistics import (
    FLIPS,
    SMALL_CLASS,
    Interval,
    RatioTest,
    holm,
    interval_of_mean_share,
    mcnemar_p_value,
    mean_interval,
    paired_ratio,
    paired_ratio_test,
    positive_interval,
    resampling_weights,
    share_interval,
    sign_flip_p_values,
    student,
    unpaired_ratio_test,
)
from tests.populations import Floats, Places, Windows

# From the table of Student's t in any textbook: two-sided 95 % with 1 and with 4 degrees of freedom.
T_1, T_4 = 12.706, 2.776

ENERGY = st.floats(1e-6, 1e6)
ROUND_PAIRS = st.lists(st.tuples(ENERGY, ENERGY), min_size=2, max_size=8)
SHARE = st.floats(0, 1)
P_VALUES = st.lists(st.floats(0, 1), max_size=12)


def same(found: Interval, wanted: Interval) -> bool:
    return found == pytest.approx(wanted, rel=1e-6)


def width(interval: Interval) -> float:
    low, high = ends(interval)
    return high - low


def ends(interval: Interval) -> tuple[float, float]:
    assert interval.low is not None
    assert interval.high is not None
    return interval.low, interval.high


def columns(pairs: Sequence[tuple[float, ...]]) -> list[list[float]]:
    return [list(column) for column in zip(*pairs, strict=True)]


def test_mean_of_one_to_five_has_students_interval() -> None:
    # Mean 3, standard deviation sqrt(2.5), so the standard error is sqrt(0.5).
    half = T_4 * math.sqrt(0.5)
    assert mean_interval([1, 2, 3, 4, 5]) == pytest.approx((3, 3 - half, 3 + half), abs=1e-3)


def test_two_values_give_the_very_wide_interval_of_one_degree_of_freedom() -> None:
    # Mean 5, standard deviation sqrt(2), so the standard error is 1.
    assert mean_interval([4, 6]) == pytest.approx((5, 5 - T_1, 5 + T_1), abs=1e-3)


def test_one_value_has_no_interval() -> None:
    assert mean_interval([4]) == Interval(4)
    assert paired_ratio([4], [4]) == Interval(1)


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=8))
def test_the_mean_lies_in_the_middle_of_its_interval(values: list[float]) -> None:
    found = mean_interval(values)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high
    assert (found.low + found.high) / 2 == pytest.approx(found.value, abs=1e-6)


def test_two_energies_have_their_geometric_mean_with_students_interval_on_the_logarithms() -> None:
    # The logarithms of 2 and 8 have the mean ln 4 and the standard error ln 2.
    assert positive_interval([2, 8]) == pytest.approx((4, 4 / 2**T_1, 4 * 2**T_1), rel=1e-3)


def test_one_energy_has_no_interval() -> None:
    assert positive_interval([4]) == pytest.approx(Interval(4))


@settings(deadline=None)
@given(st.lists(ENERGY, min_size=2, max_size=8))
def test_an_interval_of_energies_is_positive_and_that_of_their_logarithms(energies: list[float]) -> None:
    found, logarithm = positive_interval(energies), mean_interval([math.log(energy) for energy in energies])
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low <= found.value <= found.high < math.inf
    assert logarithm.low is not None
    assert logarithm.high is not None
    assert same(found, Interval(math.exp(logarithm.value), math.exp(logarithm.low), math.exp(logarithm.high)))


def test_energies_that_vary_widely_have_an_interval_above_zero_where_the_plain_mean_has_none() -> None:
    plain, found = mean_interval([1, 10]), positive_interval([1, 10])
    assert plain.low is not None
    assert found.low is not None
    assert plain.low < 0 < found.low


@settings(deadline=None)
@given(ROUND_PAIRS)
def test_the_ratio_of_two_mean_energies_is_their_paired_ratio(pairs: list[tuple[float, float]]) -> None:
    ours, theirs = columns(pairs)
    ratio = positive_interval(ours).value / positive_interval(theirs).value
    assert paired_ratio(ours, theirs).value == pytest.approx(ratio, rel=1e-6)


@pytest.mark.parametrize("energies", [[1, 0], [-1], [1, 2, -1e-9]])
def test_energies_that_are_not_positive_have_no_interval(energies: list[float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        positive_interval(energies)


def test_ratio_of_two_rounds_is_the_geometric_mean_with_students_interval_on_the_logarithms() -> None:
    # Ratios 2 and 8: the logarithms have the mean ln 4 and the standard error ln 2.
    assert paired_ratio([2, 8], [1, 1]) == pytest.approx((4, 4 / 2**T_1, 4 * 2**T_1), rel=1e-3)


@settings(deadline=None)
@given(ROUND_PAIRS)
def test_ratio_lies_in_its_interval(pairs: list[tuple[float, float]]) -> None:
    found = paired_ratio(*columns(pairs))
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high


@settings(deadline=None)
@given(st.lists(ENERGY, min_size=2, max_size=8))
def test_ratio_of_equal_rounds_is_one_without_doubt(energies: list[float]) -> None:
    assert paired_ratio(energies, energies) == Interval(1, 1, 1)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(1, 100), st.floats(1, 100)), min_size=3, max_size=8))
def test_ratio_the_other_way_round_is_the_inverse(pairs: list[tuple[float, float]]) -> None:
    ours, theirs = columns(pairs)
    found, inverse = paired_ratio(ours, theirs), paired_ratio(theirs, ours)
    assert found.low is not None
    assert found.high is not None
    assert same(inverse, Interval(1 / found.value, 1 / found.high, 1 / found.low))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(1, 100), st.floats(1, 100), st.floats(0.01, 100)), min_size=3, max_size=8))
def test_what_a_round_does_to_both_does_not_touch_the_ratio(triples: list[tuple[float, float, float]]) -> None:
    ours, theirs, drift = columns(triples)
    drifted = [
        [energy * factor for energy, factor in zip(ours, drift, strict=True)],
        [energy * factor for energy, factor in zip(theirs, drift, strict=True)],
    ]
    assert same(paired_ratio(*drifted), paired_ratio(ours, theirs))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(1, 100), st.floats(1, 100)), min_size=3, max_size=8), st.sampled_from([1e-3, 3600]))
def test_ratio_does_not_depend_on_the_unit_of_energy(pairs: list[tuple[float, float]], unit: float) -> None:
    ours, theirs = columns(pairs)
    assert same(paired_ratio([energy * unit for energy in ours], [energy * unit for energy in theirs]), paired_ratio(ours, theirs))


def test_interval_of_the_ratio_holds_the_truth_in_95_of_100_campaigns() -> None:
    campaigns, rounds, truth = 2000, 5, 3.0
    rng = np.random.default_rng(20261123)
    held = 0
    for _ in range(campaigns):
        drift = rng.lognormal(sigma=1.0, size=rounds)
        ours = truth * drift * rng.lognormal(sigma=0.1, size=rounds)
        theirs = drift * rng.lognormal(sigma=0.1, size=rounds)
        found = paired_ratio(ours.tolist(), theirs.tolist())
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
    # Four standard errors of a share of 2 000. The normal distribution in place of Student's would hold it in 88 %.
    assert held / campaigns == pytest.approx(0.95, abs=0.02)


def test_rounds_that_do_not_pair_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="got 3 and 2"):
        paired_ratio([1, 2, 3], [1, 2])


@pytest.mark.parametrize(("ours", "theirs"), [([1, 0], [1, 1]), ([1, 1], [1, 0]), ([1, 1], [-1, 1])])
def test_energies_that_are_not_positive_have_no_ratio(ours: list[float], theirs: list[float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        paired_ratio(ours, theirs)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(1, 100), st.floats(1, 100)), min_size=3, max_size=8))
def test_a_paired_ratio_is_tested_as_scipy_tests_pairs_of_logarithms(pairs: list[tuple[float, float]]) -> None:
    ours, theirs = columns(pairs)
    found = paired_ratio_test(ours, theirs)
    assert found.ratio == paired_ratio(ours, theirs)
    if np.std(np.log(np.divide(ours, theirs))) > 1e-3:
        assert found.p_value == pytest.approx(stats.ttest_rel(np.log(ours), np.log(theirs)).pvalue, rel=1e-6)


def test_a_paired_ratio_by_hand() -> None:
    # Logarithms ln 2 and ln 8: mean 2 ln 2, standard error ln 2, so t = 2 with 1 degree of freedom, which is Cauchy's distribution.
    assert paired_ratio_test([2, 8], [1, 1]).p_value == pytest.approx(2 * (0.5 - math.atan(2) / math.pi))


def test_the_same_ratio_in_every_round_is_certain_and_no_ratio_of_itself_is() -> None:
    assert paired_ratio_test([2, 4, 8], [1, 2, 4]) == RatioTest(Interval(2, 2, 2), 0.0)
    assert paired_ratio_test([1, 2, 4], [1, 2, 4]) == RatioTest(Interval(1, 1, 1), 1.0)


@pytest.mark.parametrize("test", [paired_ratio_test, unpaired_ratio_test])
def test_one_round_tests_nothing(test: Callable[[Sequence[float], Sequence[float]], RatioTest]) -> None:
    found = test([3.0], [2.0])
    assert found.ratio == pytest.approx((1.5, None, None))
    assert found.p_value == 1.0


def test_energies_of_different_times_are_tested_by_welch() -> None:
    ours, theirs = np.array([2.0, 2.5, 2.2, 3.1]), np.array([1.0, 1.6, 1.1, 1.9, 1.3, 1.2])
    one, other = np.log(ours), np.log(theirs)
    errors = one.var(ddof=1) / 4, other.var(ddof=1) / 6
    # Welch and Satterthwaite's degrees of freedom.
    freedom = sum(errors) ** 2 / (errors[0] ** 2 / 3 + errors[1] ** 2 / 5)
    difference, error = one.mean() - other.mean(), math.sqrt(sum(errors))
    quantile = stats.t.ppf(0.975, freedom)
    found = unpaired_ratio_test(ours.tolist(), theirs.tolist())
    wanted = [math.exp(difference + side * quantile * error) for side in (0, -1, 1)]
    assert found.ratio == pytest.approx(wanted)
    assert found.p_value == pytest.approx(2 * stats.t.sf(difference / error, freedom))


@settings(deadline=None)
@given(*(st.lists(st.floats(1, 100), min_size=2, max_size=6, unique=True),) * 2)
def test_the_welch_ratio_the_other_way_round_is_the_inverse(ours: list[float], theirs: list[float]) -> None:
    found, inverse = unpaired_ratio_test(ours, theirs), unpaired_ratio_test(theirs, ours)
    low, high = ends(found.ratio)
    assert low <= found.ratio.value <= high
    if 1e-6 < low < high < 1e6:
        assert inverse.ratio == pytest.approx((1 / found.ratio.value, 1 / high, 1 / low), rel=1e-6)
    assert inverse.p_value == pytest.approx(found.p_value)


@pytest.mark.parametrize("heavy", [False, True])
def test_interval_of_a_ratio_of_different_times_holds_the_truth(*, heavy: bool) -> None:
    rng, campaigns, truth, held = np.random.default_rng(20261124), 1000, 3.0, 0
    ours, theirs = Windows(5, 0.1, heavy), Windows(8, 0.03, heavy)
    for _ in range(campaigns):
        low, high = ends(unpaired_ratio_test((truth * ours.draw(rng)).tolist(), theirs.draw(rng).tolist()).ratio)
        held += low <= truth <= high
    # Four standard errors of a share of 1 000.
    assert held / campaigns == pytest.approx(0.95, abs=0.028)


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Wilson's for 80 of 100 and Student's quantile 1.9842 with 99 degrees of freedom, by the formula of any textbook.
    q = 1.9842
    centre, half = (0.8 + q**2 / 200) / (1 + q**2 / 100), q * math.sqrt(0.0016 + q**2 / 40_000) / (1 + q**2 / 100)
    assert share_interval(0.8, 0.04, 100) == pytest.approx((0.8, centre - half, centre + half), abs=1e-5)


@pytest.mark.parametrize("correct", [0, 1, 5000, 9700, 10_000])
def test_the_interval_of_a_large_share_is_that_of_scipy(correct: int) -> None:
    share = correct / 10_000
    theirs = stats.binomtest(correct, 10_000).proportion_ci(method="wilson")
    found = share_interval(share, math.sqrt(share * (1 - share) / 10_000), 10_000)
    assert found == pytest.approx((share, theirs.low, theirs.high), abs=1e-5)


@settings(deadline=None)
@given(SHARE, st.floats(0, 0.5), st.integers(1, 10_000))
def test_the_interval_of_a_share_holds_it_and_stays_between_none_and_all(share: float, error: float, samples: int) -> None:
    low, high = ends(share_interval(share, error, samples))
    assert 0 <= low <= share <= high <= 1
    assert low < high


@settings(deadline=None)
@given(st.floats(0.001, 0.999), st.floats(1e-4, 0.4), st.integers(2, 10_000))
def test_the_interval_of_the_wrong_answers_is_that_of_the_right_ones_turned_round(share: float, error: float, samples: int) -> None:
    low, high = ends(share_interval(share, error, samples))
    assert share_interval(1 - share, error, samples) == pytest.approx((1 - share, 1 - high, 1 - low), abs=1e-6)


@settings(deadline=None)
@given(st.floats(0.1, 0.9), st.floats(1e-3, 0.2), st.integers(2, 1000))
def test_a_larger_error_makes_the_interval_of_a_share_wider(share: float, error: float, samples: int) -> None:
    assert width(share_interval(share, 1.5 * error, samples)) > width(share_interval(share, error, samples))
    assert width(share_interval(share, error, samples, confidence=0.99)) > width(share_interval(share, error, samples))


@pytest.mark.parametrize("samples", [1, 10, 100, 1000])
def test_all_answers_right_leave_some_doubt(samples: int) -> None:
    low, high = ends(share_interval(1.0, 0.0, samples))
    # By Wilson's formula n / (n + t²).
    assert low == pytest.approx(samples / (samples + student(max(samples - 1, 1)) ** 2))
    assert high == 1
    assert share_interval(0.0, 0.0, samples) == pytest.approx((0, 0, 1 - low))


def test_the_interval_of_right_and_wrong_answers_is_that_of_their_share() -> None:
    answers = [1.0] * 30 + [0.0] * 10
    assert interval_of_mean_share(answers) == share_interval(0.75, math.sqrt(0.75 * 0.25 / 40), 40)


def test_answers_that_are_all_alike_leave_some_doubt() -> None:
    # A third cannot be written in binary: the spread of so many is a little more than none.
    assert interval_of_mean_share([1 / 3] * 100) == pytest.approx(share_interval(1 / 3, 0.0, 100))
    assert width(share_interval(1 / 3, 0.0, 100)) == pytest.approx(width(share_interval(1 / 3, math.sqrt(2 / 900), 100)))


def test_answers_that_are_half_right_vary_less_than_whole_ones() -> None:
    # The mean of 0.4 and 0.6 is as sure as a share of 25 times as many samples.
    found, wanted = interval_of_mean_share([0.4, 0.6] * 50), share_interval(0.5, 0.5 / math.sqrt(2500), 100)
    assert found == pytest.approx(wanted)


def all_weights(classes: Places, draws: int) -> NDArray[np.float32]:
    return np.concatenate(list(resampling_weights(classes, draws, seed=1)), axis=1)


CLASSES = st.lists(st.integers(0, 4), min_size=2, max_size=40).map(lambda classes: np.unique(classes, return_inverse=True)[1])


@settings(deadline=None)
@given(CLASSES, st.integers(1, 20))
def test_each_resample_weighs_as_many_samples_as_there_are(classes: Places, draws: int) -> None:
    weights = all_weights(classes, draws)
    assert weights.shape == (len(classes), draws)
    assert np.all(weights >= 0)
    assert weights.sum(axis=0) == pytest.approx(len(classes), rel=1e-5)


@settings(deadline=None)
@given(CLASSES)
def test_a_small_class_has_the_same_weight_in_every_resample(classes: Places) -> None:
    weights = all_weights(classes, 50)
    for label, count in enumerate(np.bincount(classes)):
        if 1 < count < SMALL_CLASS:
            assert weights[classes == label].sum(axis=0) == pytest.approx(count, rel=1e-5)


def test_the_samples_of_a_small_class_vary_as_a_mean_of_them_does() -> None:
    # Of 3 values, the mean has the variance s² / 3, with s² over n - 1; a plain bootstrap has it over n.
    values = np.array([0.0, 1.0, 5.0])
    weights = all_weights(np.zeros(3, dtype=np.intp), 20_000)
    assert (values @ weights / 3).var() == pytest.approx(values.var(ddof=1) / 3, rel=0.05)


def test_a_large_class_varies_in_size_as_a_test_drawn_from_the_population_does() -> None:
    classes = np.repeat([0, 1], [30, 70])
    weights = all_weights(classes, 20_000)
    sizes = weights[classes == 0].sum(axis=0)
    assert sizes.mean() == pytest.approx(30, abs=0.1)
    assert sizes.var() == pytest.approx(100 * 0.3 * 0.7, rel=0.05)


def test_the_same_seed_draws_the_same_resamples_and_another_one_others() -> None:
    classes = np.repeat([0, 1, 2], [3, 10, 1])
    first, again, other = (next(resampling_weights(classes, 20, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_resamples_come_a_few_at_a_time_and_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.judgement.statistics.WEIGHTS_AT_A_TIME", 100)
    classes = np.repeat([0, 1], [17, 3])
    parts = list(resampling_weights(classes, 12, seed=1))
    assert [part.shape for part in parts] == [(20, 5), (20, 5), (20, 2)]
    weights = np.concatenate(parts, axis=1)
    assert weights.sum(axis=0) == pytest.approx(20, rel=1e-5)
    assert len(np.unique(weights, axis=1).T) == 12


def test_resamples_of_many_samples_need_little_memory() -> None:
    samples, draws = 100_000, 2000
    weights = resampling_weights(np.arange(samples) % 22, draws, seed=1)
    tracemalloc.start()
    first, second = next(weights), next(weights)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert first.shape == second.shape == (samples, 10)
    # All at once they are 800 MB.
    assert peak < 100e6


def differences_of(samples: int, pairs: int, shift: float = 0.0) -> Floats:
    return np.asarray(np.random.default_rng(5).normal(shift, 1.0, (samples, pairs)))


def test_flipped_signs_give_the_p_values_of_scipys_permutation_test() -> None:
    differences = differences_of(10, 3) + np.array([0.0, 0.5, 1.0])
    exact = [
        # All 1 024 ways to flip ten signs.
        stats.permutation_test((column,), np.sum, permutation_type="samples", n_resamples=np.inf, vectorized=False).pvalue
        for column in differences.T
    ]
    assert max(exact) > 10 * min(exact)
    # Four standard errors of a share of 10 000.
    assert sign_flip_p_values(differences, seed=1) == pytest.approx(exact, abs=0.02)


def test_flipped_signs_agree_with_mcnemar_where_samples_are_right_or_wrong() -> None:
    one, other = np.repeat([True, False, True], [12, 4, 30]), np.repeat([False, True, True], [12, 4, 30])
    found = sign_flip_p_values((one.astype(float) - other)[:, None], seed=1)
    assert found == pytest.approx([mcnemar_p_value(one, other)], abs=0.01)


def test_candidates_that_never_differ_have_the_p_value_one() -> None:
    assert sign_flip_p_values(np.zeros((5, 2)), seed=1).tolist() == [1, 1]


def test_turning_a_pair_does_not_change_its_p_value() -> None:
    differences = differences_of(50, 2, shift=0.2)
    assert np.array_equal(sign_flip_p_values(-differences, seed=1), sign_flip_p_values(differences, seed=1))


def test_a_p_value_of_flips_is_never_zero_and_as_small_as_is_asked_for() -> None:
    differences = differences_of(100, 1, shift=3.0)
    assert sign_flip_p_values(differences, seed=1) == pytest.approx(1 / (FLIPS + 1))
    assert 0 < sign_flip_p_values(differences, seed=1, least=2e-5) <= 2e-5


def test_flips_come_a_few_at_a_time_and_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = differences_of(13, 4, shift=0.3)
    whole = sign_flip_p_values(differences, seed=1)
    monkeypatch.setattr("evaluation.judgement.statistics.WEIGHTS_AT_A_TIME", 1000)
    assert sign_flip_p_values(differences, seed=1) == pytest.approx(whole, abs=0.02)


def test_flips_of_many_samples_need_little_memory() -> None:
    differences = np.where(np.arange(40_000)[:, None] % 3, 0.0, differences_of(40_000, 2))
    tracemalloc.start()
    sign_flip_p_values(differences[:, :1], seed=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # All flips at once would be 500 MB.
    assert peak < 100e6


@pytest.mark.parametrize(
    ("only_one", "only_other", "p_value"),
    # Of 9 coins at most one on one side: 2 x (1 + 9) / 2⁹. Of 5 none: 2 / 2⁵. Of 2 one each: any result is as far.
    [(8, 1, 20 / 512), (1, 8, 20 / 512), (5, 0, 2 / 32), (1, 1, 1.0), (0, 0, 1.0)],
)
def test_mcnemar_by_hand(only_one: int, only_other: int, p_value: float) -> None:
    both = 7
    one = np.repeat([True, False, True, False], [only_one, only_other, both, both])
    other = np.repeat([False, True, True, False], [only_one, only_other, both, both])
    assert mcnemar_p_value(one, other) == pytest.approx(p_value)


def test_holm_by_hand() -> None:
    # Smallest first: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04, which may not be smaller than the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(P_VALUES)
def test_holm_makes_no_p_value_smaller_and_none_larger_than_their_number_does(p_values: list[float]) -> None:
    corrected = holm(p_values)
    for raw, found in zip(p_values, corrected, strict=True):
        assert raw <= found <= min(1, raw * len(p_values)) or found == pytest.approx(raw)
        # At least what all larger ones together ask for.
        assert found >= min(1, raw * sum(other >= raw for other in p_values))


@given(P_VALUES)
def test_holm_keeps_the_order(p_values: list[float]) -> None:
    corrected = [corrected for _, corrected in sorted(zip(p_values, holm(p_values), strict=True))]
    assert corrected == sorted(corrected)


@given(P_VALUES.flatmap(lambda values: st.tuples(st.just(values), st.permutations(range(len(values))))))
def test_holm_does_not_depend_on_the_order_of_the_tests(shuffled: tuple[list[float], list[int]]) -> None:
    p_values, order = shuffled
    corrected = holm(p_values)
    assert holm([p_values[place] for place in order]) == [corrected[place] for place in order]


def test_one_test_needs_no_correction() -> None:
    assert holm([0.04]) == [0.04]
    assert holm([]) == []


@pytest.mark.parametrize(("freedom", "confidence", "quantile"), [(1, 0.95, T_1), (4, 0.95, T_4), (4, 0.99, 4.604)])
def test_students_quantiles_are_those_of_the_tables(freedom: int, confidence: float, quantile: float) -> None:
    assert student(freedom, confidence) == pytest.approx(quantile, abs=1e-3)
