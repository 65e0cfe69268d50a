"""How well candidates answer, side by side on the same samples: intervals, paired differences, tests, and who is worst served.

Everything is computed from tallies (`metrics.Tally`): what each sample adds to a metric. Resampling weighs the samples anew, and
all candidates are weighed alike in each draw, so that differences are paired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import isfinite, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from evaluation.judgement.statistics import (
    CONFIDENCE,
    RESAMPLES,
    SIGNIFICANCE,
    SMALL_CLASS,
    Interval,
    interval_of_mean_share,
    mcnemar_p_value,
    resampling_weights,
    share_interval,
    sign_flip_p_values,
    student,
)
from evaluation.metrics import Answers, Metric, Tally, sums_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Pair = tuple[str, str]
SHARE = (0.0, 1.0)
# Of two or three classes each moves the mean so much that more samples are needed. On simulated tests with five to nine samples of
# one of two classes, the interval of macro-F1 held the truth in 82 % at worst; with ten or more, in 92 % at worst.
FEW_CLASSES, SMALL_OF_FEW = 3, 10
# So many numbers are held at a time where each sum is varied by itself: 8 MB.
SLOPES_AT_A_TIME = 1_000_000


@dataclass(frozen=True)
class Quality:
    """What the answers of several candidates show.

    Attributes:
        scores: by candidate and metric, the mean over seeds.
        by_seed: the same, each seed apart, in their order.
        differences: by pair and metric: the first one's score less the second one's.
        p_values: by pair, of the first metric: uncorrected.
        test: by which they were found.
        thin_classes: with too few test samples: a mean over classes is then too uncertain for its interval to be trusted.
        least_of_class: how many test samples of each class are enough: five, or ten where there are but two or three classes.
    """

    scores: Mapping[str, Mapping[str, Interval]]
    by_seed: Mapping[str, Mapping[str, tuple[float, ...]]]
    differences: Mapping[Pair, Mapping[str, Interval]] = field(default_factory=dict)
    p_values: Mapping[Pair, float] = field(default_factory=dict)
    test: str = ""
    thin_classes: tuple[str, ...] = ()
    least_of_class: int = SMALL_CLASS


class WorstServed(NamedTuple):
    """Of several groups of samples the one with the lowest share of right answers.

    Attributes:
        group: its name.
        interval: of the lowest share of all groups, whichever that is: the low end holds for each group, the high end is corrected
            for the number of groups, of which one is always lowest by chance.
        samples: of that group.
        undefined: groups that the test has no sample of: nothing is known of them.
    """

    group: str
    interval: Interval
    samples: int
    undefined: tuple[str, ...]


def weigh_quality(
    expected: Sequence[str],
    answers: Mapping[str, Sequence[Sequence[str]]],
    metrics: Sequence[Metric],
    *,
    seed: int = 0,
    draws: int = RESAMPLES,
) -> Quality:
    """Weigh the answers of candidates to the same samples, where answers are labels.

    Args:
        expected: the right answers, one a sample.
        answers: by candidate, one list for each seed, in the order of `expected`.
        metrics: of which the first decides between candidates.
        seed: of the resampling; same seed, same numbers.
        draws: how many resamples.
    """
    coded, labels = _coded(expected, answers)
    return weigh_answers(coded, metrics, labels=labels, seed=seed, draws=draws)


def weigh_answers(
    answers: Mapping[str, Sequence[Answers]],
    metrics: Sequence[Metric],
    *,
    labels: Sequence[str] = (),
    seed: int = 0,
    draws: int = RESAMPLES,
) -> Quality:
    """Weigh answers of any kind to the same samples.

    Args:
        answers: by candidate, those with each seed.
        metrics: of which the first decides between candidates.
        labels: the names of their positions; none where answers are texts.
        seed: of the resampling; same seed, same numbers.
        draws: how many resamples.
    """
    import numpy as np

    if not answers:
        return Quality({}, {})
    truth = next(iter(answers.values()))[0].expected
    counts = np.bincount(truth, minlength=len(labels))
    enough = _least_of_class(counts)
    thin = tuple(label for label, count in zip(labels, counts, strict=False) if 0 < count < enough)
    tallies = {name: {metric.name: [metric.tally(each) for each in seeds] for metric in metrics} for name, seeds in answers.items()}
    by_seed = {
        name: {metric: tuple(float(each.value(sums_of(each.parts))) for each in of_seeds) for metric, of_seeds in of.items()}
        for name, of in tallies.items()
    }
    values = {name: {metric: float(np.mean(each)) for metric, each in of.items()} for name, of in by_seed.items()}
    if len(truth) < 2:
        scores = {name: {metric: Interval(value) for metric, value in of.items()} for name, of in values.items()}
        return Quality(scores, by_seed, thin_classes=thin, least_of_class=enough)
    drawn = _resampled(tallies, truth, draws, seed)
    scores = {
        name: {
            metric.name: _score(of[metric.name], drawn[name][metric.name], _told(metric, tallies, name), metric)
            for metric in metrics
        }
        for name, of in values.items()
    }
    told = {metric.name: {pair: _told(metric, tallies, *pair) for pair in _pairs(values, metric.name)} for metric in metrics}
    contributions = {
        name: _contributions(tallies, name, [pair for pair, samples in of.items() if samples > 1]) for name, of in told.items()
    }
    differences = _differences(values, drawn, contributions, told, metrics)
    p_values, test = _tested(metrics[0], answers, contributions[metrics[0].name], seed)
    return Quality(scores, by_seed, differences, p_values, test, thin, enough)


def _coded(expected: Sequence[str], answers: Mapping[str, Sequence[Sequence[str]]]) -> tuple[dict[str, list[Answers]], list[str]]:
    """Labels as positions among the sorted labels of all candidates."""
    import numpy as np

    known = {label for seeds in answers.values() for answer in seeds for label in answer}
    labels = sorted(known | set(expected))
    place = {label: number for number, label in enumerate(labels)}

    def code(of: Sequence[str]) -> NDArray[np.intp]:
        return np.fromiter(map(place.__getitem__, of), dtype=np.intp, count=len(of))

    truth = code(expected)
    return {name: [Answers(truth, code(answer), len(labels)) for answer in seeds] for name, seeds in answers.items()}, labels


def _told(metric: Metric, tallies: Mapping[str, Mapping[str, Sequence[Tally]]], *candidates: str) -> int:
    """Of how many samples a metric says something, for any of these candidates: a metric of texts may leave samples out."""
    import numpy as np

    each = [tally.parts for name in candidates for tally in tallies[name][metric.name]]
    if not metric.measure:
        return int(each[0].shape[0])
    return int(np.count_nonzero(np.any([parts[:, 1] > 0 for parts in each], axis=0)))


def _least_of_class(counts: NDArray[np.intp]) -> int:
    import numpy as np

    return SMALL_OF_FEW if np.count_nonzero(counts) <= FEW_CLASSES else SMALL_CLASS


def _resampled(
    tallies: Mapping[str, Mapping[str, Sequence[Tally]]], truth: NDArray[np.intp], draws: int, seed: int
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Each metric's value in each resample, (seeds, draws)."""
    import numpy as np
    from scipy.sparse import csr_array

    # Also where there are few zeros: the product of one row with all weights is no faster as a dense one.
    turned = {
        (name, metric): [(csr_array(each.parts, dtype=np.float32).T, each.value) for each in of_seeds]
        for name, of in tallies.items()
        for metric, of_seeds in of.items()
    }
    found: dict[tuple[str, str], list[NDArray[np.float64]]] = {key: [] for key in turned}
    for weights in resampling_weights(truth, draws, seed=seed):
        for key, of_seeds in turned.items():
            found[key].append(np.stack([value((parts @ weights).T) for parts, value in of_seeds]))
    return {name: {metric: np.concatenate(found[name, metric], axis=1) for metric in of} for name, of in tallies.items()}


def _score(value: float, drawn: NDArray[np.float64], samples: int, metric: Metric) -> Interval:
    """The interval around a score from the spread of its resamples, after what resampling takes off on average was added again.

    Resampling lowers a mean over classes, for rare ones lose variety, as the test itself lowers it against the truth.
    """
    if not isfinite(value) or samples < 2:
        return Interval(value)
    bias, error = _bias_and_error(value, drawn.mean(axis=0))
    if metric.bounds == SHARE:
        found = share_interval(value - bias, _error_of_seeds(error, drawn, samples * min(value, 1 - value)), samples)
    elif error <= 0:
        # All samples alike: between 0 and 1 there is still Wilson's interval, elsewhere nothing to go by.
        return Interval(value)
    else:
        half = student(samples - 1) * error
        found = Interval(value, max(metric.bounds[0], value - bias - half), min(metric.bounds[1], value - bias + half))
    return _holding(value, found)


def _error_of_seeds(error: float, drawn: NDArray[np.float64], rarer: float) -> float:
    """The error of a mean over seeds, as if there were one sample more on which all of them are right, or all wrong.

    Seeds that are wrong on different samples make their mean surer than one alone. With few wrong answers that may be chance: where
    three of a hundred were wrong, intervals held the truth in 91 % of simulated tests without this sample, in 95 to 97 % with it.

    Args:
        error: of the mean, as it is found.
        drawn: (seeds, resamples).
        rarer: how many samples are answered rightly, or wrongly, whichever are fewer.
    """
    import numpy as np

    alone = sqrt(np.mean(np.nanvar(drawn, axis=1, ddof=1)))
    if len(drawn) < 2 or alone <= error:
        return error
    return alone * sqrt((rarer * (error / alone) ** 2 + 1) / (rarer + 1))


def _pairs(values: Mapping[str, Mapping[str, float]], metric: str) -> list[Pair]:
    """The pairs that have a number each."""
    return list(combinations([name for name, of in values.items() if isfinite(of[metric])], 2))


def _differences(
    values: Mapping[str, Mapping[str, float]],
    drawn: Mapping[str, Mapping[str, NDArray[np.float64]]],
    contributions: Mapping[str, Mapping[Pair, NDArray[np.float64]]],
    told: Mapping[str, Mapping[Pair, int]],
    metrics: Sequence[Metric],
) -> dict[Pair, dict[str, Interval]]:
    found: dict[Pair, dict[str, Interval]] = {pair: {} for pair in combinations(values, 2)}
    for metric in metrics:
        for (one, other), of_samples in contributions[metric.name].items():
            value = values[one][metric.name] - values[other][metric.name]
            resampled = drawn[one][metric.name].mean(axis=0) - drawn[other][metric.name].mean(axis=0)
            found[one, other][metric.name] = _difference(value, resampled, of_samples, told[metric.name][one, other], metric)
    return found


def _difference(
    value: float, drawn: NDArray[np.float64], contributions: NDArray[np.float64], samples: int, metric: Metric
) -> Interval:
    """The same for a difference of two scores, as if they had been tried on two samples more.

    Where two candidates differ on a few samples only, and always in favour of the same one, the spread of the resamples is too
    small: on simulated tests such intervals held the truth in 85 %. As Agresti and Min (2005) do for paired shares, half a sample
    is added in favour of each, and another one on which they do not differ. It weighs what samples weigh on which they do.
    """
    import numpy as np

    bias, error = _bias_and_error(value, drawn)
    widest = metric.bounds[1] - metric.bounds[0]
    quantile = student(samples - 1)
    if error > 0:
        differing = samples * contributions[contributions != 0]
        weight = float(np.mean(differing**2)) ** 0.5 if len(differing) else 1.0
        centre = (value - bias) * samples / (samples + 2)
        half = quantile * ((samples * error) ** 2 + weight**2) ** 0.5 / (samples + 2)
    elif isfinite(widest):
        # Two that never differed here may still differ elsewhere: as often as what was not seen once in so many samples.
        centre, half = value, quantile**2 / (samples + quantile**2) * widest
    else:
        return Interval(value)
    return _holding(value, Interval(value, max(-widest, centre - half), min(widest, centre + half)))


def _bias_and_error(value: float, drawn: NDArray[np.float64]) -> tuple[float, float]:
    import numpy as np

    # A resample may have no sample of which the metric says something.
    drawn = drawn[np.isfinite(drawn)]
    error = float(np.std(drawn, ddof=1)) if len(drawn) > 1 else 0.0
    # What single precision leaves is no spread.
    return (float(np.mean(drawn)) - value, error) if error > 1e-7 else (0.0, 0.0)


def _holding(value: float, found: Interval) -> Interval:
    low, high = found.low, found.high
    return Interval(value, None if low is None else min(low, value), None if high is None else max(high, value))


def _tested(
    metric: Metric,
    answers: Mapping[str, Sequence[Answers]],
    contributions: Mapping[Pair, NDArray[np.float64]],
    seed: int,
) -> tuple[dict[Pair, float], str]:
    """P values of the pairs, uncorrected, and the name of the test."""
    import numpy as np

    if not contributions:
        return {}, ""
    # Of labels that are right or wrong; a text may be partly right.
    if metric.counts_correct and not metric.measure and all(len(seeds) == 1 for seeds in answers.values()):
        right = {name: seeds[0].expected == seeds[0].predicted for name, seeds in answers.items()}
        return {(one, other): mcnemar_p_value(right[one], right[other]) for one, other in contributions}, "McNemar"
    # With Holm's correction over all pairs, in quality and in energy, the smallest p value must be able to be decisive.
    least = SIGNIFICANCE / (4 * len(contributions))
    found = sign_flip_p_values(np.stack(list(contributions.values()), axis=1), seed=seed, least=least)
    return {pair: float(p_value) for pair, p_value in zip(contributions, found, strict=True)}, "permutation"


def _contributions(
    tallies: Mapping[str, Mapping[str, Sequence[Tally]]], metric: str, pairs: Sequence[Pair]
) -> dict[Pair, NDArray[np.float64]]:
    """By pair, what each sample contributes to the difference of its two, the mean over seeds, (samples,)."""
    means = {name: sum(each.parts for each in of[metric]) / len(of[metric]) for name, of in tallies.items()}
    return {(one, other): _influence(means[one], means[other], tallies[one][metric][0].value) for one, other in pairs}


def _influence(one: Any, other: Any, value: Any) -> NDArray[np.float64]:
    """What each sample contributes to the difference of two candidates, to first order around the mean of both.

    That mean stays where it is when their answers to a sample are swapped; so swapping them turns the sign of the sample's
    contribution and does nothing else, and flipping signs is a permutation test.
    """
    import numpy as np

    middle = (sums_of(one) + sums_of(other)) / 2
    columns = len(middle)
    at_a_time = max(1, SLOPES_AT_A_TIME // columns)
    # Central differences of a smooth function of counts.
    step, slopes = 1e-3, np.zeros(columns)
    for begin in range(0, columns, at_a_time):
        steps = step * np.eye(min(at_a_time, columns - begin), columns, k=begin)
        slopes[begin : begin + len(steps)] = (value(middle + steps) - value(middle - steps)) / (2 * step)
    # A label that neither of the two has is in no sum, and has no slope.
    return np.asarray((one - other) @ np.nan_to_num(slopes)).reshape(-1)


def worst_served(right: NDArray[np.float64], groups: Sequence[str], known: Sequence[str] = ()) -> WorstServed | None:
    """The group with the lowest share of right answers; none without samples.

    Args:
        right: one a sample: whether its answer is right, the mean over seeds.
        groups: of each sample.
        known: groups that there are, whether the test has samples of them or not.
    """
    import numpy as np

    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    if not len(names):
        return None
    of_group = [right[codes == number] for number in range(len(names))]
    each = [interval_of_mean_share(values) for values in of_group]
    corrected = [interval_of_mean_share(values, confidence=1 - SIGNIFICANCE / len(names)) for values in of_group]
    lowest = min(range(len(names)), key=lambda number: each[number].value)
    interval = Interval(each[lowest].value, min(one.low or 0.0 for one in each), min(one.high or 0.0 for one in corrected))
    undefined = tuple(sorted(set(known) - {str(name) for name in names}))
    return WorstServed(str(names[lowest]), interval, len(of_group[lowest]), undefined)


def samples_needed(value: float, samples: int, bound: float, confidence: float = CONFIDENCE) -> int | None:
    """How many samples an interval takes that leaves a bound on one side, if the share stays what it is; none where none would do.

    Args:
        value: the share found.
        samples: of how many.
        bound: that the interval holds now.
        confidence: of the interval.
    """
    if abs(value - bound) < 1e-9:
        return None
    low, high = samples, samples
    while not _clears(value, high, bound, confidence):
        low, high = high, high * 2
        if high > 10_000_000:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _clears(value, middle, bound, confidence) else (middle, high)
    return high


def _clears(value: float, samples: int, bound: float, confidence: float) -> bool:
    found = share_interval(value, (value * (1 - value) / samples) ** 0.5, samples, confidence=confidence)
    return not (found.low or 0.0) < bound < (found.high or 0.0)
