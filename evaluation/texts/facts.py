"""Facts of French texts: those that a summary must hold, and those that it states without its source.

Compared are words, and numbers, dates, times and amounts by their value (`numbers.plain`). Nothing is understood: that a sentence
is wrong although all its facts are in the source, no metric here can see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from evaluation.texts.numbers import MONTHS, plain
from evaluation.texts.sentences import split_sentences
from evaluation.texts.words import WORD, fold, french_stop_words

# Between the wordings of a fact, and between the parts of a wording.
OTHERWISE, BESIDES = "|", "&"


def found_facts(facts: str, summary: str) -> tuple[int, int]:
    r"""How many of the facts that a summary must hold it holds, and how many there are.

    A fact is a line: wordings separated by ` | `, of which one must be found. A wording is found when its words follow each other
    in the text; of parts separated by ` & ` each must be found, in any order. A word that ends in `*` stands for longer words too.

    >>> found_facts("48 000 €\nrue du Lavoir & ferm* | rue & barr*", "La rue du Lavoir sera fermée ; cela coûte 48.000 euros.")
    (2, 2)
    """
    listed = compile_facts(facts)
    return count_facts(listed, summary), len(listed)


def holds_fact(fact: str, text: str) -> bool:
    """Whether a text says a fact in one of its wordings."""
    return count_facts(compile_facts(fact), text) > 0


# Of each fact its wordings, of each wording its parts.
Facts = Sequence[Sequence[Sequence[re.Pattern[str]]]]


def compile_facts(facts: str) -> Facts:
    """Facts as `found_facts` reads them, made ready to be looked for in many texts."""
    return [_wordings(line) for line in facts.splitlines() if line.strip()]


def count_facts(facts: Facts, text: str) -> int:
    """How many of the facts a text says."""
    words = plain(text)
    return sum(any(all(part.search(words) for part in wording) for wording in fact) for fact in facts)


def _wordings(fact: str) -> tuple[tuple[re.Pattern[str], ...], ...]:
    return tuple(tuple(_pattern(part) for part in wording.split(BESIDES)) for wording in fact.split(OTHERWISE) if wording.strip())


def _pattern(part: str) -> re.Pattern[str]:
    # The star is no letter: a word stands for it until the others are in their plain form.
    words = plain(part.replace("*", "xxstar ")).split()
    return re.compile(" " + " ".join(re.sub("xxstar$", r"\\w*", re.escape(word)) for word in words) + " ")


class Stated(NamedTuple):
    """A fact that a text states.

    Attributes:
        kind: `number`, `amount`, `date`, `time` or `name`.
        value: what it is, in plain words.
    """

    kind: str
    value: str


def unsupported(source: str, summary: str) -> tuple[list[Stated], int]:
    """The facts of a summary that its source does not hold, and how many it states.

    Numbers, amounts, dates and times are looked for by their value, names by their words. A date is held by one that says more; a
    year may stand elsewhere. An amount is held by its number alone where that has no unit there, as in a table.
    """
    known = _known(source)
    stated = stated_facts(summary)
    return [fact for fact in stated if not known.holds(fact)], len(stated)


def stated_facts(text: str) -> list[Stated]:
    """Numbers, amounts, dates, times and names of a text, each sentence by itself, in their order."""
    return [fact for sentence in split_sentences(text) for fact in facts_of_sentence(sentence)]


def facts_of_sentence(sentence: str) -> list[Stated]:
    """The same of one sentence."""
    return [*_figures(plain(sentence)), *_names(sentence)]


_MONTH = "|".join(MONTHS)
# In plain words. An amount is a number with what it counts, as far as that is a unit of its own.
_UNIT = (
    "euros|pour cent|pour mille|m2|m3|km|metres?|hectares?|ha|kg|tonnes?|litres?|kwh|mwh|logements?|places?|voix|"
    "ans?|mois|jours?|semaines?|heures?|minutes?"
)
# "Le 22 mai, 1 250 euros": plain words have no comma between the month and what is no year.
_YEAR = rf"(?:1[5-9]|20)\d\d(?! (?:{_UNIT}) )"
_FIGURE = re.compile(
    rf"(?<= )(?:(?P<date>(?:\d{{1,2}} )?(?:{_MONTH})(?: {_YEAR})?)(?= )|(?P<time>\d{{1,2}}h\d*)(?= )"
    rf"|(?P<number>\d+(?:\.\d+)?)(?: (?P<unit>{_UNIT}))?(?= ))"
)


def _figures(words: str) -> Iterator[Stated]:
    for match in _FIGURE.finditer(words):
        if match["date"]:
            # A month by itself is a word like any other.
            if any(sign.isdigit() for sign in match["date"]):
                yield Stated("date", match["date"])
        elif match["time"]:
            yield Stated("time", match["time"])
        else:
            yield Stated("amount" if match["unit"] else "number", f"{match['number']} {match['unit'] or ''}".rstrip())


_LETTER = r"[^\W_]"
_CAPITAL = rf"(?:[A-ZÀ-ÖØ-ÞŒ]\.(?:-[A-ZÀ-ÖØ-ÞŒ]\.)*|[A-ZÀ-ÖØ-ÞŒ](?:{_LETTER}|['’.-](?={_LETTER}))*)(?!\w)"
_NAME = re.compile(rf"(?<![\w.-]){_CAPITAL}(?:[ \u00a0\u202f]{_CAPITAL})*")
_ELIDED = re.compile(r"^(?:[LDlJMNSTCdjmnstc]|[Qq]u|[Ll]orsqu|[Jj]usqu|[Pp]uisqu)['’]")
_BEFORE_SENTENCE = re.compile(r"(?:^|[.!?…:;«»\"“”(|–—•-])\s*$")
# What stands before a name and is written in several ways.
TITLES = {
    "m",
    "mm",
    "mme",
    "mmes",
    "mlle",
    "monsieur",
    "madame",
    "messieurs",
    "mesdames",
    "mademoiselle",
    "dr",
    "docteur",
    "me",
    "maitre",
}


def _names(sentence: str) -> Iterator[Stated]:
    """Runs of words with a capital. One with which a sentence begins is a name only where another follows: else nobody can tell."""
    for match in _NAME.finditer(sentence):
        run = _ELIDED.sub("", match[0])
        # "L'association Le Clic": what follows the article is no name, if it has no capital of its own.
        run = run if run[:1].isupper() else run.partition(" ")[2]
        words = WORD.findall(fold(run))
        begins = run == match[0] and bool(_BEFORE_SENTENCE.search(sentence[: match.start()]))
        while words and (words[0] in TITLES or (begins and (words[0] in french_stop_words() or TITLES & {*words[1:2]}))):
            words, begins = words[1:], False if words[0] in TITLES else begins
        if not words or (begins and len(run.split()) == 1):
            continue
        if any(word in MONTHS for word in words) or all(len(word) == 1 or word in french_stop_words() for word in words):
            continue
        yield Stated("name", " ".join(words))


class _Known(NamedTuple):
    """What a source holds.

    Attributes:
        words: all of them, plain.
        letters: all of them, folded, but with numbers and dates as they are written.
        figures: all that it states.
        numbers: every number by itself, that of a date or an amount too.
        bare: numbers without a unit.
    """

    words: str
    letters: str
    figures: frozenset[Stated]
    numbers: frozenset[str]
    bare: frozenset[str]

    def holds(self, fact: Stated) -> bool:
        """Whether a fact is supported."""
        if fact in self.figures:
            return True
        if fact.kind == "name":
            return self._holds_name(fact.value.split())
        if fact.kind == "date":
            return self._holds_date(fact.value.split())
        if fact.kind == "amount":
            return fact.value.split()[0] in self.bare
        # `18h` is no other time than `18h00`, which has the same form; a bare number may be part of anything.
        return fact.kind == "number" and fact.value in self.numbers

    def _holds_name(self, words: list[str]) -> bool:
        """A name as it stands there, or two, a title and a name, say, of which one has two words: a single word proves little."""
        if self._has(words):
            return True
        cuts = [(words[:place], words[place:]) for place in range(1, len(words))]
        return any(max(map(len, parts)) > 1 and all(map(self._has, parts)) for parts in cuts)

    def _has(self, words: list[str]) -> bool:
        return f" {' '.join(words)} " in self.letters

    def _holds_date(self, parts: list[str]) -> bool:
        year = parts[-1] if len(parts[-1]) == 4 and parts[-1].isdigit() else None
        rest = " ".join(parts[:-1] if year else parts)
        return f" {rest} " in self.words and (year is None or year in self.numbers)


@lru_cache(maxsize=256)
def _known(source: str) -> _Known:
    sentences = [plain(sentence) for sentence in split_sentences(source)]
    words = "".join(sentences)
    figures = frozenset(figure for sentence in sentences for figure in _figures(sentence))
    numbers = frozenset(number for number in re.findall(r"\d+(?:\.\d+)?", words))
    bare = frozenset(figure.value for figure in figures if figure.kind == "number")
    letters = f" {' '.join(WORD.findall(fold(source)))} "
    return _Known(words, letters, figures, numbers, bare)
