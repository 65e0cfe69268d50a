"""How easily a French text reads."""

from __future__ import annotations

import re

from evaluation.texts.sentences import split_sentences
from evaluation.texts.words import WORD

# Behind an é, and at a diaeresis, another syllable begins.
_VOWELS = re.compile(r"[aeiouyàâèêîôùûœæäëïöü][aeiouyàâèêîôùûœæ]*é?|é")
_SILENT_END = re.compile(r"(?<=[^aeiouyàâäéèêëîïôöùûü])es?$")


def reading_ease(text: str) -> float | None:
    """The reading ease of a French text: 100 is very easy, 0 is very hard; none without words.

    Flesch's measure with the weights of Kandel and Moles (1958, "Application de l'indice de Flesch à la langue française", Cahiers
    d'études de radio-télévision 19): 207 - 1.015 words a sentence - 73.6 syllables a word. Between 0 and 100 here, for beyond it
    tells nothing. Syllables are counted by their vowels (`count_syllables`).
    """
    words = [word for word in WORD.findall(text) if _VOWELS.search(word.lower())]
    if not words:
        return None
    sentences = max(1, len(split_sentences(text)))
    syllables = sum(map(count_syllables, words))
    return min(100.0, max(0.0, 207 - 1.015 * len(words) / sentences - 73.6 * syllables / len(words)))


def count_syllables(word: str) -> int:
    """Spoken syllables of a French word, at least one: groups of vowels, without the silent `e` or `es` of its end.

    Hyphenation libraries divide where a printer may, and leave `école` in one piece: their counts made official texts look easy.

    >>> [count_syllables(word) for word in ("rue", "école", "municipalité", "arrêtés", "noël", "réunion")]
    [1, 2, 6, 3, 2, 3]
    """
    return max(1, len(_VOWELS.findall(_SILENT_END.sub("", word.lower()))))
