"""Our metrics against scikit-learn's, for whatever labels come; and those of texts, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from evaluation.metrics import (
    NOTHING_SAID,
    Answers,
    Metric,
    Part,
    accuracy,
    label_answers,
    label_codes,
    macro_f1,
    sums_of,
    tally_means,
    text_answers,
    text_metric,
)
from evaluation.samples import Sample
from evaluation.task import Task, Unit

Pairs = list[tuple[str, str]]

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
def test_macro_f1_is_that_of_scikit_learn(answers: Pairs) -> None:
    expected, predicted = zip(*answers, strict=True)
    theirs = f1_score(expected, predicted, average="macro", zero_division=0)
    assert macro_f1.value(label_answers(expected, predicted)) == pytest.approx(theirs)


@settings(deadline=None)
@given(EXPECTED_AND_PREDICTED)
def test_accuracy_is_that_of_scikit_learn(answers: Pairs) -> None:
    expected, predicted = zip(*answers, strict=True)
    assert accuracy.value(label_answers(expected, predicted)) == pytest.approx(accuracy_score(expected, predicted))


@given(EXPECTED_AND_PREDICTED)
def test_scores_do_not_depend_on_what_the_labels_are_called(answers: Pairs) -> None:
    expected, predicted = zip(*answers, strict=True)
    _, truth, answer = label_codes(expected, predicted)
    numbered = label_answers([f"{place:03}" for place in truth], [f"{place:03}" for place in answer])
    for metric in (macro_f1, accuracy):
        assert metric.value(numbered) == metric.value(label_answers(expected, predicted))


@given(EXPECTED_AND_PREDICTED)
def test_label_codes_lead_back_to_the_labels(answers: Pairs) -> None:
    expected, predicted = zip(*answers, strict=True)
    labels, truth, answer = label_codes(expected, predicted)
    assert tuple(labels[truth]) == expected
    assert tuple(labels[answer]) == predicted
    assert list(labels) == sorted({*expected, *predicted})


def test_a_label_that_is_only_predicted_pulls_macro_f1_down() -> None:
    # a: 2 x 1 / (2 + 1) = 2/3; the invented label: 0; their mean is 1/3.
    assert macro_f1.value(label_answers(["a", "a"], ["a", "invented"])) == pytest.approx(1 / 3)


def test_a_rare_class_weighs_as_much_as_a_frequent_one_in_macro_f1_only() -> None:
    expected, predicted = ["frequent"] * 9 + ["rare"], ["frequent"] * 10
    assert accuracy.value(label_answers(expected, predicted)) == pytest.approx(0.9)
    # frequent: 2 x 9 / (9 + 10); rare: 0.
    assert macro_f1.value(label_answers(expected, predicted)) == pytest.approx(9 / 19)


def by_tally(metric: Metric, expected: list[str], predicted: list[str], *, labels: int | None = None) -> float:
    known, truth, answer = label_codes(expected, predicted)
    tally = metric.tally(Answers(truth, answer, labels or len(known)))
    return float(tally.value(sums_of(tally.parts)))


@settings(deadline=None)
@given(EXPECTED_AND_PREDICTED, st.integers(0, 3))
def test_a_tally_gives_the_same_value_whatever_labels_others_have(answers: Pairs, more: int) -> None:
    expected, predicted = (list(column) for column in zip(*answers, strict=True))
    labels = len({*expected, *predicted}) + more
    theirs = f1_score(expected, predicted, average="macro", zero_division=0)
    assert by_tally(macro_f1, expected, predicted, labels=labels) == pytest.approx(theirs)
    assert by_tally(macro_f1, expected, predicted, labels=labels) == pytest.approx(
        macro_f1.value(label_answers(expected, predicted))
    )
    assert by_tally(accuracy, expected, predicted, labels=labels) == pytest.approx(accuracy_score(expected, predicted))


@settings(deadline=None)
@given(
    st.lists(st.tuples(FEW_LABELS, FEW_LABELS, st.integers(0, 3)), min_size=1, max_size=30).filter(
        lambda rows: any(row[2] for row in rows)
    )
)
def test_weighing_a_sample_twice_is_having_it_twice(rows: list[tuple[str, str, int]]) -> None:
    expected, predicted, weights = (list(column) for column in zip(*rows, strict=True))
    answers = label_answers(expected, predicted)
    twice = [
        [label for label, weight in zip(column, weights, strict=True) for _ in range(weight)] for column in (expected, predicted)
    ]
    sums = macro_f1.tally(answers).parts.T @ np.array(weights, dtype=float)
    assert macro_f1.tally(answers).value(sums) == pytest.approx(macro_f1.value(label_answers(*twice)))


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


# Metrics of texts


def kept_words(sample: Sample, answer: str) -> Part:
    """How many of the first reference's words an answer has; nothing where there is no reference."""
    if not sample.targets:
        return NOTHING_SAID
    wanted = set(sample.targets[0].split())
    return Part(len(wanted & set(answer.split())), len(wanted))


KEPT = text_metric("kept words", kept_words)
PARTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=20)


def value_of(*parts: tuple[float, float]) -> float:
    return KEPT.value(text_answers({"kept words": parts}, len(parts)))


def test_a_metric_of_texts_is_the_sum_of_the_amounts_over_the_sum_of_what_they_are_parts_of() -> None:
    # Not the mean of 1/2 and 3/10.
    assert value_of(Part(1, 2), Part(3, 10)) == pytest.approx(4 / 12)


def test_where_each_answer_counts_the_same_a_metric_of_texts_is_a_plain_mean() -> None:
    assert value_of(Part(0.25), Part(0.5), Part(0.9)) == pytest.approx(0.55)


def test_an_answer_of_which_a_metric_says_nothing_changes_it_in_nothing() -> None:
    assert value_of(NOTHING_SAID, Part(1, 2), NOTHING_SAID, Part(3, 10)) == value_of(Part(1, 2), Part(3, 10))


def test_a_metric_that_says_nothing_of_any_answer_is_no_number_and_no_zero() -> None:
    assert math.isnan(value_of(NOTHING_SAID, NOTHING_SAID))
    assert value_of(Part(0, 3), NOTHING_SAID) == 0


def test_of_many_resamples_only_those_without_a_told_answer_are_no_number() -> None:
    tally = KEPT.tally(text_answers({"kept words": [Part(1, 2), NOTHING_SAID, Part(3, 10)]}, 3))
    weights = np.array([[1, 1, 1], [0, 3, 0], [2, 1, 0], [0, 0, 3]]).T
    found = tally.value((tally.parts.T @ weights).T)
    assert found.tolist() == pytest.approx([4 / 12, math.nan, 0.5, 0.3], nan_ok=True)


@given(PARTS)
def test_a_metric_of_texts_does_not_depend_on_the_order_of_the_answers(parts: list[tuple[int, int]]) -> None:
    assert value_of(*parts) == pytest.approx(value_of(*reversed(parts)), nan_ok=True)
    assert value_of(*parts, *parts) == pytest.approx(value_of(*parts), nan_ok=True)


def test_each_metric_of_texts_reads_what_was_measured_for_it() -> None:
    other = text_metric("other", kept_words)
    answers = text_answers({"other": [Part(1, 4)], "kept words": [Part(1, 2)]}, 1)
    assert (KEPT.value(answers), other.value(answers)) == (0.5, 0.25)


def test_answers_that_were_recorded_before_there_was_a_metric_say_nothing_of_it() -> None:
    assert math.isnan(KEPT.value(text_answers({"other": [Part(1, 4), Part(1, 4)]}, 2)))


def test_a_metric_of_texts_keeps_how_it_measures_and_what_it_is_told_of_itself() -> None:
    words = text_metric("words", kept_words, higher_is_better=False, unit="words", bounds=(0.0, math.inf), needs="facts")
    assert words.measure is kept_words
    assert (words.higher_is_better, words.unit, words.bounds, words.needs) == (False, "words", (0.0, math.inf), "facts")
    assert (KEPT.higher_is_better, KEPT.unit, KEPT.bounds, KEPT.needs) == (True, "", (0.0, 1.0), None)


def task_of(*metrics: Metric) -> Task:
    return Task("notes", "1", "notes.csv", "note", "summary", Unit("one note", 1), metrics)


def test_a_tasks_metrics_are_all_of_labels_or_all_of_texts() -> None:
    with pytest.raises(ValueError, match="all of labels or all of texts, got both: accuracy, kept words"):
        task_of(accuracy, KEPT)
    with pytest.raises(ValueError, match="got both: kept words, accuracy"):
        task_of(KEPT, accuracy)


def test_answers_are_texts_where_metrics_measure_them() -> None:
    assert task_of(KEPT, text_metric("other", kept_words)).answers_are_texts
    assert not task_of(accuracy, macro_f1).answers_are_texts
