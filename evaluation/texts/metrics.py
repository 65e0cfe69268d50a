"""Metrics of summaries, for a POC's `TASK`. Each says what one answer adds; the rest is `evaluation.metrics`."""

from __future__ import annotations

from math import inf

from evaluation.metrics import NOTHING_SAID, Metric, Part, text_metric
from evaluation.samples import Sample
from evaluation.texts.facts import OTHERWISE, found_facts, holds_fact, unsupported
from evaluation.texts.readability import reading_ease
from evaluation.texts.rouge import DEFAULT_TOKENIZER, rouge_l, rouge_n
from evaluation.texts.words import count_words

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


# The mean over documents of the share of their must-have facts: a document with many facts counts no more than another.
fact_recall = text_metric("fact_recall", _fact_recall, explain=_missing_facts, needs=FACTS, counts_correct=True)
# Of all facts that the summaries state, the share that their sources do not hold.
unsupported_facts = text_metric("unsupported_facts", _unsupported_facts, explain=_foreign_facts, higher_is_better=False)
# Words of the summaries over words of their documents.
compression = text_metric("compression", _compression, higher_is_better=False, bounds=(0.0, inf))
reading_ease_fr = text_metric("reading_ease", _reading_ease, bounds=(0.0, 100.0))
