"""Words: how a text is cut into them, in which language they are, and which of them say nothing by themselves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

# A run of letters and digits of any alphabet; an underscore is neither.
WORD = re.compile(r"[^\W_]+")
ASCII_WORD = re.compile(r"[a-z0-9]+")
# Signs that stand over or under a letter, of any alphabet that combines them so.
ACCENT = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
# Fewer words show no language: a table, say, or a list of names.
FEWEST_WORDS = 20
# French is taken for granted unless another language has clearly more of its own little words.
CLEARLY = 1.5


def normal_text(text: str) -> str:
    """A text as it is compared with others: letter case and white space make no difference."""
    return " ".join(text.casefold().split())


def fold(text: str) -> str:
    """The text without accents, capitals, ligatures or typographic apostrophes.

    >>> fold("L’Éclairage du chœur")
    "l'eclairage du choeur"
    """
    plain = text.lower().replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    return ACCENT.sub("", unicodedata.normalize("NFKD", plain))


def unicode_words(text: str) -> list[str]:
    """Words of any alphabet in lower case, with their accents.

    >>> unicode_words("L’été, 1 250,50 € d’aide à l'école")
    ['l', 'été', '1', '250', '50', 'd', 'aide', 'à', 'l', 'école']
    """
    return WORD.findall(unicodedata.normalize("NFC", text).lower())


def ascii_words(text: str) -> list[str]:
    """Words as `rouge-score` 0.1.2 cuts them without its stemmer: every letter with an accent is lost and parts its word.

    It is here so that published French scores can be compared with; they were computed so.

    >>> ascii_words("L’été, 1 250,50 € d’aide à l'école")
    ['l', 't', '1', '250', '50', 'd', 'aide', 'l', 'cole']
    """
    return ASCII_WORD.findall(text.lower())


# By the name under which scores are quoted.
TOKENIZERS: dict[str, Callable[[str], list[str]]] = {"unicode words": unicode_words, "rouge-score default": ascii_words}


def count_words(text: str) -> int:
    """Words as a length limit counts them: what white space parts, as word processors do."""
    return len(text.split())


@cache
def french_stop_words() -> frozenset[str]:
    """French words that say nothing by themselves, folded."""
    return _stop_words("FRENCH")


# The languages of documents that a French city may get; the names are those of `bm25s.stopwords`.
LANGUAGES = {
    "French": "FRENCH",
    "English": "EN",
    "German": "GERMAN",
    "Spanish": "SPANISH",
    "Italian": "ITALIAN",
    "Portuguese": "PORTUGUESE",
    "Dutch": "DUTCH",
}


@cache
def _stop_words(name: str) -> frozenset[str]:
    # bm25s carries the lists of NLTK and Snowball for these languages, without a download.
    from bm25s import stopwords

    listed: Sequence[str] = getattr(stopwords, f"STOPWORDS_{name}")
    return frozenset(word for entry in listed for word in WORD.findall(fold(entry)))


def guess_language(text: str) -> str | None:
    """The language whose little words are most frequent; none where there are too few words, or none of them is known."""
    words = WORD.findall(fold(text[:20_000]))
    if len(words) < FEWEST_WORDS:
        return None
    counts = {language: sum(word in _stop_words(name) for word in words) for language, name in LANGUAGES.items()}
    best = max(counts, key=lambda language: counts[language])
    if not counts[best]:
        return None
    return best if counts[best] > CLEARLY * counts["French"] else "French"
