"""Metrics: functions with a name, a direction and a unit. The numbers are ours to compute, and checked against scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

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


@dataclass(frozen=True)
class Metric:
    """How good the answers are, as one number.

    Attributes:
        name: as it is recorded and shown.
        compute: from expected and predicted labels (two arrays of one length, at least one long) to the value.
        tally: the same, taken apart: from the positions of expected and predicted labels among all labels, and the number of these.
        higher_is_better: the direction.
        unit: empty for a share.
        bounds: the lowest and the highest value that it can take.
        over_classes: whether it is a mean over the classes, which a class of a few samples can move.
        counts_correct: whether it is the share of correct outcomes: what a margin counts.
    """

    name: str
    compute: Callable[[ArrayLike, ArrayLike], float]
    tally: Callable[[NDArray[np.intp], NDArray[np.intp], int], Tally]
    higher_is_better: bool = True
    unit: str = ""
    bounds: tuple[float, float] = (0.0, 1.0)
    over_classes: bool = False
    counts_correct: bool = False


def label_codes(expected: ArrayLike, predicted: ArrayLike) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.intp]]:
    """The sorted labels of both arrays, and each array as positions among them."""
    import numpy as np

    expected = np.asarray(expected)
    labels, codes = np.unique(np.concatenate([expected, np.asarray(predicted)]), return_inverse=True)
    return labels, codes[: len(expected)], codes[len(expected) :]


def compute_accuracy(expected: ArrayLike, predicted: ArrayLike) -> float:
    """Share of right answers.

    >>> compute_accuracy(["a", "b", "b", "a"], ["a", "b", "a", "a"])
    0.75
    """
    import numpy as np

    return float(np.mean(np.asarray(expected) == np.asarray(predicted)))


def compute_macro_f1(expected: ArrayLike, predicted: ArrayLike) -> float:
    """Mean over the labels of 2 TP / (expected + predicted), every label of either array counting the same.

    The definition is that of `sklearn.metrics.f1_score(average="macro", zero_division=0)`; this form is fast enough for
    thousands of bootstrap resamples.

    >>> compute_macro_f1(["a", "a", "b"], ["a", "b", "b"])
    0.6666666666666666
    """
    import numpy as np

    labels, truth, answer = label_codes(expected, predicted)
    hits = np.bincount(truth[truth == answer], minlength=len(labels))
    present = np.bincount(truth, minlength=len(labels)) + np.bincount(answer, minlength=len(labels))
    return float(np.mean(2 * hits / present))


def tally_means(values: ArrayLike) -> Tally:
    """The tally of a metric that is the mean of one value a sample.

    >>> tally_means([1.0, 0.0]).value(tally_means([1.0, 0.0]).parts.sum(axis=0))
    array(0.5)
    """
    import numpy as np

    parts = np.asarray(values, dtype=float)[:, None]
    return Tally(parts, lambda sums: np.asarray(sums[..., 0] / len(parts)))


def tally_accuracy(expected: NDArray[np.intp], predicted: NDArray[np.intp], _: int) -> Tally:
    """Each sample adds whether its answer is right."""
    return tally_means(expected == predicted)


def tally_macro_f1(expected: NDArray[np.intp], predicted: NDArray[np.intp], labels: int) -> Tally:
    """Each sample adds to the hits of its label, and to how often its label and its answer are present.

    A label that neither occurs nor is answered has no F1, and is left out of the mean, as scikit-learn does.
    """
    import numpy as np
    from scipy.sparse import coo_array

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


macro_f1 = Metric("macro_f1", compute_macro_f1, tally_macro_f1, over_classes=True)
accuracy = Metric("accuracy", compute_accuracy, tally_accuracy, counts_correct=True)
