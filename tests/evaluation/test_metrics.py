"""Our metrics against scikit-learn's, for whatever labels come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from evaluation.metrics import Metric, accuracy, label_codes, macro_f1, tally_means

Answers = list[tuple[str, str]]

# Neither control characters nor halves of characters: no data file that is read may hold them.
ANY_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=4)
FEW_LABELS = st.sampled_from(["eclairage", "éclairage", "<b>"])
# Many labels for few samples, and few for many: more of both and scikit-learn warns that this looks like a regression.
EXPECTED_AND_PREDICTED = st.one_of(
    st.lists(st.tuples(FEW_LABELS | ANY_TEXT, FEW_LABELS | ANY_TEXT), min_size=1, max_size=20),
    st.lists(st.tuples(FEW_LABELS, FEW_LABELS), min_size=1, max_size=100),
)


@settings(deadline=None)
@given(EXPECTED_AND_PREDICTED)
def test_macro_f1_is_that_of_scikit_learn(answers: Answers) -> None:
    expected, predicted = zip(*answers, strict=True)
    theirs = f1_score(expected, predicted, average="macro", zero_division=0)
    assert macro_f1.compute(expected, predicted) == pytest.approx(theirs)


@settings(deadline=None)
@given(EXPECTED_AND_PREDICTED)
def test_accuracy_is_that_of_scikit_learn(answers: Answers) -> None:
    expected, predicted = zip(*answers, strict=True)
    assert accuracy.compute(expected, predicted) == pytest.approx(accuracy_score(expected, predicted))


@given(EXPECTED_AND_PREDICTED)
def test_scores_do_not_depend_on_what_the_labels_are_called(answers: Answers) -> None:
    expected, predicted = zip(*answers, strict=True)
    _, truth, answer = label_codes(expected, predicted)
    for metric in (macro_f1, accuracy):
        assert metric.compute(truth, answer) == metric.compute(expected, predicted)


@given(EXPECTED_AND_PREDICTED)
def test_label_codes_lead_back_to_the_labels(answers: Answers) -> None:
    expected, predicted = zip(*answers, strict=True)
    labels, truth, answer = label_codes(expected, predicted)
    assert tuple(labels[truth]) == expected
    assert tuple(labels[answer]) == predicted
    assert list(labels) == sorted({*expected, *predicted})


def test_a_label_that_is_only_predicted_pulls_macro_f1_down() -> None:
    # a: 2 x 1 / (2 + 1) = 2/3; the invented label: 0; their mean is 1/3.
    assert macro_f1.compute(["a", "a"], ["a", "invented"]) == pytest.approx(1 / 3)


def test_a_rare_class_weighs_as_much_as_a_frequent_one_in_macro_f1_only() -> None:
    expected, predicted = ["frequent"] * 9 + ["rare"], ["frequent"] * 10
    assert accuracy.compute(expected, predicted) == pytest.approx(0.9)
    # frequent: 2 x 9 / (9 + 10); rare: 0.
    assert macro_f1.compute(expected, predicted) == pytest.approx(9 / 19)


def by_tally(metric: Metric, expected: list[str], predicted: list[str], *, labels: int | None = None) -> float:
    known, truth, answer = label_codes(expected, predicted)
    tally = metric.tally(truth, answer, labels or len(known))
    return float(tally.value(np.asarray(tally.parts.sum(axis=0), dtype=float).reshape(-1)))


@settings(deadline=None)
@given(EXPECTED_AND_PREDICTED, st.integers(0, 3))
def test_a_tally_gives_the_same_value_whatever_labels_others_have(answers: Answers, more: int) -> None:
    expected, predicted = (list(column) for column in zip(*answers, strict=True))
    labels = len({*expected, *predicted}) + more
    theirs = f1_score(expected, predicted, average="macro", zero_division=0)
    assert by_tally(macro_f1, expected, predicted, labels=labels) == pytest.approx(theirs)
    assert by_tally(macro_f1, expected, predicted, labels=labels) == pytest.approx(macro_f1.compute(expected, predicted))
    assert by_tally(accuracy, expected, predicted, labels=labels) == pytest.approx(accuracy_score(expected, predicted))


@settings(deadline=None)
@given(
    st.lists(st.tuples(FEW_LABELS, FEW_LABELS, st.integers(0, 3)), min_size=1, max_size=30).filter(
        lambda rows: any(row[2] for row in rows)
    )
)
def test_weighing_a_sample_twice_is_having_it_twice(rows: list[tuple[str, str, int]]) -> None:
    expected, predicted, weights = (list(column) for column in zip(*rows, strict=True))
    known, truth, answer = label_codes(expected, predicted)
    twice = [
        [label for label, weight in zip(column, weights, strict=True) for _ in range(weight)] for column in (expected, predicted)
    ]
    sums = macro_f1.tally(truth, answer, len(known)).parts.T @ np.array(weights, dtype=float)
    assert macro_f1.tally(truth, answer, len(known)).value(sums) == pytest.approx(macro_f1.compute(*twice))


def test_a_tally_values_many_resamples_at_once() -> None:
    tally = tally_means([0.0, 0.5, 1.0])
    weights = np.array([[1, 1, 1], [0, 0, 3], [3, 0, 0]]).T
    assert tally.value((tally.parts.T @ weights).T).tolist() == [0.5, 1.0, 0.0]


def test_a_label_that_is_never_answered_has_no_f1_but_zero() -> None:
    # "b" is 2 x 0 / (1 + 0), "a" 2 x 1 / (1 + 2).
    assert by_tally(macro_f1, ["a", "b"], ["a", "a"]) == pytest.approx(1 / 3)


def test_only_a_mean_over_classes_says_that_it_is_one() -> None:
    assert (macro_f1.over_classes, macro_f1.counts_correct) == (True, False)
    assert (accuracy.over_classes, accuracy.counts_correct) == (False, True)
