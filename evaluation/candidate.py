"""A candidate: one way to do a task. Doing without AI is a candidate too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import Parameter, signature
from typing import Any, Protocol


class Predictor(Protocol):
    """What `fit` returns. A scikit-learn pipeline is one as it stands.

    It may also offer `predict_proba` or `decision_function` (its confidence is then recorded), `shares_read(inputs)` where it
    cannot read long inputs whole (from 0 to 1 each; recorded too), and `save(folder)` with a class method `load(folder)`, with the
    `packages` it needs; without those it is stored with skops.
    """

    def predict(self, inputs: Sequence[str], /) -> Sequence[str]:
        """One answer per input, in the same order."""
        ...


# Called as `fit(train, seed=..., **params)`: train samples in, a predictor out that depends on these alone.
# It raises `CandidateUnavailableError` where it cannot run.
Fit = Callable[..., Predictor]


@dataclass(frozen=True)
class Candidate:
    """One way to do a task.

    Attributes:
        name: lower case with hyphens; unique in its POC.
        fit: the function that learns.
        params: what `fit` is called with besides the samples and the seed, where its own defaults are not meant.
        baseline: true for the one that does without AI and that all the others must earn their energy against.
    """

    name: str
    fit: Fit
    params: Mapping[str, Any] = field(default_factory=dict)
    baseline: bool = False

    @property
    def settings(self) -> dict[str, Any]:
        """Every parameter that `fit` runs with, its defaults included: what is recorded with a run."""
        parameters = signature(self.fit).parameters.values()
        defaults = {each.name: each.default for each in parameters if each.kind is Parameter.KEYWORD_ONLY}
        given = {name: value for name, value in defaults.items() if value is not Parameter.empty}
        return {**given, **self.params}

    def with_params(self, changes: Mapping[str, Any]) -> Candidate:
        """The same candidate with some parameters changed."""
        return replace(self, params={**self.params, **changes})
