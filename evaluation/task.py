"""A task: what a POC is asked to do, on which samples, and by which measures it is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from evaluation.metrics import Metric


@dataclass(frozen=True)
class Unit:
    """The functional unit in which energy is quoted: `size` samples, called `name`."""

    name: str
    size: int

    def __post_init__(self) -> None:
        if self.size < 1:
            message = f"a functional unit is at least one sample, got {self.size}"
            raise ValueError(message)


@dataclass(frozen=True)
class Task:
    """What a POC is asked.

    Attributes:
        name: lower case with hyphens; also the name of its MLflow experiment.
        version: changes whenever the question or the sample data change, so that runs are not compared across it.
        data: path of the samples, relative to the project, with its card beside it.
        input: column of the text that a candidate is given.
        target: column of the answer that is expected.
        unit: the functional unit.
        metrics: the first one is the one candidates are compared on.
        slices: columns along which results are split.
        id: column of the sample's id; where a file has none, its row numbers serve.
        split: column that says `train` or `test`; where a file has none, it is split by class.
    """

    name: str
    version: str
    data: str
    input: str
    target: str
    unit: Unit
    metrics: Sequence[Metric]
    slices: Sequence[str] = field(default_factory=tuple)
    id: str = "id"
    split: str = "split"
