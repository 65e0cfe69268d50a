"""What is said of odd summaries and of odd documents."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from evaluation.samples import Sample, Samples, Split
from evaluation.texts.oddities import answer_flags, document_remarks, repeats_itself

FRENCH = (
    "Le conseil municipal a décidé que la rue du Lavoir sera fermée aux voitures pendant les travaux, et que les riverains "
    "pourront passer à pied par le quai."
)
ENGLISH = (
    "The city council has decided that the street will be closed to cars during the works, and that all the people who live "
    "there can walk by the river."
)


def flags(document: str, answer: str, **conditions: int) -> list[str]:
    return answer_flags(Sample("1", document, (), {}), answer, conditions)


@pytest.mark.parametrize("answer", ["", " \n\t"])
def test_an_answer_without_a_word_is_empty_and_nothing_else(answer: str) -> None:
    assert flags("", answer, limit_words=0) == ["empty"]


def test_a_summary_may_have_as_many_words_as_its_limit_and_no_more() -> None:
    assert flags(FRENCH, "la rue ferme ce soir", limit_words=5) == []
    assert flags(FRENCH, "la rue ferme ce soir", limit_words=4) == ["over the limit"]
    assert flags(FRENCH, "la rue ferme ce soir") == []


def test_a_summary_may_be_as_long_as_its_source_and_no_longer() -> None:
    assert flags("La rue ferme.", "Une rue ferme") == []
    assert flags("La rue ferme.", "La rue ferme demain") == ["longer than its source"]


def test_all_that_is_odd_is_said() -> None:
    assert flags("Rue", "la rue est fermée hier " * 4, limit_words=19) == [
        "over the limit",
        "longer than its source",
        "repeats itself",
    ]


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ("", False),
        ("a a a a", False),
        # One run of one.
        ("a a a a a", False),
        # Four runs, of which one is there a second time: aaaaa, aaaaa, aaaab, aaabb.
        ("a a a a a a b b", True),
        # Five runs, of which one is: no more than a fifth.
        ("a a a a a a b b b", False),
        # Six runs, of which one is.
        ("la rue est fermée hier la rue est fermée hier", False),
        # Eleven, of which six are; letters and marks do not matter.
        ("La rue est fermée hier. La RUE est fermée : hier, la rue est « fermee » hier.", True),
        (FRENCH, False),
    ],
)
def test_a_text_repeats_itself_where_more_than_a_fifth_of_its_runs_of_five_words_come_again(text: str, repeats: bool) -> None:
    assert repeats_itself(text) is repeats


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        # One word, or none, as a small model writes that found no end: nothing repeats there but signs.
        ("L" + "’" * 10, True),
        ("L" + "’" * 9, False),
        ("la la la la la la la la la la", True),
        ("dedededededededededede", True),
        # Leaders, rules and rows of a table.
        ("Pain .............. 1,20 €", False),
        ("Recettes ---------- Dépenses __________ ==========", False),
        ("– – – – – – – – – – – –", False),
    ],
)
def test_a_text_repeats_itself_where_a_few_signs_come_ten_times_in_a_row(text: str, repeats: bool) -> None:
    assert repeats_itself(text) is repeats


def samples(inputs: Sequence[str], targets: Sequence[str] = (), further: Sequence[str] = (), begin: str = "T") -> Samples:
    return Samples(
        [f"{begin}{place}" for place in range(len(inputs))],
        inputs,
        targets or ["Résumé."] * len(inputs),
        further_targets=(further,) if further else (),
    )


def remarks(test: Samples, train: Samples | None = None, limit: int = 5) -> list[str]:
    return document_remarks(Split(train or samples([]), test), {"limit_words": limit})


def test_of_usual_documents_nothing_is_said() -> None:
    assert remarks(samples([FRENCH, FRENCH])) == []


def test_documents_in_another_language_are_named_with_it() -> None:
    assert remarks(samples([FRENCH, ENGLISH])) == [
        "1 of 2 documents not in French, for which these candidates and metrics are made: T1 (English)"
    ]


def test_documents_without_letters_are_named() -> None:
    assert remarks(samples([FRENCH, "1 250 | 3 % | 12 | 14 | 15"])) == [
        "1 of 2 documents without a letter: there is nothing to summarise: T1"
    ]


def test_documents_no_longer_than_a_summary_may_be_are_named() -> None:
    said = "1 of 2 documents of no more than 5 words, the limit of a summary: a copy is a perfect one: T1"
    assert remarks(samples([FRENCH, "La rue ferme ce soir"])) == [said]
    assert remarks(samples([FRENCH, "La rue ferme tôt ce soir"])) == []


def test_without_a_limit_no_document_is_short() -> None:
    assert document_remarks(Split(samples([]), samples(["La rue"])), {}) == []


def test_documents_without_a_reference_are_named() -> None:
    assert remarks(samples([FRENCH, FRENCH], ["", "Résumé."])) == [
        "1 of 2 documents without a reference summary: they count in what needs none: T0"
    ]
    assert remarks(samples([FRENCH, FRENCH], ["", "Résumé."], ["Autre.", "Autre."])) == [
        "1 of 2 test documents have one reference summary where others have more"
    ]


def test_documents_of_both_sides_are_counted_and_three_of_them_named() -> None:
    said = "{} documents without a reference summary: they count in what needs none: {}"
    three = samples([FRENCH] * 3, ["", "", "Résumé."])
    assert remarks(three, samples([FRENCH], [""], begin="L")) == [said.format("3 of 4", "L0, T0, T1")]
    assert remarks(three, samples([FRENCH] * 2, ["", ""], begin="L")) == [said.format("4 of 5", "L0, L1, T0, ...")]


def test_test_documents_with_fewer_references_than_others_are_counted() -> None:
    one_or_two = samples([FRENCH] * 3, ["Résumé."] * 3, ["Autre.", "", ""])
    assert remarks(one_or_two) == ["2 of 3 test documents have one reference summary where others have more"]
    # On the training side it matters to no score.
    assert remarks(samples([FRENCH]), one_or_two) == []


def test_documents_of_one_id_on_both_sides_are_both_looked_at() -> None:
    english = (
        "The mayor said that all of the streets will be closed to the cars of the city for the rest of the week and of the month."
    )
    train = Samples(["row-1"], [english], ["A summary."])
    test = Samples(["row-1"], [FRENCH], ["Un résumé."])
    assert any(each.startswith("1 of 2 documents not in French") for each in remarks(test, train))
