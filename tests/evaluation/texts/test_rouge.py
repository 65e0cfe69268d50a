"""ROUGE by hand, against a plain version of its longest row of words, and against published French scores."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.home import PROJECT
from evaluation.texts.rouge import longest_common, rouge_l, rouge_n, rouge_n_recall

ORANGESUM = PROJECT.parent / "shared" / "data" / "orangesum-abstract"
ASCII = "rouge-score default"
WORDS = st.lists(st.sampled_from(["la", "rue", "été", "école", "1"]), max_size=12)
TEXTS = WORDS.map(" ".join)
EITHER = st.sampled_from(["unicode words", ASCII])


@pytest.mark.parametrize(
    ("summary", "reference", "one", "two", "longest"),
    [
        ("la rue est fermée", "la rue est fermée", 1, 1, 1),
        # Three of four words; one of three pairs.
        ("la rue est fermée", "la rue sera fermée", 3 / 4, 1 / 3, 3 / 4),
        # 2 x 2 / (2 + 6) words, 2 x 1 / (1 + 5) pairs.
        ("rue fermée", "la rue fermée sera bientôt rouverte", 1 / 2, 1 / 3, 1 / 2),
        # A word counts as often as both have it.
        ("la la la", "la rue", 2 / 5, 0, 2 / 5),
        ("la la la", "la la", 4 / 5, 2 / 3, 4 / 5),
        # Order is nothing to single words.
        ("c b a", "a b c", 1, 0, 1 / 3),
        # A row of words may have others between.
        ("a x b x c", "a b c", 6 / 8, 0, 6 / 8),
        ("LA RUE !", "la rue", 1, 1, 1),
        ("le parc", "la rue", 0, 0, 0),
        ("rue", "rue", 1, 0, 1),
    ],
)
def test_scores_are_those_worked_out_by_hand(summary: str, reference: str, one: float, two: float, longest: float) -> None:
    assert rouge_n(summary, [reference], 1) == pytest.approx(one)
    assert rouge_n(summary, [reference], 2) == pytest.approx(two)
    assert rouge_l(summary, [reference]) == pytest.approx(longest)


@pytest.mark.parametrize(
    ("summary", "reference", "unicode", "by_ascii"),
    [
        ("Été", "été", 1, 1),
        ("e\u0301té", "été", 1, 2 * 1 / (2 + 1)),
        ("école", "cole", 0, 1),
        # la forêt / la for; la for t / la for
        ("la forêt", "la for", 1 / 2, 4 / 5),
        ("à", "à", 1, 0),
    ],
)
def test_an_accent_is_a_letter_to_one_tokenizer_and_parts_words_for_the_other(
    summary: str, reference: str, unicode: float, by_ascii: float
) -> None:
    assert rouge_n(summary, [reference], 1) == pytest.approx(unicode)
    assert rouge_l(summary, [reference]) == pytest.approx(unicode)
    assert rouge_n(summary, [reference], 1, ASCII) == pytest.approx(by_ascii)
    assert rouge_l(summary, [reference], ASCII) == pytest.approx(by_ascii)


def test_the_reference_that_fits_best_counts() -> None:
    # 2 x 1 / (2 + 2) with one, 2 x 2 / (2 + 4) with the other; of pairs none, and 2 x 1 / (1 + 3).
    references = ["rue noire", "la rue est noire"]
    assert rouge_n("la rue", references, 1) == rouge_n("la rue", references[::-1], 1) == pytest.approx(2 / 3)
    assert rouge_n("la rue", references, 2) == pytest.approx(1 / 2)
    assert rouge_l("la rue", references) == pytest.approx(2 / 3)


def test_recall_is_the_mean_share_of_each_references_words() -> None:
    # All of one, two of four of the other; an empty one says nothing.
    assert rouge_n_recall("la rue", ["la", "la rue est noire", ""], 1) == pytest.approx(3 / 4)
    assert rouge_n_recall("la rue est noire et fermée", ["la rue"], 2) == 1
    assert rouge_n_recall("la forêt", ["la for"], 1, ASCII) == 1


@pytest.mark.parametrize(
    ("summary", "references"), [("", ["la rue"]), ("… !", ["la rue"]), ("la rue", []), ("la rue", [""]), ("", [""])]
)
def test_without_words_on_either_side_nothing_is_shared(summary: str, references: list[str]) -> None:
    assert rouge_n(summary, references, 1) == 0
    assert rouge_n(summary, references, 2) == 0
    assert rouge_n_recall(summary, references, 1) == 0
    assert rouge_l(summary, references) == 0


def plain_longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """By the table of all beginnings of both."""
    lengths = [0] * (len(other) + 1)
    for word in one:
        before = lengths
        lengths = [0]
        for place, their_word in enumerate(other):
            lengths.append(before[place] + 1 if word == their_word else max(before[place + 1], lengths[place]))
    return lengths[-1]


@given(WORDS, WORDS)
def test_the_longest_row_of_words_is_that_of_the_plain_table(one: list[str], other: list[str]) -> None:
    assert longest_common(one, other) == plain_longest_common(one, other)


@given(st.text("ab", min_size=60, max_size=140), st.text("ab", min_size=60, max_size=140))
def test_rows_longer_than_a_machine_word_are_counted_as_well(one: str, other: str) -> None:
    assert longest_common(one, other) == plain_longest_common(one, other)


@given(TEXTS, TEXTS, st.integers(1, 4), EITHER)
def test_a_text_is_as_near_to_another_as_that_is_to_it(one: str, other: str, n: int, tokenizer: str) -> None:
    assert rouge_n(one, [other], n, tokenizer) == rouge_n(other, [one], n, tokenizer)
    assert rouge_l(one, [other], tokenizer) == rouge_l(other, [one], tokenizer)


@given(TEXTS, st.lists(TEXTS, max_size=3), st.integers(1, 3), EITHER)
def test_scores_lie_between_zero_and_one_and_single_words_score_highest(
    summary: str, references: list[str], n: int, tokenizer: str
) -> None:
    scores = [rouge_n(summary, references, n, tokenizer), rouge_l(summary, references, tokenizer)]
    assert all(0 <= score <= 1 for score in (*scores, rouge_n_recall(summary, references, n, tokenizer)))
    assert rouge_l(summary, references, tokenizer) <= rouge_n(summary, references, 1, tokenizer)


@given(TEXTS, st.lists(TEXTS, max_size=3), TEXTS)
def test_one_reference_more_never_lowers_a_score(summary: str, references: list[str], more: str) -> None:
    assert rouge_n(summary, [*references, more], 1) >= rouge_n(summary, references, 1)
    assert rouge_l(summary, [*references, more]) >= rouge_l(summary, references)


@settings(deadline=None)
@given(WORDS.filter(bool))
def test_a_copy_of_a_reference_scores_one(words: list[str]) -> None:
    text = " ".join(words)
    assert rouge_n(text, [text], len(words)) == rouge_l(text, [text]) == 1


@pytest.mark.skipif(not ORANGESUM.is_dir(), reason=f"no OrangeSum beside the project: {ORANGESUM}")
@pytest.mark.parametrize(("model", "published"), [("barthez", 31.45), ("mbarthez", 32.66)])
def test_published_french_scores_are_found_again(model: str, published: float) -> None:
    # Kamal Eddine, Tixier and Vazirgiannis 2021, "BARThez: a Skilled Pretrained French Sequence-to-Sequence Model".
    summaries = (ORANGESUM / f"{model}.txt").read_text(encoding="utf-8").splitlines()
    references = (ORANGESUM / "reference.txt").read_text(encoding="utf-8").splitlines()
    assert len(summaries) == 1500
    scores = [rouge_n(summary, [reference], 1, ASCII) for summary, reference in zip(summaries, references, strict=True)]
    assert 100 * fmean(scores) == pytest.approx(published, abs=0.05)
