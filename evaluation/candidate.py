"""A candidate: one way to do a task. Doing without AI is a candidate too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from evaluation.samples import Samples


class Predictor(Protocol):
    """What `fit` returns. A scikit-learn pipeline is one as it stands.

    It may also offer `predict_proba` or `decision_function` (its confidence is then recorded), and `save(folder)` with a
    class method `load(folder)`; without those it is stored with skops.
    """

    def predict(self, inputs: Sequence[str], /) -> Sequence[str]:
        """One answer per input, in the same order."""
        ...


class Fit(Protocol):
    """Learns from `train`; raises `CandidateUnavailableError` where it cannot run."""

    def __call__(self, train: Samples, /, *, seed: int, **params: Any) -> Predictor:
        """A predictor that depends on `train`, `seed` and `params` alone."""
        ...


@dataclass(frozen=True)
class Candidate:
    """One way to do a task.

    Attributes:
        name: lower case with hyphens; unique in its POC.
        fit: the function that learns.
        params: what `fit` is called with besides the samples and the seed; recorded with every run.
        baseline: true for the one that does without AI and that all the others must earn their energy against.
    """

    name: str
    fit: Fit
    params: Mapping[str, Any] = field(default_factory=dict)
    baseline: bool = False

    def with_params(self, changes: Mapping[str, Any]) -> Candidate:
        """The same candidate with some parameters changed."""
        return replace(self, params={**self.params, **changes})
