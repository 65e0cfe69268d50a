"""Metrics: functions with a name, a direction and a unit. The numbers are ours to compute, and checked against scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from evaluation.samples import Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


class Tally(NamedTuple):
    """A metric taken apart: what each sample adds, and how the sums make the value.

    Resampling and swapping answers then only weigh samples anew. Thousands of draws cost a matrix product, and not as many
    computations of the metric.

    Attributes:
        parts: (samples, k), a sparse matrix or an array. Columns mean the same for all candidates of a comparison.
        value: from sums of the rows, (..., k), to values, (...).
    """

    parts: Any
    value: Callable[[NDArray[Any]], NDArray[Any]]


class Part(NamedTuple):
    """What one answer adds to a metric of texts: the metric is the sum of the amounts over the sum of what they are parts of.

    Attributes:
        amount: found in this answer.
        of: out of how much; 1 where the metric is a plain mean, 0 where it says nothing of this answer.
    """

    amount: float
    of: float = 1.0


NOTHING_SAID = Part(0.0, 0.0)


@dataclass(frozen=True)
class Answers:
    """All answers of a candidate with one seed, as a metric reads them.

    Attributes:
        expected: positions of the expected labels among all labels, (samples,). All the same where answers are texts.
        predicted: of the given ones.
        labels: how many labels there are.
        parts: by metric of texts, what each answer adds to it, (samples, 2), as `Part` has it.
    """

    expected: NDArray[np.intp]
    predicted: NDArray[np.intp]
    labels: int
    parts: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    """How good the answers are, as one number.

    Attributes:
        name: as it is recorded and shown.
        tally: from a candidate's answers to what each of them adds.
        measure: of a metric of texts: what an answer adds, from its sample and its text. That is recorded in place of the text.
        explain: of a metric of texts: what it holds against an answer, in words.
        needs: of a metric of texts: the column of `Task.marks` without which it says nothing.
        higher_is_better: the direction.
        unit: empty for a share.
        bounds: the lowest and the highest value that it can take.
        over_classes: whether it is a mean over the classes, which a class of a few samples can move.
        counts_correct: whether it is the share of correct outcomes: what a margin counts.
    """

    name: str
    tally: Callable[[Answers], Tally]
    measure: Callable[[Sample, str], Part] | None = None
    explain: Callable[[Sample, str], Sequence[str]] | None = None
    needs: str | None = None
    higher_is_better: bool = True
    unit: str = ""
    bounds: tuple[float, float] = (0.0, 1.0)
    over_classes: bool = False
    counts_correct: bool = False

    def value(self, answers: Answers) -> float:
        """The metric of these answers; not a number where it says nothing of any of them."""
        tally = self.tally(answers)
        return float(tally.value(sums_of(tally.parts)))


def sums_of(parts: Any) -> NDArray[np.float64]:
    """What all samples add together, (k,)."""
    import numpy as np

    return np.asarray(parts.sum(axis=0), dtype=float).reshape(-1)


def text_metric(name: str, measure: Callable[[Sample, str], Part], **details: Any) -> Metric:
    """A metric of answers that are texts, from what it measures on one of them."""
    return Metric(name, lambda answers: tally_parts(_parts_of(answers, name)), measure, **details)


def _parts_of(answers: Answers, name: str) -> NDArray[np.float64]:
    """What was measured; nothing where answers were recorded before there was this metric."""
    import numpy as np

    return answers.parts[name] if name in answers.parts else np.tile(NOTHING_SAID, (len(answers.expected), 1))


def label_answers(expected: Sequence[str], predicted: Sequence[str]) -> Answers:
    """The answers of a task whose answers are labels.

    >>> macro_f1.value(label_answers(["a", "a", "b"], ["a", "b", "b"]))
    0.6666666666666666
    >>> accuracy.value(label_answers(["a", "b", "b", "a"], ["a", "b", "a", "a"]))
    0.75
    """
    labels, truth, answer = label_codes(expected, predicted)
    return Answers(truth, answer, len(labels))


def text_answers(parts: Mapping[str, Sequence[tuple[float, float]]], samples: int) -> Answers:
    """The answers of a task whose answers are texts, from what was recorded of them."""
    import numpy as np

    alike = np.zeros(samples, dtype=np.intp)
    return Answers(alike, alike, 1, {name: np.asarray(rows, dtype=float).reshape(samples, 2) for name, rows in parts.items()})


def label_codes(expected: ArrayLike, predicted: ArrayLike) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.intp]]:
    """The sorted labels of both arrays, and each array as positions among them."""
    import numpy as np

    expected = np.asarray(expected)
    labels, codes = np.unique(np.concatenate([expected, np.asarray(predicted)]), return_inverse=True)
    return labels, codes[: len(expected)], codes[len(expected) :]


def tally_means(values: ArrayLike) -> Tally:
    """The tally of a metric that is the mean of one value a sample.

    >>> tally_means([1.0, 0.0]).value(tally_means([1.0, 0.0]).parts.sum(axis=0))
    array(0.5)
    """
    import numpy as np

    parts = np.asarray(values, dtype=float)[:, None]
    return Tally(parts, lambda sums: np.asarray(sums[..., 0] / len(parts)))


def tally_parts(parts: NDArray[np.float64]) -> Tally:
    """The tally of a metric of texts: its amounts over what they are parts of.

    Args:
        parts: (samples, 2), as `Part` has it.
    """
    import numpy as np

    def value(sums: NDArray[Any]) -> NDArray[Any]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan))

    return Tally(parts, value)


def tally_accuracy(answers: Answers) -> Tally:
    """Each sample adds whether its answer is right."""
    return tally_means(answers.expected == answers.predicted)


def tally_macro_f1(answers: Answers) -> Tally:
    """Each sample adds to the hits of its label, and to how often its label and its answer are present.

    The metric is the mean over the labels of 2 TP / (expected + predicted), every label of either counting the same: that of
    `sklearn.metrics.f1_score(average="macro", zero_division=0)`. A label that neither occurs nor is answered has no F1, and is left
    out of the mean, as scikit-learn does.
    """
    import numpy as np
    from scipy.sparse import coo_array

    expected, predicted, labels = answers.expected, answers.predicted, answers.labels
    places = np.arange(len(expected))
    hits = np.flatnonzero(expected == predicted)
    rows = np.concatenate([hits, places, places])
    columns = np.concatenate([expected[hits], labels + expected, labels + predicted])
    parts = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(expected), 2 * labels)).tocsr()

    def value(sums: NDArray[Any]) -> NDArray[Any]:
        found, present = sums[..., :labels], sums[..., labels:]
        with np.errstate(invalid="ignore", divide="ignore"):
            scores = np.where(present > 0, 2 * found / present, np.nan)
        return np.asarray(np.nanmean(scores, axis=-1))

    return Tally(parts, value)


macro_f1 = Metric("macro_f1", tally_macro_f1, over_classes=True)
accuracy = Metric("accuracy", tally_accuracy, counts_correct=True)
