"""Metrics of summaries on three documents, by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from evaluation.judgement.quality import weigh_answers
from evaluation.metrics import NOTHING_SAID, Metric, Part, text_answers
from evaluation.samples import Samples
from evaluation.texts.metrics import (
    FACTS,
    compression,
    exact_match,
    fact_recall,
    found_first,
    reading_ease_fr,
    reciprocal_rank,
    rouge,
    unsupported_facts,
)
from evaluation.texts.words import TOKENIZERS

SAMPLES = Samples(
    ids=["1", "2", "3"],
    inputs=["La rue du Lavoir ferme le 3 juin à 18 h.", "Il en coûte 48 000 €.", "La mairie ouvre lundi."],
    targets=["la rue ferme", "", ""],
    further_targets=(["la rue du lavoir", "il en coûte 48000", ""],),
    marks={FACTS: ["rue du Lavoir\n3 juin\n18 h", "48 000 €", ""]},
)
ANSWERS = ["la rue du lavoir ferme le 4 juin", "48 000 euros", "La mairie ouvre lundi."]


def parts(metric: Metric, answers: Sequence[str] = ANSWERS, samples: Samples = SAMPLES) -> list[Part]:
    assert metric.measure is not None
    return [metric.measure(sample, answer) for sample, answer in zip(samples, answers, strict=True)]


def value(metric: Metric, answers: Sequence[str] = ANSWERS, samples: Samples = SAMPLES) -> float:
    return metric.value(text_answers({metric.name: parts(metric, answers, samples)}, len(samples)))


def one(answer: str, document: str = "La rue ferme.", facts: str = "") -> tuple[list[str], Samples]:
    """An answer to a document of its own."""
    return [answer], Samples(["1"], [document], [""], marks={FACTS: [facts]})


def test_rouge_is_the_mean_over_documents_that_have_a_reference() -> None:
    # Of eight words: 2 x 3 / (8 + 3) and 2 x 4 / (8 + 4); the second is better. Of three: 2 x 1 / (3 + 4).
    first, second = 2 / 3, 0
    assert parts(rouge(1), [ANSWERS[0], "rien", ""]) == [pytest.approx((first, 1)), (second, 1), NOTHING_SAID]
    assert value(rouge(1), [ANSWERS[0], "rien", ""]) == pytest.approx(first / 2)
    # "48", "000", "euros" share nothing with "48000".
    assert value(rouge(1)) == pytest.approx(first / 2)


def test_rouge_of_pairs_and_of_the_longest_row_are_other_metrics() -> None:
    answers = ["rue la lavoir", "", ""]
    # Of three words and four: three are shared, no pair, and a row of two ("rue ... lavoir" or "la lavoir").
    assert parts(rouge(1), answers)[0] == pytest.approx((6 / 7, 1))
    assert parts(rouge(2), answers)[0] == (0, 1)
    assert parts(rouge("L"), answers)[0] == pytest.approx((4 / 7, 1))


def test_rouge_is_named_after_its_kind_and_another_tokenizer() -> None:
    assert [rouge(1).name, rouge(2).name, rouge("L").name] == ["rouge_1", "rouge_2", "rouge_l"]
    other = rouge(1, "rouge-score default")
    assert other.name == "rouge_1 rouge-score default"
    samples = Samples(["1"], [""], ["cole"])
    assert value(other, ["école"], samples) == 1
    assert value(rouge(1), ["école"], samples) == 0


def test_without_any_reference_rouge_says_nothing() -> None:
    assert math.isnan(value(rouge(1), *one("La rue ferme.")))


def test_fact_recall_is_the_mean_over_documents_of_the_share_of_their_facts() -> None:
    # One of three facts, one of one; the third document has none listed.
    assert parts(fact_recall) == [pytest.approx((1 / 3, 1)), (1, 1), NOTHING_SAID]
    assert value(fact_recall) == pytest.approx((1 / 3 + 1) / 2)


def test_without_listed_facts_fact_recall_says_nothing() -> None:
    assert math.isnan(value(fact_recall, *one("La rue ferme.")))
    assert value(fact_recall, *one("", facts="rue")) == 0


def test_unsupported_facts_are_the_share_of_all_that_are_stated() -> None:
    # "4 juin" is not in the first document; "48 000 euros" is in the second; nothing is stated of the third.
    assert parts(unsupported_facts) == [(1, 1), (0, 1), (0, 0)]
    assert value(unsupported_facts) == pytest.approx(1 / 2)
    more = ["du 3 juin au 4 juin, à 18 h, à 19 h", *ANSWERS[1:]]
    # Two of four, none of one, of none: 2/5 and no mean of shares.
    assert value(unsupported_facts, more) == pytest.approx(2 / 5)


def test_where_nothing_is_stated_unsupported_facts_say_nothing() -> None:
    assert parts(unsupported_facts, *one("La rue ferme.")) == [NOTHING_SAID]
    assert math.isnan(value(unsupported_facts, *one("La rue ferme.")))


def test_compression_is_all_words_of_the_summaries_over_all_words_of_the_documents() -> None:
    # 8, 3 and 4 words of 11, 6 and 4: no mean of shares.
    assert parts(compression) == [(8, 11), (3, 6), (4, 4)]
    assert value(compression) == pytest.approx(15 / 21)
    assert value(compression, ["", "", ""]) == 0


def test_of_an_empty_document_compression_says_nothing() -> None:
    assert math.isnan(value(compression, *one("", document="")))


def test_reading_ease_is_the_mean_over_summaries_that_have_words() -> None:
    # Four words of six syllables: 207 - 1.015 x 4 - 73.6 x 6/4; one word of one syllable is above the bound.
    ease = 207 - 1.015 * 4 - 73.6 * 6 / 4
    assert parts(reading_ease_fr, ["", "Rue.", ANSWERS[2]]) == [NOTHING_SAID, (100, 1), pytest.approx((ease, 1))]
    assert value(reading_ease_fr, ["", "Rue.", ANSWERS[2]]) == pytest.approx((100 + ease) / 2)
    assert math.isnan(value(reading_ease_fr, ["", "12", "…"]))


def test_metrics_say_which_way_is_better_and_what_they_need() -> None:
    assert [metric.higher_is_better for metric in (rouge(1), fact_recall, reading_ease_fr)] == [True] * 3
    assert [metric.higher_is_better for metric in (unsupported_facts, compression)] == [False] * 2
    assert [metric.needs for metric in (fact_recall, unsupported_facts, compression, reading_ease_fr, rouge(1))] == [
        FACTS,
        *[None] * 4,
    ]
    assert reading_ease_fr.bounds == (0.0, 100.0)
    assert fact_recall.counts_correct


def test_a_sample_without_marks_is_measured_as_one_without_facts() -> None:
    assert parts(fact_recall, ["rue"], Samples(["1"], ["rue"], [""])) == [NOTHING_SAID]


def test_summaries_longer_than_their_documents_have_an_interval_beyond_one() -> None:
    lengths = np.random.default_rng(1).normal(21, 4, 40)
    seeds = [text_answers({"compression": [(words, 20.0) for words in lengths + more]}, 40) for more in (0.0, 1.0)]
    found = weigh_answers({"writer": seeds}, [compression]).scores["writer"]["compression"]
    assert found.value > 1
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high


@pytest.mark.parametrize("kind", [1, 2, "L"])
@pytest.mark.parametrize("tokenizer", list(TOKENIZERS))
def test_mlflow_takes_the_names_of_all_metrics(kind: int | str, tokenizer: str) -> None:
    from mlflow.utils.validation import _validate_metric_name

    _validate_metric_name(rouge(kind, tokenizer).name)
    with pytest.raises(Exception, match="Invalid value"):
        _validate_metric_name("rouge_1 (a tokenizer)")


# Answers that are a value, or a list of what was found


TWO = Samples(["1", "2", "3"], ["a", "b", "c"], ["le 3 juin", "page-7", ""], further_targets=(["3 juin", "", ""],))


def test_an_answer_matches_any_of_the_right_ones_whatever_its_case_and_white_space() -> None:
    assert parts(exact_match, ["  Le 3\nJUIN ", "page 7", "x"], TWO) == [Part(1.0), Part(0.0), NOTHING_SAID]
    assert value(exact_match, ["3 juin", "", ""], TWO) == 0.5


def test_of_a_list_the_first_line_counts_and_the_rank_of_the_first_right_one() -> None:
    # Found third, and first.
    answers = ["2 juin\n4 juin\n3 juin\nle 3 juin", "page-7\npage-8", "x"]
    assert parts(found_first, answers, TWO) == [Part(0.0), Part(1.0), NOTHING_SAID]
    assert value(found_first, answers, TWO) == 0.5
    assert value(reciprocal_rank, answers, TWO) == pytest.approx((1 / 3 + 1) / 2)


def test_what_is_not_in_the_list_adds_nothing() -> None:
    assert parts(reciprocal_rank, ["", "page-8", ""], TWO) == [Part(0.0), Part(0.0), NOTHING_SAID]
    assert value(found_first, ["", "page-8", ""], TWO) == 0.0
