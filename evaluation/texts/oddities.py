"""What is odd about a summary, and about documents to summarise. It is said; scores are what they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

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
    words = count_words(answer)
    if not words:
        return ["empty"]
    found = {
        "over the limit": LIMIT in conditions and words > conditions[LIMIT],
        "longer than its source": words > count_words(sample.input),
        "repeats itself": repeats_itself(answer),
    }
    return [flag for flag, holds in found.items() if holds]


def repeats_itself(text: str) -> bool:
    """Whether more than a fifth of its runs of five words are there for the second time, or a few signs ten times in a row.

    >>> repeats_itself("la rue du Four " * 3), repeats_itself("L" + "’" * 40), repeats_itself("La rue du Four, la rue du Lavoir.")
    (True, True, False)
    """
    words = WORD.findall(fold(text))
    runs = Counter(zip(*(words[begin:] for begin in range(REPEATED_RUN)), strict=False))
    return runs.total() - len(runs) > MOST_REPEATED * runs.total() or bool(STUTTER.search(text))


def document_remarks(split: Split, conditions: Mapping[str, Any]) -> list[str]:
    """What somebody should know of documents: another language, no letters, shorter than a summary may be, no reference."""
    limit = conditions.get(LIMIT, 0)
    samples = [*split.train, *split.test]
    languages = [(sample.id, guess_language(sample.input)) for sample in samples]
    foreign = [f"{sample_id} ({language})" for sample_id, language in languages if language not in {None, "French"}]
    remarks = {
        "not in French, for which these candidates and metrics are made": foreign,
        "without a letter: there is nothing to summarise": [each.id for each in samples if not any(map(str.isalpha, each.input))],
        f"of no more than {limit} words, the limit of a summary: a copy is a perfect one": [
            each.id for each in samples if count_words(each.input) <= limit
        ],
        "without a reference summary: they count in what needs none": [each.id for each in samples if not each.targets],
    }
    total = len(samples)
    return [f"{len(ids)} of {total} documents {what}: {_some(ids)}" for what, ids in remarks.items() if ids] + _hands(split.test)


def _hands(test: Samples) -> list[str]:
    alone = sum(len(sample.targets) == 1 for sample in test) if test.further_targets else 0
    return [f"{alone} of {len(test)} test documents have one reference summary where others have more"] if alone else []


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:MOST_NAMED]) + (", ..." if len(ids) > MOST_NAMED else "")
