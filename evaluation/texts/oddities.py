"""What is odd about a summary, and about documents to summarise. It is said; scores are what they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.messages import say, words
from evaluation.samples import Sample, Samples, Split
from evaluation.texts.words import WORD, count_words, fold, guess_language

LIMIT = "limit_words"
# A run of words that comes again says nothing new; names and set phrases are shorter.
REPEATED_RUN = 5
# Of so many runs one may come again by chance.
MOST_REPEATED = 0.2
# Dots and dashes that lead to a price or part two rows are none.
STUTTER = re.compile(r"([^\s.…_=*–—-](?:.{0,19}\S)?\s?)\1{9}")
MOST_NAMED = 3


def answer_flags(sample: Sample, answer: str, conditions: Mapping[str, Any]) -> list[str]:
    """What is odd about a summary: `empty`, `over the limit`, `longer than its source`, `repeats itself`."""
    length = count_words(answer)
    if not length:
        return [words("empty")]
    found = {
        words("over the limit"): LIMIT in conditions and length > conditions[LIMIT],
        words("longer than its source"): length > count_words(sample.input),
        words("repeats itself"): repeats_itself(answer),
    }
    return [flag for flag, holds in found.items() if holds]


def repeats_itself(text: str) -> bool:
    """Whether more than a fifth of its runs of five words are there for the second time, or a few signs ten times in a row.

    >>> repeats_itself("la rue du Four " * 3), repeats_itself("L" + "’" * 40), repeats_itself("La rue du Four, la rue du Lavoir.")
    (True, True, False)
    """
    found = WORD.findall(fold(text))
    runs = Counter(zip(*(found[begin:] for begin in range(REPEATED_RUN)), strict=False))
    return runs.total() - len(runs) > MOST_REPEATED * runs.total() or bool(STUTTER.search(text))


def document_remarks(split: Split, conditions: Mapping[str, Any]) -> list[str]:
    """What somebody should know of documents: another language, no letters, shorter than a summary may be, no reference."""
    limit = conditions.get(LIMIT, 0)
    samples = [*split.train, *split.test]
    languages = [(sample.id, guess_language(sample.input)) for sample in samples]
    foreign = [f"{sample_id} ({language})" for sample_id, language in languages if language not in {None, "French"}]
    remarks = {
        words("{number} of {total} documents not in French, for which these candidates and metrics are made: {ids}"): foreign,
        words("{number} of {total} documents without a letter: there is nothing to summarise: {ids}"): [
            each.id for each in samples if not any(map(str.isalpha, each.input))
        ],
        words(
            "{number} of {total} documents of no more than {limit} words, the limit of a summary: a copy is a perfect one: {ids}"
        ): [each.id for each in samples if count_words(each.input) <= limit],
        words("{number} of {total} documents without a reference summary: they count in what needs none: {ids}"): [
            each.id for each in samples if not each.targets
        ],
    }
    found = [
        say(template, number=len(ids), total=len(samples), limit=limit, ids=_some(ids)) for template, ids in remarks.items() if ids
    ]
    return [*map(str, found), *_hands(split.test)]


def _hands(test: Samples) -> list[str]:
    alone = sum(len(sample.targets) == 1 for sample in test) if test.further_targets else 0
    template = words("{number} of {total} test documents have one reference summary where others have more")
    return [str(say(template, number=alone, total=len(test)))] if alone else []


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:MOST_NAMED]) + (", ..." if len(ids) > MOST_NAMED else "")
