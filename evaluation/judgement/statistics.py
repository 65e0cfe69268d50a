"""How sure a number is: intervals and tests for shares, for energy over rounds, and for what was measured side by side.

Libraries do what they can (scipy). Our own are only Wilson's interval for a share of which but the standard error is known, weights
of resampled samples, and sign flips for many pairs at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from warnings import catch_warnings, simplefilter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONFIDENCE = 0.95
SIGNIFICANCE = 1 - CONFIDENCE
RESAMPLES = 2000
FLIPS = 9999
# What rounding leaves of logarithms that are the same; below it a test only loses its digits, and scipy warns of that.
NO_SPREAD = 1e-9
# A class with fewer samples is drawn by itself: drawn with all others it would vanish from every hundredth resample or more.
SMALL_CLASS = 5
# So many weights are held at a time: 4 MB, which stay in a processor's cache.
WEIGHTS_AT_A_TIME = 1_000_000


class Interval(NamedTuple):
    """An estimate and the interval that holds the true value in 95 % of repetitions; `low` and `high` are none where unknown."""

    value: float
    low: float | None = None
    high: float | None = None


def mean_interval(values: Sequence[float]) -> Interval:
    """Mean of repeated measurements with Student's t interval. It says how repeatable they are, not how close to the truth."""
    import numpy as np

    mean = float(np.mean(values))
    if len(values) < 2:
        return Interval(mean)
    half = student(len(values) - 1) * float(np.std(values, ddof=1)) / len(values) ** 0.5
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
    return exponential(mean_interval([float(value) for value in np.log(values)]))


def exponential(logarithm: Interval) -> Interval:
    """The interval of a quantity of which that of the logarithm is given."""
    from math import exp

    return Interval(*(None if bound is None else exp(bound) for bound in logarithm))  # type: ignore[arg-type]


class RatioTest(NamedTuple):
    """A ratio with its interval, and how probable one as far from 1 or farther is where there is no difference."""

    ratio: Interval
    p_value: float


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


def paired_ratio_test(ours: Sequence[float], theirs: Sequence[float]) -> RatioTest:
    """The paired ratio with Student's one-sample t test of its logarithms; one round tests nothing, and its p value is 1.

    Raises:
        ValueError: as `paired_ratio`.
    """
    import numpy as np
    from scipy.stats import ttest_1samp

    ratio = paired_ratio(ours, theirs)
    logarithms = np.log(np.divide(ours, theirs))
    if len(ours) < 2:
        return RatioTest(ratio, 1.0)
    if np.ptp(logarithms) < NO_SPREAD:
        return RatioTest(ratio, _certainty(float(logarithms[0])))
    return RatioTest(ratio, float(ttest_1samp(logarithms, 0).pvalue))


def _certainty(logarithm: float) -> float:
    """P value of the same ratio in every round: certain, if it is not that of a thing with itself."""
    return 1.0 if abs(logarithm) < NO_SPREAD else 0.0


def unpaired_ratio_test(ours: Sequence[float], theirs: Sequence[float]) -> RatioTest:
    """Ratio of two positive quantities measured at different times: Welch's t test and interval on the logarithms."""
    import numpy as np
    from scipy.stats import ttest_ind

    logarithms = np.log(ours), np.log(theirs)
    value = float(np.mean(logarithms[0]) - np.mean(logarithms[1]))
    if min(len(ours), len(theirs)) < 2:
        return RatioTest(exponential(Interval(value)), 1.0)
    if max(map(np.ptp, logarithms)) < NO_SPREAD:
        return RatioTest(exponential(Interval(value, value, value)), _certainty(value))
    with catch_warnings():
        # One side may well be the same in all rounds.
        simplefilter("ignore", RuntimeWarning)
        found = ttest_ind(*logarithms, equal_var=False)
    low, high = found.confidence_interval(CONFIDENCE)
    return RatioTest(exponential(Interval(value, float(low), float(high))), float(found.pvalue))


def share_interval(value: float, standard_error: float, samples: int, *, confidence: float = CONFIDENCE) -> Interval:
    """Wilson's score interval of a quantity between 0 and 1, for the size of sample that its standard error amounts to.

    For the share of right answers of one fit it is Wilson's own (1927). A mean over seeds, an F1 or a ROUGE varies less or more
    than a share of so many samples does: as in surveys (Korn and Graubard 1998), the size that has the same standard error takes
    the place of the number of samples, and Student's t that of the normal quantile. Unlike a plain interval it stays between 0 and
    1, and is not empty where all answers are right.

    Args:
        value: best estimate.
        standard_error: of it; 0 where all samples are alike.
        samples: how many there were.
        confidence: two-sided.
    """
    value = min(max(value, 0.0), 1.0)
    quantile = student(max(samples - 1, 1), confidence)
    size = float(samples)
    # What rounding leaves is no error; and no test has less than one sample.
    if standard_error > 1e-9 and 0 < value < 1:
        size = max(value * (1 - value) / standard_error**2, 1.0)
    centre = value + quantile**2 / (2 * size)
    half = quantile * (value * (1 - value) / size + quantile**2 / (4 * size**2)) ** 0.5
    scale = 1 + quantile**2 / size
    # Rounding may leave 1 a hair above itself.
    return Interval(value, min(max((centre - half) / scale, 0.0), value), max(min((centre + half) / scale, 1.0), value))


def interval_of_mean_share(values: Sequence[float] | NDArray[Any], *, confidence: float = CONFIDENCE) -> Interval:
    """The interval of a mean of values between 0 and 1, one a sample."""
    import numpy as np

    array = np.asarray(values, dtype=float)
    return share_interval(float(array.mean()), float(array.std() / len(array) ** 0.5), len(array), confidence=confidence)


def resampling_weights(classes: NDArray[np.intp], draws: int, *, seed: int) -> Iterator[NDArray[np.float32]]:
    """How often each sample counts in each resample, a few resamples at a time: (samples, resamples), each summing to `samples`.

    Classes of fewer than `SMALL_CLASS` samples are drawn from by themselves, so that no resample lacks them: one sample less than
    there are, weighted up (Rao and Wu 1988), for as many as there are would vary too little. All others are drawn from together.
    On simulated tests, drawn as the population is or class by class, this held the true accuracy and macro-F1 best.

    Args:
        classes: of each sample, as numbers from 0.
        draws: how many resamples.
        seed: same seed, same resamples.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    counts = np.bincount(classes)[classes]
    small = [np.flatnonzero(classes == label) for label in np.unique(classes[(counts > 1) & (counts < SMALL_CLASS)])]
    # A class of one sample would never vary by itself.
    rest = np.flatnonzero((counts == 1) | (counts >= SMALL_CLASS))
    at_a_time = max(1, min(draws, WEIGHTS_AT_A_TIME // max(1, len(classes))))
    for begin in range(0, draws, at_a_time):
        number = min(at_a_time, draws - begin)
        weights = np.zeros((number, len(classes)), dtype=np.float32)
        if len(rest):
            drawn = rng.integers(0, len(rest), size=(number, len(rest)))
            for row, places in zip(weights, drawn, strict=True):
                row[rest] = np.bincount(places, minlength=len(rest))
        for places in small:
            size = len(places)
            weights[:, places] = rng.multinomial(size - 1, np.full(size, 1 / size), number) * (size / (size - 1))
        yield np.ascontiguousarray(weights.T)


def sign_flip_p_values(differences: NDArray[np.float64], *, seed: int, least: float = 0.0) -> NDArray[np.float64]:
    """Permutation test of paired differences: how often flipped signs give a sum as far from 0 as the true ones, (pairs,).

    Where two candidates are alike, their answers to a sample may be swapped, which turns the sign of its difference. All pairs are
    tested under the same flips. The number of flips is at least `FLIPS`; the true signs count as one of them, so that no p value is
    0 (Phipson and Smyth 2010).

    Args:
        differences: (samples, pairs).
        seed: same seed, same flips.
        least: p value that must be attainable, where a correction for many tests needs smaller ones.
    """
    import numpy as np
    from scipy.sparse import csr_array

    flips = FLIPS if least <= 0 else max(FLIPS, int(np.ceil(1 / least)))
    moved = differences[np.any(differences != 0, axis=1)].astype(np.float32)
    total = moved.sum(axis=0, dtype=float)
    rng = np.random.default_rng(seed)
    at_a_time = max(1, min(flips, WEIGHTS_AT_A_TIME // max(1, len(moved))))
    # Sums in single precision differ in their last digits; as far means as far but for those.
    as_far = np.abs(total) - 1e-5 * np.abs(moved).sum(axis=0, dtype=float)
    farther = np.zeros(differences.shape[1])
    # Most pairs differ on few of the samples on which any does.
    by_pair = csr_array(moved.T)
    for begin in range(0, flips, at_a_time):
        number = min(at_a_time, flips - begin)
        bytes_each = number // 8 + 1
        drawn = np.frombuffer(rng.bytes(len(moved) * bytes_each), dtype=np.uint8).reshape(len(moved), bytes_each)
        kept = by_pair @ np.unpackbits(drawn, axis=1, count=number).astype(np.float32)
        farther += np.sum(np.abs(2 * kept - total[:, None]) >= as_far[:, None], axis=1)
    return np.asarray((farther + 1) / (flips + 1))


def mcnemar_p_value(one_right: NDArray[np.bool_], other_right: NDArray[np.bool_]) -> float:
    """McNemar's exact test: of the samples that only one of two gets right, is it as often the one as the other?"""
    import numpy as np
    from scipy.stats import binomtest

    only_one = int(np.sum(one_right & ~other_right))
    only_other = int(np.sum(other_right & ~one_right))
    return float(binomtest(only_one, only_one + only_other).pvalue) if only_one + only_other else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """P values corrected for their number (Holm 1979): the chance that any below 0.05 is a false alarm is at most 5 %.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        largest = max(largest, min(1.0, p_values[place] * (len(p_values) - rank)))
        corrected[place] = largest
    return corrected


@cache
def student(freedom: int, confidence: float = CONFIDENCE) -> float:
    """Two-sided quantile of Student's t."""
    # A hundred times faster than `scipy.stats.t.ppf`, which is the same.
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + confidence) / 2))
