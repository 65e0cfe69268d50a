"""Words: how they are cut and folded, and in which language a text is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.texts.words import TOKENIZERS, ascii_words, count_words, fold, french_stop_words, guess_language, unicode_words

# Of one sense each, and of what a city writes.
PARAGRAPHS = {
    "French": (
        "Le conseil municipal a décidé que la rue du Lavoir sera fermée aux voitures pendant les travaux, et que les riverains "
        "pourront passer à pied par le quai."
    ),
    "English": (
        "The city council has decided that the street will be closed to cars during the works, and that all the people who live "
        "there can walk by the river."
    ),
    "German": (
        "Der Stadtrat hat beschlossen, dass die Straße während der Arbeiten für Autos gesperrt wird und dass die Anwohner zu Fuß "
        "über den Kai gehen können."
    ),
    "Spanish": (
        "El ayuntamiento ha decidido que la calle estará cerrada a los coches durante las obras, y que los vecinos podrán pasar a "
        "pie por el muelle cuando lo quieran."
    ),
    "Italian": (
        "Il consiglio comunale ha deciso che la strada sarà chiusa alle auto durante i lavori e che gli abitanti potranno passare "
        "a piedi lungo il fiume quando lo vogliono."
    ),
    "Portuguese": (
        "A câmara municipal decidiu que a rua será fechada aos carros durante as obras e que os moradores poderão passar a pé pelo "
        "cais quando quiserem, com os seus filhos."
    ),
    "Dutch": (
        "De gemeenteraad heeft besloten dat de straat tijdens de werken voor auto's wordt afgesloten en dat de bewoners te voet "
        "langs de kade kunnen lopen als zij dat willen."
    ),
}


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("Éclairage", "eclairage"),
        ("ÇÀ ET LÀ, À NOËL", "ca et la, a noel"),
        ("cœur, Œuvre, ex æquo", "coeur, oeuvre, ex aequo"),
        ("l’école", "l'ecole"),
        # As some keyboards send it: a letter, and its accent by itself.
        ("e\u0301te\u0301", "ete"),
        ("ﬁnances", "finances"),
        ("150 m²", "150 m2"),
        ("1\u202f250\u00a0€", "1 250 €"),
    ],
)
def test_folding_leaves_plain_letters(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(st.characters(max_codepoint=0x17F)))
def test_folding_again_changes_nothing_and_leaves_no_capital(text: str) -> None:
    assert fold(fold(text)) == fold(text) == fold(text).lower()


@pytest.mark.parametrize(
    ("text", "by_unicode", "by_ascii"),
    [
        ("", [], []),
        ("… – !", [], []),
        ("La rue", ["la", "rue"], ["la", "rue"]),
        ("L’école", ["l", "école"], ["l", "cole"]),
        ("une forêt", ["une", "forêt"], ["une", "for", "t"]),
        ("e\u0301té", ["été"], ["e", "t"]),
        ("Saint-Jean_Est", ["saint", "jean", "est"], ["saint", "jean", "est"]),
        ("1 250,50 €", ["1", "250", "50"], ["1", "250", "50"]),
    ],
)
def test_a_tokenizer_cuts_words_as_its_name_says(text: str, by_unicode: list[str], by_ascii: list[str]) -> None:
    assert unicode_words(text) == by_unicode
    assert ascii_words(text) == by_ascii
    assert TOKENIZERS["unicode words"](text) == by_unicode
    assert TOKENIZERS["rouge-score default"](text) == by_ascii


@given(st.text(st.characters(codec="ascii").filter(lambda sign: sign != "_")))
def test_without_accents_both_tokenizers_cut_alike(text: str) -> None:
    assert unicode_words(text) == ascii_words(text)


@pytest.mark.parametrize(
    ("text", "words"), [("", 0), (" \n\t", 0), ("l’école", 1), ("1 250 €", 3), ("1\u202f250\u00a0€", 3), ("La\nrue  : fermée", 4)]
)
def test_a_limit_counts_what_white_space_parts(text: str, words: int) -> None:
    assert count_words(text) == words


@pytest.mark.parametrize("language", PARAGRAPHS)
def test_the_language_of_a_paragraph_is_told(language: str) -> None:
    assert guess_language(PARAGRAPHS[language]) == language
    assert guess_language(PARAGRAPHS[language].upper()) == language


@pytest.mark.parametrize("language", sorted(set(PARAGRAPHS) - {"French"}))
def test_a_long_quotation_does_not_make_a_french_text_foreign(language: str) -> None:
    assert guess_language(f"{PARAGRAPHS['French']} « {PARAGRAPHS[language]} » {PARAGRAPHS['French']}") == "French"


@pytest.mark.parametrize(
    "text",
    [
        "",
        # Nineteen words.
        " ".join(PARAGRAPHS["English"].split()[:19]),
        # A table of figures, and a text in letters of which no list knows anything.
        "12 345 | 678 \n" * 20,
        "\u043c\u044d\u0440\u0438\u044f " * 30,
        "* – … !" * 50,
    ],
)
def test_no_language_is_told_where_nothing_shows_one(text: str) -> None:
    assert guess_language(text) is None


def test_twenty_words_are_enough_to_show_a_language() -> None:
    assert guess_language(" ".join(PARAGRAPHS["English"].split()[:20])) == "English"


@pytest.mark.parametrize("word", ["le", "la", "les", "de", "des", "et", "un", "une", "qui", "est", "a", "meme", "ete"])
def test_usual_little_words_are_stop_words_without_their_accents(word: str) -> None:
    assert word in french_stop_words()


@pytest.mark.parametrize("word", ["rue", "maire", "travaux", "été", "", "mai"])
def test_words_that_say_something_are_no_stop_words(word: str) -> None:
    assert word not in french_stop_words()
