"""How sure a number is: intervals for scores, for energy over rounds, and for ratios of what was measured side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evaluation.metrics import Metric, label_codes

CONFIDENCE = 0.95
RESAMPLES = 1000


class Interval(NamedTuple):
    """An estimate and the interval that holds the true value in 95 % of repetitions; `low` and `high` are none where unknown."""

    value: float
    low: float | None = None
    high: float | None = None


def score_interval(metric: Metric, expected: Sequence[str], predicted: Sequence[Sequence[str]], *, seed: int = 0) -> Interval:
    """Mean score over seeds with a basic bootstrap interval over the test samples, drawn class by class, the seeds kept together.

    Basic ("reverse percentile") intervals are those of Efron and Tibshirani 1993, and Davison and Hinkley 1997, section 5.2.
    Resampling lowers a macro-average: rare classes vanish or lose variety. On simulated answers of 77 classes with 3 samples each,
    plain percentile intervals held the true macro-F1 in 60 % of repetitions, these in 93 %; at 22 classes of 24, 91 % and 92 %.

    Args:
        metric: what is computed.
        expected: the right answers, one a sample.
        predicted: for each seed, the answers in the same order.
        seed: of the resampling.
    """
    import numpy as np

    codes = [label_codes(expected, answers)[1:] for answers in predicted]

    def mean_score(chosen: np.ndarray) -> float:
        return float(np.mean([metric.compute(truth[chosen], answer[chosen]) for truth, answer in codes]))

    value = mean_score(np.arange(len(expected)))
    if len(expected) < 2:
        return Interval(value)
    rng = np.random.default_rng(seed)
    # A class with one sample would never vary by itself: such classes are drawn from together.
    classes = codes[0][0]
    strata = np.where(np.bincount(classes)[classes] > 1, classes, -1)
    # Samples sorted by stratum; each draw stays within the stratum of the sample in its place.
    order = np.argsort(strata, kind="stable")
    _, first, size = np.unique(strata[order], return_index=True, return_counts=True)
    begins, sizes = np.repeat(first, size), np.repeat(size, size)
    resampled = [mean_score(order[begins + (rng.random(len(order)) * sizes).astype(int)]) for _ in range(RESAMPLES)]
    lowest, highest = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    if lowest == highest:
        # All right or all wrong within each class: these samples do not show how far the score could be off.
        return Interval(value)
    low, high = np.clip([2 * value - highest, 2 * value - lowest], *metric.bounds)
    return Interval(value, min(float(low), value), max(float(high), value))


def mean_interval(values: Sequence[float]) -> Interval:
    """Mean of repeated measurements with Student's t interval. It says how repeatable they are, not how close to the truth."""
    import numpy as np
    from scipy.stats import t

    mean = float(np.mean(values))
    if len(values) < 2:
        return Interval(mean)
    half = float(t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return Interval(mean, mean - half, mean + half)


def positive_interval(values: Sequence[float]) -> Interval:
    """Geometric mean of repeated measurements of what cannot be negative, with Student's t interval on the logarithms.

    With few rounds an interval around the plain mean reaches below zero, where no energy is; and the ratio of two such means is
    the paired ratio.

    Raises:
        ValueError: a value is not positive.
    """
    import numpy as np

    if min(values) <= 0:
        message = "an interval of energies takes positive energies"
        raise ValueError(message)
    logarithm = mean_interval([float(value) for value in np.log(values)])
    return Interval(*(None if bound is None else float(np.exp(bound)) for bound in logarithm))  # type: ignore[arg-type]


def paired_ratio(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Ratio of two positive quantities measured in the same rounds: geometric mean, t interval on the logarithms.

    Pairing takes out what a round does to both; logarithms make "twice" and "half" equally far from one.

    Raises:
        ValueError: the two do not have the same number of rounds, or a value is not positive.
    """
    import numpy as np

    if len(ours) != len(theirs):
        message = f"a paired ratio takes rounds in pairs, got {len(ours)} and {len(theirs)}"
        raise ValueError(message)
    if min(*ours, *theirs) <= 0:
        message = "a ratio of energies takes positive energies"
        raise ValueError(message)
    return positive_interval([float(value) for value in np.divide(ours, theirs)])
