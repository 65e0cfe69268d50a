"""Quality of several candidates: laws, small cases worked out by hand, and how often intervals and tests are right."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import f1_score

from evaluation.judgement.quality import Quality, samples_needed, weigh_answers, weigh_quality, worst_served
from evaluation.judgement.statistics import Interval, interval_of_mean_share, share_interval, student
from evaluation.metrics import (
    NOTHING_SAID,
    Answers,
    Metric,
    Part,
    Tally,
    accuracy,
    label_answers,
    macro_f1,
    tally_means,
    text_answers,
    text_metric,
)
from tests.benchmarks.judgement import (
    ALARM_FIELDS,
    SCORES,
    Setting,
    count_alarms,
    covered,
    document_study,
    label_study,
    means_of,
)
from tests.populations import draw_answers, draw_population, draw_truth, named, shares_of

METRICS = (macro_f1, accuracy)
FEW_DRAWS = 100
ANSWERS = st.lists(st.tuples(*[st.sampled_from("abc")] * 3), min_size=2, max_size=14)


def weigh(
    expected: Sequence[str],
    answers: Mapping[str, Sequence[str]],
    metrics: Sequence[Metric] = METRICS,
    *,
    seed: int = 0,
    draws: int = 2000,
) -> Quality:
    """Of candidates with one seed each."""
    return weigh_quality(expected, {name: [each] for name, each in answers.items()}, metrics, seed=seed, draws=draws)


def score(metric: Metric, expected: Sequence[str], *seeds: Sequence[str], seed: int = 0) -> Interval:
    return weigh_quality(expected, {"only": seeds}, [metric], seed=seed).scores["only"][metric.name]


def ends(interval: Interval) -> tuple[float, float]:
    assert interval.low is not None
    assert interval.high is not None
    return interval.low, interval.high


def width(interval: Interval) -> float:
    low, high = ends(interval)
    return high - low


def half_right(samples: int) -> tuple[list[str], list[str]]:
    """Expected and predicted labels, every other answer right and both labels alike."""
    return ["a", "a", "b", "b"] * (samples // 4), ["a", "b", "b", "a"] * (samples // 4)


def unlike() -> tuple[list[str], dict[str, list[str]]]:
    """Three candidates that answer 60 samples of three classes, the second one better than the others."""
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, 60)
    answers = {
        name: named(np.where(rng.random(60) < share, truth, rng.integers(0, 3, 60)))
        for name, share in (("one", 0.5), ("two", 0.9), ("three", 0.6))
    }
    return named(truth), answers


# Scores.


@settings(deadline=None, max_examples=40)
@given(ANSWERS)
def test_a_score_lies_in_its_interval_and_both_between_none_and_all(answers: list[tuple[str, str, str]]) -> None:
    expected, first, second = zip(*answers, strict=True)
    quality = weigh(expected, {"first": first, "second": second}, draws=FEW_DRAWS)
    for name, predicted in (("first", first), ("second", second)):
        for metric in METRICS:
            found = quality.scores[name][metric.name]
            low, high = ends(found)
            assert found.value == pytest.approx(metric.value(label_answers(expected, predicted)))
            assert 0 <= low <= found.value <= high <= 1
            assert low < high
        assert quality.scores[name]["macro_f1"].value == pytest.approx(
            f1_score(expected, predicted, average="macro", zero_division=0)
        )


@settings(deadline=None, max_examples=40)
@given(ANSWERS)
def test_a_difference_is_that_of_the_scores_and_lies_in_its_interval(answers: list[tuple[str, str, str]]) -> None:
    expected, first, second = zip(*answers, strict=True)
    quality = weigh(expected, {"first": first, "second": second}, draws=FEW_DRAWS)
    for metric in METRICS:
        found = quality.differences["first", "second"][metric.name]
        low, high = ends(found)
        scores = [quality.scores[name][metric.name].value for name in ("first", "second")]
        assert found.value == pytest.approx(scores[0] - scores[1])
        assert -1 <= low <= found.value <= high <= 1
        assert low < high
    assert 0 < quality.p_values["first", "second"] <= 1


@pytest.mark.parametrize("metric", METRICS)
def test_answers_that_are_all_right_leave_some_doubt(metric: Metric) -> None:
    expected = ["a", "b", "c", "d"] * 25
    # By Wilson's formula n / (n + t²).
    assert score(metric, expected, expected) == pytest.approx((1, 100 / (100 + student(99) ** 2), 1))


@pytest.mark.parametrize("metric", METRICS)
def test_answers_that_are_all_wrong_leave_some_hope(metric: Metric) -> None:
    found = score(metric, ["a", "b"] * 50, ["b", "a"] * 50)
    assert found == pytest.approx((0, 0, student(99) ** 2 / (100 + student(99) ** 2)))


def test_the_score_of_two_samples_may_be_nearly_anything() -> None:
    low, high = ends(score(accuracy, ["a", "b"], ["a", "a"]))
    assert low < 0.01
    assert high > 0.99


def test_the_interval_of_an_accuracy_is_that_of_a_share() -> None:
    # 1 600 answers, four of five right: the standard error is sqrt(0.8 x 0.2 / 1600) = 0.01.
    found = score(accuracy, ["a"] * 1600, ["a", "a", "a", "a", "b"] * 320)
    assert found == pytest.approx(share_interval(0.8, 0.01, 1600), abs=0.001)
    assert found == pytest.approx((0.8, 0.8 - 1.96 * 0.01, 0.8 + 1.96 * 0.01), abs=0.002)


def test_the_interval_of_a_mean_of_scores_is_students_where_both_ends_are_far() -> None:
    values = np.random.default_rng(1).beta(4, 5, 400)
    found = score(means_of([values]), ["0"] * 400, ["0"] * 400)
    half = student(399) * values.std(ddof=1) / 20
    assert found == pytest.approx((values.mean(), values.mean() - half, values.mean() + half), abs=0.002)


def test_numbers_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    expected, answers = unlike()
    first, again, other = (weigh(expected, answers, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.scores != other.scores
    assert first.differences != other.differences
    assert first.p_values != other.p_values
    # The interval depends on them by a twentieth of its width at most.
    assert first.scores["one"]["macro_f1"] == pytest.approx(tuple(other.scores["one"]["macro_f1"]), abs=0.02)


@pytest.mark.parametrize("metric", METRICS)
def test_fewer_samples_make_the_interval_wider(metric: Metric) -> None:
    few, many = half_right(20), half_right(500)
    # By the root of the number of samples, five times; near 0 and 1 there is no room for all of that.
    assert width(score(metric, *few)) > 3 * width(score(metric, *many))


def test_scores_of_several_seeds_are_averaged_and_each_is_told() -> None:
    expected, right, wrong = ["a", "b"] * 10, ["a", "b"] * 10, ["b", "a"] * 10
    quality = weigh_quality(expected, {"only": [right, right, right, wrong]}, METRICS)
    assert quality.scores["only"]["accuracy"].value == 0.75
    assert quality.by_seed["only"] == {"accuracy": (1, 1, 1, 0), "macro_f1": (1, 1, 1, 0)}


def test_seeds_answer_the_same_resample_so_that_what_one_loses_another_can_win() -> None:
    expected, right, wrong = ["a", "b"] * 50, ["a", "b"] * 50, ["b", "a"] * 50
    # Whatever samples are drawn, one seed has all of them right and the other none: what is left is that of so many alike.
    assert score(accuracy, expected, right, wrong) == pytest.approx(share_interval(0.5, 0.0, 100))
    # Seeds that are right independently of each other are surer together than one alone.
    rng = np.random.default_rng(2)
    seeds = [named((rng.random(400) < 0.3).astype(int)) for _ in range(4)]
    expected = named(np.zeros(400, dtype=int))
    assert width(score(accuracy, expected, *seeds)) < 0.7 * width(score(accuracy, expected, seeds[0]))


def test_seeds_that_are_each_wrong_on_one_sample_are_not_taken_to_make_up_for_each_other() -> None:
    seeds = [["b" if place == seed else "a" for place in range(100)] for seed in range(3)]
    # Each by itself has the variance 0.01 x 0.99, their mean 3 x (1/3)² / 100 - 0.01²: a third of it. One wrong answer says that,
    # and one is added for which they agree.
    alone, ratio = 0.0099, (1 / 300 - 0.0001) / 0.0099
    wanted = share_interval(0.99, math.sqrt(alone * (ratio + 1) / 2 / 100), 100)
    found = weigh_quality(["a"] * 100, {"only": seeds}, [accuracy], draws=20_000).scores["only"]["accuracy"]
    assert found == pytest.approx(tuple(wanted), abs=0.002)


def test_the_same_answers_twice_are_no_surer_than_once() -> None:
    expected, answers = unlike()
    assert score(macro_f1, expected, answers["one"], answers["one"]) == pytest.approx(score(macro_f1, expected, answers["one"]))


def test_a_label_that_a_candidate_never_answers_counts_as_zero() -> None:
    expected = ["a"] * 30 + ["b"] * 30
    quality = weigh(expected, {"always a": ["a"] * 60, "right": expected})
    # "a" is 2 x 30 / (30 + 60), "b" 0.
    assert quality.scores["always a"]["macro_f1"].value == pytest.approx(1 / 3)
    assert all(math.isfinite(end) for end in ends(quality.scores["always a"]["macro_f1"]))
    # Nor does it count for one that another candidate alone invents.
    with_invented = weigh(expected, {"always a": ["a"] * 60, "inventive": ["z", *expected[1:]]})
    assert with_invented.scores["always a"]["macro_f1"].value == pytest.approx(1 / 3)
    assert with_invented.scores["inventive"]["macro_f1"].value == pytest.approx(
        f1_score(expected, ["z", *expected[1:]], average="macro", zero_division=0)
    )


def test_an_invented_label_draws_the_macro_average_down_in_the_resamples_too() -> None:
    expected = ["a", "b"] * 50
    predicted = ["z" if place % 10 == 0 else label for place, label in enumerate(expected)]
    found = score(macro_f1, expected, predicted)
    assert found.value == pytest.approx(f1_score(expected, predicted, average="macro", zero_division=0))
    assert width(found) < 0.25


@pytest.mark.parametrize(
    ("counts", "thin", "least"),
    [
        ({"a": 5, "b": 50, "c": 50, "d": 4}, ("d",), 5),
        ({"a": 9, "b": 10, "c": 80}, ("a",), 10),
        ({"a": 9, "b": 50}, ("a",), 10),
        ({"a": 10, "b": 50}, (), 10),
        ({"a": 5, "b": 5, "c": 5, "d": 5}, (), 5),
    ],
)
def test_classes_with_too_few_samples_are_named(counts: dict[str, int], thin: tuple[str, ...], least: int) -> None:
    expected = [label for label, count in counts.items() for _ in range(count)]
    # A label that is only answered is no class of the test.
    quality = weigh(expected, {"only": ["z", *expected[1:]]}, draws=FEW_DRAWS)
    assert (quality.thin_classes, quality.least_of_class) == (thin, least)


# Differences and tests.


def test_the_order_of_two_candidates_turns_their_difference_and_nothing_else() -> None:
    expected, answers = unlike()
    found, turned = weigh(expected, answers), weigh(expected, dict(reversed(answers.items())))
    assert set(found.differences) == {("one", "two"), ("one", "three"), ("two", "three")}
    for one, other in found.differences:
        assert turned.p_values[other, one] == found.p_values[one, other]
        for metric in METRICS:
            value, low, high = found.differences[one, other][metric.name]
            assert turned.differences[other, one][metric.name] == pytest.approx((-value, -(high or 0), -(low or 0)))
        assert turned.scores[one]["macro_f1"] == pytest.approx(found.scores[one]["macro_f1"])


def test_a_difference_is_surer_than_two_scores_that_the_same_samples_gave() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, 400)
    hard = rng.random(400) < 0.3
    answers = {
        "one": named(np.where(hard, 1 - truth, truth)),
        "two": named(np.where(hard | (rng.random(400) < 0.05), 1 - truth, truth)),
    }
    quality = weigh(named(truth), answers)
    for metric in METRICS:
        gain = quality.differences["one", "two"][metric.name]
        assert width(gain) < 0.6 * width(quality.scores["one"][metric.name])
        assert (gain.low or 0) > 0
    assert quality.p_values["one", "two"] < 0.01


def test_candidates_that_answer_alike_are_not_told_apart_and_may_yet_differ() -> None:
    expected, answers = unlike()
    quality = weigh(expected, {"one": answers["one"], "same": answers["one"]})
    # As often as what was not seen once in 60 samples: t² / (n + t²).
    most = student(59) ** 2 / (60 + student(59) ** 2)
    for metric in METRICS:
        assert quality.differences["one", "same"][metric.name] == pytest.approx((0, -most, most))
    assert quality.p_values["one", "same"] == 1


def test_a_difference_in_accuracy_is_that_of_agresti_and_min() -> None:
    # Of 40 samples, 15 are right by the first one alone, 3 by the second alone: half a sample more each, and two in all.
    answers = {"one": ["a"] * 37 + ["b"] * 3, "two": ["a"] * 22 + ["b"] * 15 + ["a"] * 3}
    found = weigh(["a"] * 40, answers, [accuracy], draws=20_000).differences["one", "two"]["accuracy"]
    gain, either = 12 / 42, 19 / 42
    half = student(39) * math.sqrt((either - gain**2) / 42)
    assert found == pytest.approx((0.3, gain - half, gain + half), abs=0.004)


def test_one_seed_each_is_tested_for_accuracy_by_mcnemar() -> None:
    expected = ["a"] * 20
    quality = weigh(expected, {"one": ["a"] * 19 + ["b"], "two": ["b"] * 8 + ["a"] * 12}, [accuracy, macro_f1])
    # 8 against 1: 2 x (1 + 9) / 2⁹.
    assert quality.test == "McNemar"
    assert quality.p_values == {("one", "two"): pytest.approx(20 / 512)}


def test_several_seeds_are_tested_by_permutation() -> None:
    # Six samples, of which the seeds get 2, 2, 1, 1, 1 and 0 less right: of 64 ways to flip, only the true one and its opposite
    # are as far.
    expected = ["a"] * 6
    right, seeds = ["a"] * 6, (["b", "b", "b", "a", "b", "a"], ["b", "b", "a", "b", "a", "a"])
    quality = weigh_quality(expected, {"one": [right, right], "two": seeds}, [accuracy])
    assert quality.test == "permutation"
    assert quality.p_values["one", "two"] == pytest.approx(2 / 32, abs=0.01)


def test_a_permutation_test_of_macro_f1_agrees_with_swapping_the_answers() -> None:
    rng = np.random.default_rng(8)
    population = draw_population(rng, shares_of(3, skewed=True), 0.7)
    truth = draw_truth(rng, population.shares, 60, by_class=False)
    for seed in range(4):
        answers = [np.where(rng.random(60) < share, truth, rng.integers(0, 3, 60)) for share in (0.75, 0.55 + 0.05 * seed)]

        def gain(one: np.ndarray, other: np.ndarray) -> float:
            return macro_f1.value(Answers(truth, one, 3)) - macro_f1.value(Answers(truth, other, 3))

        swapped = stats.permutation_test(
            answers, gain, permutation_type="samples", n_resamples=3000, vectorized=False, rng=np.random.default_rng(1)
        )
        quality = weigh(named(truth), {"one": named(answers[0]), "two": named(answers[1])}, [macro_f1])
        assert quality.p_values["one", "two"] == pytest.approx(swapped.pvalue, abs=0.03)


def test_the_smallest_p_value_can_survive_the_correction_for_many_pairs() -> None:
    expected = ["a", "b"] * 30
    others = {f"wrong {place}": ["b", "a"] * 30 for place in range(24)}
    quality = weigh(expected, {"right": expected, **others}, [macro_f1], draws=20)
    assert len(quality.p_values) == 300
    # Holm's correction over 300 pairs, in quality and in energy.
    assert quality.p_values["right", "wrong 0"] * 600 < 0.05


def test_the_first_metric_is_tested() -> None:
    expected, answers = unlike()
    assert weigh(expected, answers, (macro_f1, accuracy), draws=FEW_DRAWS).test == "permutation"
    assert weigh(expected, answers, (accuracy, macro_f1), draws=FEW_DRAWS).test == "McNemar"


# What has no number.


def not_a_number(answers: Answers) -> Tally:
    """None where everything is answered with the first label."""
    return tally_means(np.where(np.any(answers.predicted), 0.5, np.nan) * np.ones(len(answers.predicted)))


def test_a_metric_that_is_not_a_number_has_no_interval_and_no_pair() -> None:
    undefined = replace(accuracy, name="undefined", tally=not_a_number, counts_correct=False)
    expected, answers = unlike()
    answers = {"always": ["class 00"] * 60, **answers}
    quality = weigh(expected, answers, (undefined, accuracy), draws=FEW_DRAWS)
    found = quality.scores["always"]["undefined"]
    assert math.isnan(found.value)
    assert (found.low, found.high) == (None, None)
    assert quality.scores["one"]["undefined"].low is not None
    assert "undefined" not in quality.differences["always", "one"]
    assert "accuracy" in quality.differences["always", "one"]
    assert set(quality.p_values) == {("one", "two"), ("one", "three"), ("two", "three")}


def test_where_no_candidate_has_a_number_nothing_is_tested() -> None:
    undefined = replace(accuracy, tally=not_a_number)
    quality = weigh(["a", "b"], {"one": ["a", "a"], "two": ["a", "a"]}, [undefined], draws=FEW_DRAWS)
    assert (quality.differences, quality.p_values, quality.test) == ({("one", "two"): {}}, {}, "")


def test_one_sample_has_a_score_and_no_interval() -> None:
    quality = weigh(["a"], {"one": ["a"], "two": ["b"]})
    assert quality.scores["one"] == {"macro_f1": Interval(1), "accuracy": Interval(1)}
    assert quality.scores["two"] == {"macro_f1": Interval(0), "accuracy": Interval(0)}
    assert (quality.differences, quality.p_values) == ({}, {})
    assert quality.thin_classes == ("a",)


def test_no_candidate_at_all_has_no_quality() -> None:
    quality = weigh_quality(["a", "b"], {}, METRICS, draws=FEW_DRAWS)
    assert (quality.scores, quality.differences, quality.p_values, quality.test) == ({}, {}, {}, "")


def test_a_metric_without_bounds_has_students_interval_and_claims_nothing_where_nothing_varies() -> None:
    errors = np.random.default_rng(1).normal(100, 20, 400)

    def tally(answers: Answers) -> Tally:
        return tally_means(errors + answers.predicted[0])

    metric = Metric("minutes", tally, higher_is_better=False, unit="min", bounds=(-math.inf, math.inf))
    quality = weigh(["0"] * 400, {"0": ["0"] * 400, "1": ["1"] * 400}, [metric])
    half = student(399) * errors.std(ddof=1) / 20
    assert quality.scores["0"]["minutes"] == pytest.approx((errors.mean(), errors.mean() - half, errors.mean() + half), rel=0.005)
    # One minute more for each sample.
    assert quality.differences["0", "1"]["minutes"].value == pytest.approx(-1)
    constant = replace(metric, tally=lambda *_: tally_means([3.0] * 400))
    assert weigh(["0"] * 400, {"0": ["0"] * 400, "1": ["1"] * 400}, [constant]).scores["0"]["minutes"] == Interval(3)


def test_a_large_test_is_weighed_in_little_memory() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 22, 50_000)
    answers = {name: named(np.where(rng.random(50_000) < share, truth, 0)) for name, share in (("one", 0.8), ("two", 0.81))}
    expected = named(truth)
    tracemalloc.start()
    weigh(expected, answers, draws=60)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # All weights of 2 000 draws at once would be 400 MB, all flips 2 GB.
    assert peak < 150e6


# Metrics of texts.


def never_measured_here(*_: object) -> Part:
    raise AssertionError


KEPT = text_metric("kept", never_measured_here)


def weigh_texts(parts: Mapping[str, np.ndarray], metric: Metric = KEPT, *, draws: int = 20_000) -> Quality:
    """Of candidates with one seed each, from (samples, 2) of each."""
    answers = {name: [text_answers({metric.name: of_samples.tolist()}, len(of_samples))] for name, of_samples in parts.items()}
    return weigh_answers(answers, [metric], draws=draws)


def ratio(parts: np.ndarray) -> float:
    return float(parts[..., 0].sum() / parts[..., 1].sum())


def told_parts(rng: np.random.Generator, samples: int, share: float, of: np.ndarray | None = None) -> np.ndarray:
    """So much found of one to nine things in each document."""
    of = rng.integers(1, 10, samples) if of is None else of
    return np.stack([rng.binomial(of, share), of], axis=1).astype(float)


def two_writers(samples: int = 60, other: float = 0.5) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(11)
    one = told_parts(rng, samples, 0.6)
    return {"one": one, "other": told_parts(rng, samples, other, one[:, 1].astype(int))}


def silent(samples: int) -> np.ndarray:
    return np.tile(NOTHING_SAID, (samples, 1))


def test_intervals_of_texts_are_as_wide_as_a_plain_bootstrap_of_documents_finds() -> None:
    parts = two_writers()
    rng = np.random.default_rng(5)
    drawn = [rng.integers(0, 60, 60) for _ in range(4000)]
    of_one = np.array([ratio(parts["one"][places]) for places in drawn])
    gains = np.array([ratio(parts["one"][places]) - ratio(parts["other"][places]) for places in drawn])
    quality = weigh_texts(parts)
    score, gain = quality.scores["one"]["kept"], quality.differences["one", "other"]["kept"]
    assert score.value == pytest.approx(ratio(parts["one"]))
    assert score == pytest.approx(share_interval(ratio(parts["one"]), float(of_one.std(ddof=1)), 60), abs=0.005)
    assert ends(score) == pytest.approx(tuple(np.quantile(of_one, [0.025, 0.975])), abs=0.02)
    assert gain.value == pytest.approx(ratio(parts["one"]) - ratio(parts["other"]))
    # Wider by the two samples that are added, and no more.
    assert ends(gain) == pytest.approx(tuple(np.quantile(gains, [0.025, 0.975])), abs=0.02)
    assert width(gain) > np.diff(np.quantile(gains, [0.025, 0.975]))[0]


def test_a_metric_of_texts_that_each_count_the_same_has_the_interval_of_a_mean() -> None:
    values = np.random.default_rng(1).beta(4, 5, 400)
    parts = np.stack([values, np.ones(400)], axis=1)
    half = student(399) * values.std(ddof=1) / 20
    found = weigh_texts({"only": parts}).scores["only"]["kept"]
    assert found == pytest.approx((values.mean(), values.mean() - half, values.mean() + half), abs=0.002)


@pytest.mark.parametrize("metric", [KEPT, replace(KEPT, counts_correct=True)])
def test_texts_are_tested_by_swapping_what_was_measured_on_them_even_where_that_is_how_right_they_are(metric: Metric) -> None:
    parts = two_writers(30, 0.6)
    rng = np.random.default_rng(3)
    gain = abs(ratio(parts["one"]) - ratio(parts["other"]))
    swapped = np.array([rng.random(30) < 0.5 for _ in range(4000)])[..., None]
    one, other = (np.where(swapped, parts[b], parts[a]) for a, b in (("one", "other"), ("other", "one")))
    as_far = [abs(ratio(ours) - ratio(theirs)) >= gain - 1e-12 for ours, theirs in zip(one, other, strict=True)]
    quality = weigh_texts(parts, metric)
    assert quality.test == "permutation"
    assert 0.02 < np.mean(as_far) < 0.5
    assert quality.p_values["one", "other"] == pytest.approx(np.mean(as_far), abs=0.03)


# Of the few, one resample in 500 has none at all.
@pytest.mark.parametrize(("told_of", "others", "wider"), [(20, 180, 1.15), (6, 54, 1.4)])
def test_documents_that_a_metric_says_nothing_of_make_it_no_surer(told_of: int, others: int, wider: float) -> None:
    parts = two_writers(told_of)
    alone = weigh_texts(parts)
    beside = weigh_texts({name: np.concatenate([told, silent(others)]) for name, told in parts.items()})
    for found, wanted in (
        (beside.scores["one"]["kept"], alone.scores["one"]["kept"]),
        (beside.differences["one", "other"]["kept"], alone.differences["one", "other"]["kept"]),
    ):
        assert found.value == pytest.approx(wanted.value)
        # A little wider: how many of them a resample has varies too.
        assert width(wanted) * 0.97 < width(found) < width(wanted) * wider
    assert beside.p_values["one", "other"] == pytest.approx(alone.p_values["one", "other"], abs=0.02)


def test_two_told_documents_of_many_are_two_and_resamples_without_them_tell_nothing() -> None:
    # Every eighth resample has neither of the two.
    told = np.concatenate([[Part(3, 3), Part(3, 3)], silent(28)])
    found = weigh_texts({"only": told}).scores["only"]["kept"]
    assert found == pytest.approx((1, 2 / (2 + student(1) ** 2), 1))
    apart = np.concatenate([[Part(3, 3), Part(0, 3)], silent(28)])
    low, high = ends(weigh_texts({"only": apart}).scores["only"]["kept"])
    assert low < 0.05
    assert high > 0.95
    same = weigh_texts({"one": told, "same": told}).differences["one", "same"]["kept"]
    most = student(1) ** 2 / (2 + student(1) ** 2)
    assert same == pytest.approx((0, -most, most))


def test_of_one_told_document_there_is_a_value_and_neither_interval_nor_test() -> None:
    quality = weigh_texts({name: np.concatenate([[Part(amount, 3)], silent(9)]) for name, amount in (("one", 3), ("two", 0))})
    assert (quality.scores["one"]["kept"], quality.scores["two"]["kept"]) == (Interval(1), Interval(0))
    assert (quality.differences, quality.p_values, quality.test) == ({("one", "two"): {}}, {}, "")


def test_a_metric_that_says_nothing_of_any_text_has_no_interval_and_no_pair() -> None:
    parts = {"told": two_writers(10)["one"], "silent": silent(10)}
    quality = weigh_texts(parts)
    assert math.isnan(quality.scores["silent"]["kept"].value)
    assert (quality.scores["silent"]["kept"].low, quality.differences["told", "silent"]) == (None, {})
    assert quality.scores["told"]["kept"].low is not None


def test_seeds_of_which_one_tells_less_are_averaged() -> None:
    told = two_writers(10)["one"]
    seeds = [text_answers({"kept": parts.tolist()}, 10) for parts in (told, np.concatenate([told[:2], silent(8)]))]
    found = weigh_answers({"only": seeds}, [KEPT]).scores["only"]["kept"]
    assert found.value == pytest.approx((ratio(told) + ratio(told[:2])) / 2)
    assert all(math.isfinite(end) for end in ends(found))


def test_lengths_of_texts_have_students_interval_and_no_upper_bound() -> None:
    lengths = np.random.default_rng(2).normal(120, 30, 100)
    words = text_metric("words", never_measured_here, higher_is_better=False, unit="words", bounds=(0.0, math.inf))
    found = weigh_texts({"only": np.stack([lengths, np.ones(100)], axis=1)}, words).scores["only"]["words"]
    half = student(99) * lengths.std(ddof=1) / 10
    assert found == pytest.approx((lengths.mean(), lengths.mean() - half, lengths.mean() + half), rel=0.01)


def test_texts_have_no_classes_that_could_be_thin() -> None:
    assert weigh_texts(two_writers(3), draws=FEW_DRAWS).thin_classes == ()


# How often they are right.


def assert_held(found: Mapping[str, object], least: float = 0.91) -> None:
    for name, each in found.items():
        share = getattr(each, "share", None)
        # 95 % but for three standard errors of a share of 300 or so.
        assert share is not None, f"{name}: too small"
        assert least <= share <= 0.99, f"{name}: {each}"


@pytest.mark.parametrize(
    "setting",
    [
        Setting(2, skewed=False, samples=100, by_class=False, right=0.8, seeds=1),
        Setting(5, skewed=True, samples=200, by_class=False, right=0.6, seeds=3),
        Setting(5, skewed=False, samples=100, by_class=False, right=0.97, seeds=3),
        Setting(22, skewed=False, samples=300, by_class=True, right=0.5, seeds=1),
    ],
)
def test_intervals_of_scores_and_of_differences_hold_the_truth(setting: Setting) -> None:
    assert_held(covered(partial(label_study, setting, draws=400), 300))


def test_intervals_of_mean_scores_of_documents_hold_the_truth() -> None:
    assert_held(covered(partial(document_study, SCORES[1], 100, draws=400), 300))


def middle(interval: Interval) -> float:
    return sum(ends(interval)) / 2


def test_a_mean_over_rare_classes_is_too_low_and_the_middle_of_its_interval_is_not() -> None:
    # Classes of which a test drawn at random happens to have few samples pull the score below what it is in the population.
    studies, samples = 200, 150
    scores, middles = [], []
    for number in range(studies):
        rng = np.random.default_rng(number)
        fair, good = (draw_population(rng, shares_of(22, skewed=False), right) for right in (0.5, 0.9))
        truth = draw_truth(rng, fair.shares, samples, by_class=False)
        answers = {
            name: named(draw_answers(rng, each, truth, rng.random(samples), 0.0)) for name, each in (("fair", fair), ("good", good))
        }
        quality = weigh(named(truth), answers, [macro_f1], seed=number, draws=200)
        score, gain = quality.scores["fair"]["macro_f1"], quality.differences["fair", "good"]["macro_f1"]
        true = fair.scores["macro_f1"], fair.scores["macro_f1"] - good.scores["macro_f1"]
        scores.append((score.value - true[0], gain.value - true[1]))
        # But for the two samples that Agresti and Min add.
        middles.append((middle(score) - true[0], middle(gain) * (samples + 2) / samples - true[1]))
    assert np.mean(scores, axis=0) == pytest.approx((-0.018, -0.01), abs=0.004)
    assert np.mean(middles, axis=0) == pytest.approx((0.0, 0.0), abs=0.005)


def test_a_difference_that_only_few_samples_show_holds_the_truth_too() -> None:
    # The first one is right where the second is, and on three of a hundred more.
    held, studies = 0, 300
    for number in range(studies):
        wrong = np.random.default_rng(number).random(100) < 0.03
        answers = {"one": ["a"] * 100, "two": ["b" if each else "a" for each in wrong]}
        quality = weigh(["a"] * 100, answers, [accuracy], seed=number, draws=400)
        low, high = ends(quality.differences["one", "two"]["accuracy"])
        held += low <= 0.03 <= high
    assert held >= 0.91 * studies


def test_candidates_that_are_alike_are_seldom_told_apart() -> None:
    told = count_alarms(METRICS, ALARM_FIELDS, 100)
    # 5 % but for three standard errors; uncorrected, one of twenty tests errs in more than half of all studies.
    assert told["any"] <= 11


# Groups.


def test_the_worst_served_group_is_that_with_the_lowest_share() -> None:
    right = np.repeat([1.0, 0.0, 1.0, 0.0, 1.0, 0.0], [45, 5, 30, 20, 40, 10])
    found = worst_served(right, ["web"] * 50 + ["desk"] * 50 + ["post"] * 50)
    assert found is not None
    assert (found.group, found.samples, found.undefined) == ("desk", 50, ())
    low, high = ends(found.interval)
    assert found.interval.value == 0.6
    assert low == interval_of_mean_share(right[50:100]).low
    # Of three, one is lowest by chance alone.
    assert high == interval_of_mean_share(right[50:100], confidence=1 - 0.05 / 3).high


def test_a_small_group_that_may_be_served_worse_still_lowers_the_low_end() -> None:
    right = np.repeat([1.0, 0.0, 1.0, 0.0], [60, 40, 3, 1])
    found = worst_served(right, ["many"] * 100 + ["few"] * 4)
    assert found is not None
    assert found.group == "many"
    assert found.interval.low == interval_of_mean_share(right[100:]).low


def test_a_group_without_test_samples_is_named_and_is_no_zero() -> None:
    found = worst_served(np.ones(10), ["web"] * 10, known=["web", "desk", "post"])
    assert found is not None
    assert (found.group, found.interval.value, found.undefined) == ("web", 1.0, ("desk", "post"))


def test_without_samples_nobody_is_worst_served() -> None:
    assert worst_served(np.ones(0), [], known=["web"]) is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 1)), min_size=1, max_size=30))
def test_no_group_has_a_lower_share_than_the_worst_served(samples: list[tuple[str, float]]) -> None:
    groups, right = zip(*samples, strict=True)
    found = worst_served(np.array(right), groups)
    assert found is not None
    means = {group: np.mean([share for name, share in samples if name == group]) for group in groups}
    assert found.interval.value == pytest.approx(min(means.values()))
    assert found.group in means
    assert found.samples == groups.count(found.group)
    low, high = ends(found.interval)
    assert 0 <= low <= found.interval.value <= high <= 1


def test_the_lowest_share_of_many_groups_that_are_served_alike_is_not_taken_for_theirs() -> None:
    # The lowest share found of twenty lies far below the true one, which is the same for all.
    held, below, studies = 0, 0, 300
    for number in range(studies):
        right = (np.random.default_rng(number).random(20 * 30) < 0.8).astype(float)
        found = worst_served(right, np.repeat(np.arange(20).astype(str), 30).tolist())
        assert found is not None
        low, high = ends(found.interval)
        held += low <= 0.8 <= high
        below += (interval_of_mean_share(right[np.arange(30)]).high or 0) < 0.8
    assert held >= 0.93 * studies


@settings(deadline=None)
@given(st.floats(0.01, 0.99), st.integers(20, 300), st.floats(0.01, 0.99))
def test_so_many_samples_and_no_fewer_settle_a_bound(value: float, samples: int, bound: float) -> None:
    def settled(number: int) -> bool:
        low, high = ends(share_interval(value, math.sqrt(value * (1 - value) / number), number))
        return not low < bound < high

    needed = samples_needed(value, samples, bound)
    if needed is None:
        assert value == pytest.approx(bound, abs=0.001)
    else:
        assert settled(needed)
        assert needed == samples or not settled(needed - 1)


def test_no_number_of_samples_settles_a_bound_that_is_the_very_share() -> None:
    assert samples_needed(0.8, 100, 0.8) is None
