"""ROUGE (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries"): which words a summary shares with a reference.

Scores are F measures, from 0 to 1. The tokenizer decides much in French and is named with every score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evaluation.texts.words import TOKENIZERS

DEFAULT_TOKENIZER = "unicode words"


def rouge_n(summary: str, references: Sequence[str], n: int, tokenizer: str = DEFAULT_TOKENIZER) -> float:
    """ROUGE-N against the reference that fits best: the runs of `n` words that both have, each as often as both have it.

    >>> round(rouge_n("la rue est fermée", ["la rue sera fermée", "travaux"], 1), 2)
    0.75
    """
    ours = _runs(summary, n, tokenizer)
    all_of_theirs = [_runs(reference, n, tokenizer) for reference in references]
    return max((_f_measure((ours & theirs).total(), ours.total(), theirs.total()) for theirs in all_of_theirs), default=0.0)


def rouge_n_recall(summary: str, references: Sequence[str], n: int, tokenizer: str = DEFAULT_TOKENIZER) -> float:
    """The share of the references' runs of `n` words that a text has, the mean over references."""
    ours = _runs(summary, n, tokenizer)
    all_of_theirs = [_runs(reference, n, tokenizer) for reference in references]
    shares = [(ours & theirs).total() / theirs.total() for theirs in all_of_theirs if theirs]
    return sum(shares) / len(shares) if shares else 0.0


def rouge_l(summary: str, references: Sequence[str], tokenizer: str = DEFAULT_TOKENIZER) -> float:
    """ROUGE-L against the reference that fits best: the longest row of words that both have in the same order.

    >>> round(rouge_l("la rue est fermée", ["la rue sera fermée"]), 2)
    0.75
    """
    ours = _words(summary, tokenizer)
    all_of_theirs = [_words(reference, tokenizer) for reference in references]
    return max((_f_measure(longest_common(ours, theirs), len(ours), len(theirs)) for theirs in all_of_theirs), default=0.0)


def longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence.

    By bits (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"): one step a word.

    >>> longest_common("abcd", "acbd"), longest_common("", "a")
    (3, 0)
    """
    if not one or not other:
        return 0
    places: dict[str, int] = {}
    for place, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << place
    all_ones = (1 << len(one)) - 1
    row = all_ones
    for word in other:
        matches = row & places.get(word, 0)
        row = ((row + matches) | (row - matches)) & all_ones
    return len(one) - row.bit_count()


def _f_measure(common: float, ours: int, theirs: int) -> float:
    # 2PR/(P+R) with P = common/ours and R = common/theirs.
    return 2 * common / (ours + theirs) if common else 0.0


def _words(text: str, tokenizer: str) -> tuple[str, ...]:
    return tuple(TOKENIZERS[tokenizer](text))


def _runs(text: str, n: int, tokenizer: str) -> Counter[tuple[str, ...]]:
    words = _words(text, tokenizer)
    return Counter(zip(*(words[begin:] for begin in range(n)), strict=False))
