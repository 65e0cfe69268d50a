"""Reading ease, worked out by hand: 207 - 1.015 words a sentence - 73.6 syllables a word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.texts.readability import count_syllables, reading_ease


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("rue", 1),
        ("le", 1),
        ("est", 1),
        ("mairie", 2),
        ("école", 2),
        ("ÉCOLE", 2),
        ("lundi", 2),
        ("marché", 2),
        ("noël", 2),
        ("ouvre", 1),
        ("ouvres", 1),
        ("arrêté", 3),
        ("arrêtés", 3),
        ("municipalité", 6),
        ("bureau", 2),
        ("œuvre", 1),
    ],
)
def test_syllables_are_counted_as_they_are_spoken(word: str, syllables: int) -> None:
    assert count_syllables(word) == syllables


@pytest.mark.parametrize(
    ("text", "words", "sentences", "syllables"),
    [
        # la mai-rie ouvr(e) lun-di
        ("La mairie ouvre lundi.", 4, 1, 6),
        # le mar-ché rest(e) ou-vert
        ("La mairie ouvre lundi. Le marché reste ouvert.", 8, 2, 12),
        ("La mairie ouvre lundi et le marché reste ouvert.", 9, 1, 13),
        ("La mairie ouvre lundi\n\nLe marché reste ouvert", 8, 2, 12),
        # Figures and letters without a vowel are no words.
        ("La mairie ouvre lundi 12.", 4, 1, 6),
    ],
)
def test_reading_ease_is_that_of_the_formula(text: str, words: int, sentences: int, syllables: int) -> None:
    assert reading_ease(text) == pytest.approx(207 - 1.015 * words / sentences - 73.6 * syllables / words)


def test_reading_ease_ends_at_its_bounds() -> None:
    # One word of one syllable: 207 - 1.015 - 73.6 = 132.4; one of six: 207 - 1.015 - 441.6 < 0.
    assert reading_ease("Rue.") == 100
    assert reading_ease("Municipalité.") == 0


@pytest.mark.parametrize("text", ["", " \n", "12 345,50 €", "… !", "S. N. C. F."])
def test_without_words_there_is_no_reading_ease(text: str) -> None:
    assert reading_ease(text) is None


@settings(deadline=None)
@given(st.text())
def test_reading_ease_lies_between_its_bounds(text: str) -> None:
    ease = reading_ease(text)
    assert ease is None or 0 <= ease <= 100


@given(st.text(min_size=1))
def test_a_word_has_a_syllable_at_least(word: str) -> None:
    assert count_syllables(word) >= 1
