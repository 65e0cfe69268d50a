"""Metrics: functions with a name, a direction and a unit. The numbers are ours to compute, and checked against scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Metric:
    """How good the answers are, as one number.

    Attributes:
        name: as it is recorded and shown.
        compute: from expected and predicted labels (two arrays of one length, at least one long) to the value.
        higher_is_better: the direction.
        unit: empty for a share.
        bounds: the lowest and the highest value that it can take.
    """

    name: str
    compute: Callable[[ArrayLike, ArrayLike], float]
    higher_is_better: bool = True
    unit: str = ""
    bounds: tuple[float, float] = (0.0, 1.0)


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


macro_f1 = Metric("macro_f1", compute_macro_f1)
accuracy = Metric("accuracy", compute_accuracy)
