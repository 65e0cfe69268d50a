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
    """Mean score over seeds, with a percentile bootstrap over the test samples (Efron 1979), the seeds kept together.

    Args:
        metric: what is computed.
        expected: the right answers, one a sample.
        predicted: for each seed, the answers in the same order.
        seed: of the resampling.
    """
    import numpy as np
    from scipy.stats import bootstrap

    codes = [label_codes(expected, answers)[1:] for answers in predicted]

    def mean_score(chosen: np.ndarray) -> float:
        return float(np.mean([metric.compute(truth[chosen], answer[chosen]) for truth, answer in codes]))

    everything = np.arange(len(expected))
    value = mean_score(everything)
    if len(expected) < 2:
        return Interval(value)
    found = bootstrap(
        (everything,),
        mean_score,
        vectorized=False,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return Interval(value, float(found.confidence_interval.low), float(found.confidence_interval.high))


def mean_interval(values: Sequence[float]) -> Interval:
    """Mean of repeated measurements with Student's t interval. It says how repeatable they are, not how close to the truth."""
    import numpy as np
    from scipy.stats import t

    mean = float(np.mean(values))
    if len(values) < 2:
        return Interval(mean)
    half = float(t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return Interval(mean, mean - half, mean + half)


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
    logarithm = mean_interval([float(value) for value in np.log(ours) - np.log(theirs)])
    return Interval(*(None if bound is None else float(np.exp(bound)) for bound in logarithm))  # type: ignore[arg-type]
