"""Metrics of answers that are texts, for a POC's `TASK`. Each says what one answer adds; the rest is `evaluation.metrics`."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from evaluation.metrics import NOTHING_SAID, Metric, Part, text_metric
from evaluation.samples import Sample
from evaluation.texts.facts import OTHERWISE, found_facts, holds_fact, unsupported
from evaluation.texts.readability import reading_ease
from evaluation.texts.rouge import DEFAULT_TOKENIZER, rouge_l, rouge_n
from evaluation.texts.words import count_words, normal_text

FACTS = "facts"


def rouge(kind: int | str, tokenizer: str = DEFAULT_TOKENIZER) -> Metric:
    """ROUGE-1, -2 (or any number) or -L, the mean over documents of the F measure against the best of their references.

    Args:
        kind: a number of words, or `L`.
        tokenizer: one of `words.TOKENIZERS`; another one than the default is in the metric's name.
    """

    def measure(sample: Sample, answer: str) -> Part:
        if not sample.targets:
            return NOTHING_SAID
        return Part(
            rouge_l(answer, sample.targets, tokenizer) if kind == "L" else rouge_n(answer, sample.targets, int(kind), tokenizer)
        )

    name = f"rouge_{str(kind).lower()}"
    return text_metric(name if tokenizer == DEFAULT_TOKENIZER else f"{name} {tokenizer}", measure)


def _fact_recall(sample: Sample, answer: str) -> Part:
    found, listed = found_facts(sample.marks.get(FACTS, ""), answer)
    return Part(found / listed) if listed else NOTHING_SAID


def _unsupported_facts(sample: Sample, answer: str) -> Part:
    missing, stated = unsupported(sample.input, answer)
    return Part(len(missing), stated)


def _missing_facts(sample: Sample, answer: str) -> list[str]:
    facts = sample.marks.get(FACTS, "").splitlines()
    return [f"lacks {fact.partition(OTHERWISE)[0].strip()}" for fact in facts if fact.strip() and not holds_fact(fact, answer)]


def _foreign_facts(sample: Sample, answer: str) -> list[str]:
    return [f"not in the source: {fact.value}" for fact in unsupported(sample.input, answer)[0]]


def _compression(sample: Sample, answer: str) -> Part:
    return Part(count_words(answer), count_words(sample.input))


def _reading_ease(_: Sample, answer: str) -> Part:
    ease = reading_ease(answer)
    return NOTHING_SAID if ease is None else Part(ease)


def _same(answer: str, targets: Sequence[str]) -> bool:
    return normal_text(answer) in map(normal_text, targets)


def _exact_match(sample: Sample, answer: str) -> Part:
    return Part(float(_same(answer, sample.targets))) if sample.targets else NOTHING_SAID


def _rank(sample: Sample, answer: str) -> int | None:
    """The first line that is right, counted from 1; none where no line is."""
    return next((rank for rank, line in enumerate(answer.splitlines(), start=1) if _same(line, sample.targets)), None)


def _found_first(sample: Sample, answer: str) -> Part:
    return Part(float(_rank(sample, answer) == 1)) if sample.targets else NOTHING_SAID


def _reciprocal_rank(sample: Sample, answer: str) -> Part:
    rank = _rank(sample, answer)
    return Part(1 / rank if rank else 0.0) if sample.targets else NOTHING_SAID


# The share of answers that are one of the right ones, whatever their letter case and white space.
exact_match = text_metric("exact_match", _exact_match, counts_correct=True)
# Of answers that list what was found, one a line with the best first: the share whose first line is right, and the mean of 1 over
# the rank of the first right line (mean reciprocal rank; Voorhees, TREC-8 question answering track, 1999).
found_first = text_metric("found_first", _found_first, counts_correct=True)
reciprocal_rank = text_metric("reciprocal_rank", _reciprocal_rank)
# The mean over documents of the share of their must-have facts: a document with many facts counts no more than another.
fact_recall = text_metric("fact_recall", _fact_recall, explain=_missing_facts, needs=FACTS, counts_correct=True)
# Of all facts that the summaries state, the share that their sources do not hold.
unsupported_facts = text_metric("unsupported_facts", _unsupported_facts, explain=_foreign_facts, higher_is_better=False)
# Words of the summaries over words of their documents.
compression = text_metric("compression", _compression, higher_is_better=False, bounds=(0.0, inf))
reading_ease_fr = text_metric("reading_ease", _reading_ease, bounds=(0.0, 100.0))
