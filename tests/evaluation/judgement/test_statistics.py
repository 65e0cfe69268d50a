"""Intervals: their laws, small cases worked out by hand, and how often they hold the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.judgement.statistics import Interval, mean_interval, paired_ratio, positive_interval, score_interval
from evaluation.metrics import Metric, accuracy, macro_f1

# From the table of Student's t in any textbook: two-sided 95 % with 1 and with 4 degrees of freedom.
T_1, T_4 = 12.706, 2.776

ENERGY = st.floats(1e-6, 1e6)
ROUND_PAIRS = st.lists(st.tuples(ENERGY, ENERGY), min_size=2, max_size=8)
METRICS = st.sampled_from([macro_f1, accuracy])


def same(found: Interval, wanted: Interval) -> bool:
    return found == pytest.approx(wanted, rel=1e-6)


def width(interval: Interval) -> float:
    assert interval.low is not None
    assert interval.high is not None
    return interval.high - interval.low


def columns(pairs: Sequence[tuple[float, ...]]) -> list[list[float]]:
    return [list(column) for column in zip(*pairs, strict=True)]


def half_right(samples: int) -> tuple[list[str], list[str]]:
    """Expected and predicted labels, every other answer right and both labels alike."""
    return ["a", "a", "b", "b"] * (samples // 4), ["a", "b", "b", "a"] * (samples // 4)


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
    assert score_interval(accuracy, ["a"], [["a"]]) == Interval(1)


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


@settings(deadline=None, max_examples=20)
@given(METRICS, st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=12))
def test_score_lies_in_its_interval_and_both_between_none_and_all(metric: Metric, answers: list[tuple[str, str]]) -> None:
    expected, predicted = zip(*answers, strict=True)
    found = score_interval(metric, expected, [predicted])
    assert found.value == metric.compute(expected, predicted)
    if found.low is None or found.high is None:
        assert found == Interval(found.value)  # no resample differed from another
    else:
        assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize("metric", [macro_f1, accuracy])
def test_score_without_a_mistake_claims_no_certainty(metric: Metric) -> None:
    assert score_interval(metric, ["a", "b", "c"], [["a", "b", "c"]]) == Interval(1)


def test_score_interval_of_two_samples_is_all_that_they_can_give() -> None:
    # Drawn with replacement, both are the right one in a quarter of all resamples, and both the wrong one in another.
    assert score_interval(accuracy, ["a", "b"], [["a", "a"]]) == Interval(0.5, 0, 1)


def test_score_interval_of_many_samples_is_that_of_a_share() -> None:
    # 1 600 answers, four of five right: the standard error is sqrt(0.8 x 0.2 / 1600) = 0.01.
    found = score_interval(accuracy, ["a"] * 1600, [["a", "a", "a", "a", "b"] * 320])
    assert found == pytest.approx((0.8, 0.8 - 1.96 * 0.01, 0.8 + 1.96 * 0.01), abs=0.002)


def test_score_interval_is_the_same_for_the_same_seed() -> None:
    expected, predicted = half_right(40)
    assert score_interval(macro_f1, expected, [predicted], seed=3) == score_interval(macro_f1, expected, [predicted], seed=3)


def test_score_interval_draws_other_resamples_for_another_seed() -> None:
    expected, predicted = half_right(40)
    found = {score_interval(macro_f1, expected, [predicted], seed=seed) for seed in range(3)}
    assert len(found) > 1


@pytest.mark.parametrize("metric", [macro_f1, accuracy])
def test_fewer_samples_make_the_interval_wider(metric: Metric) -> None:
    few, many = half_right(20), half_right(500)
    # By the root of the number of samples, five times.
    assert width(score_interval(metric, few[0], [few[1]])) > 3 * width(score_interval(metric, many[0], [many[1]]))


def test_scores_of_several_seeds_are_averaged() -> None:
    expected, right, wrong = ["a", "b"] * 10, ["a", "b"] * 10, ["b", "a"] * 10
    assert score_interval(accuracy, expected, [right, right, right, wrong]).value == 0.75


def test_seeds_answer_the_same_resample_so_that_what_one_loses_another_can_win() -> None:
    expected, right, wrong = ["a", "b"] * 10, ["a", "b"] * 10, ["b", "a"] * 10
    # Whatever samples are drawn, one seed has all of them right and the other none.
    assert score_interval(accuracy, expected, [right, wrong]) == Interval(
        0.5
    )  # what never varies shows no uncertainty, so none is claimed


def test_a_score_interval_holds_the_true_score_where_classes_are_rare() -> None:
    # 40 classes of 4 samples, each class right in a share of its own: plain percentile intervals hold the truth in far fewer.
    classes, per_class = 40, 4
    rates = np.linspace(0.4, 0.95, classes)
    chance = np.random.default_rng(5)

    def answers(samples: int) -> tuple[list[str], list[str]]:
        truth = np.repeat(np.arange(classes), samples)
        right = chance.random(len(truth)) < rates[truth]
        answer = np.where(right, truth, chance.integers(0, classes, len(truth)))
        return [f"{label:02d}" for label in truth], [f"{label:02d}" for label in answer]

    true_score = macro_f1.compute(*answers(5000))
    held = 0
    for _ in range(40):
        expected, predicted = answers(per_class)
        interval = score_interval(macro_f1, expected, [predicted])
        assert interval.low is not None
        assert interval.high is not None
        held += interval.low <= true_score <= interval.high
    assert held >= 34
